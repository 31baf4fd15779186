"""Why: contributions of features turned into observations, from a closed list of codes. Pure.

A text says what was observed about the payment. It accuses nobody and gives no thresholds.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.features import HALF_A_CENT, Facts
from fraud_api_lambda.transaction import Reason, Transaction, TransactionType
from fraud_api_lambda.typical import Typical

CODES: Final = (
    "EMPTIES_ACCOUNT",
    "EXCEEDS_BALANCE",
    "NO_BALANCE",
    "LARGE_AMOUNT",
    "UNUSUALLY_SMALL_AMOUNT",
    "RISKY_TYPE",
    "UNUSUAL_HOUR",
    "PAYEE_KIND",
    "HIGH_BALANCE_AT_RISK",
    "LOW_EXPECTED_LOSS",
)
"""Every code, in the order that breaks ties."""

MAX_REASONS: Final = 3

RISKY_TYPE: Final = "RISKY_TYPE"


class Candidate(NamedTuple):
    """What may be told: the observation, and the row as it were if that were as usual."""

    reason: Reason
    as_usual: list[float]


def candidates(
    transaction: Transaction,
    names: Sequence[str],
    row: Sequence[float],
    contributions: Sequence[float],
    typical: Typical,
) -> list[Candidate]:
    """The groups of features that together raised the log-odds, the weightiest first.

    Parameters
    ----------
    transaction : Transaction
    names, row, contributions : sequence of shape (n_features,)
        Features, their values, and what each added to the log-odds.
    typical : Typical
    """
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        groups.setdefault(_code(name, transaction, typical), []).append(index)
    found = []
    for code, members in groups.items():
        total = sum(contributions[index] for index in members)
        if total > 0:
            top = max(members, key=lambda index: contributions[index])
            reason = Reason(code, names[top], float(row[top]), total, _text(code, transaction))
            usual = list(row)
            for index in members:
                usual[index] = typical[names[index]][transaction.type]
            found.append(Candidate(reason, usual))
    found.sort(key=lambda each: (-each.reason.contribution, CODES.index(each.reason.code)))
    return found


def told(found: Sequence[Candidate], margin: float, usual: Sequence[float]) -> tuple[Reason, ...]:
    """Up to three reasons: candidates that hold on their own, the weightiest first.

    A contribution compares a payment with all that the model has seen; a reader takes it to compare
    it with its like. So a group is told only if the log-odds would be lower had its features been
    as usual for genuine payments of the type. The type itself, which nothing is usual for, is told
    only after a reason that is about this payment, or where there is no other.

    Parameters
    ----------
    margin : float
        The payment's log-odds.
    usual : sequence of shape (n_candidates,)
        The log-odds of each candidate's `as_usual`.
    """
    reasons = [
        each.reason
        for each, without in zip(found, usual, strict=True)
        if each.reason.code == RISKY_TYPE or without < margin
    ]
    if len(reasons) > 1 and reasons[0].code == RISKY_TYPE:
        del reasons[0]
    return tuple(reasons[:MAX_REASONS])


def at_stake(transaction: Transaction, typical: Typical) -> tuple[Reason, ...]:
    """Why the policy stops a payment of which nothing raised the log-odds: for its amount."""
    code = _code("amount", transaction, typical)
    return (Reason(code, "amount", transaction.amount, 0.0, _text(code, transaction)),)


def low_expected_loss(amount: float) -> Reason:
    """Why the policy approves what the threshold calls fraud. It moved no log-odds."""
    text = "Stopping this payment is expected to cost more than letting it pass."
    return Reason("LOW_EXPECTED_LOSS", "amount", amount, 0.0, text)


def _code(feature: str, transaction: Transaction, typical: Typical) -> str:
    if feature.startswith("type_"):
        return RISKY_TYPE
    match feature:
        case "amount":
            usual = typical["amount"][transaction.type]
            return "LARGE_AMOUNT" if transaction.amount >= usual else "UNUSUALLY_SMALL_AMOUNT"
        case "hour":
            return "UNUSUAL_HOUR"
        case "payee_is_merchant":
            return "PAYEE_KIND"
        case "balance" if transaction.origin_balance > typical["balance"][transaction.type]:
            return "HIGH_BALANCE_AT_RISK"
    return _relation_to_balance(transaction)


def _relation_to_balance(transaction: Transaction) -> str:
    """The one true thing to say of amount against balance: these features speak of it together."""
    if transaction.origin_balance == 0:
        return "NO_BALANCE"
    outgoing = transaction.type != TransactionType.CASH_IN
    if outgoing and transaction.amount > transaction.origin_balance + HALF_A_CENT:
        return "EXCEEDS_BALANCE"
    return "EMPTIES_ACCOUNT"


def _text(code: str, transaction: Transaction) -> str:
    kind = f"a payment of type {transaction.type.replace('_', ' ').lower()}"
    texts = {
        "EMPTIES_ACCOUNT": f"The payment sends {_percent(transaction)} of the payer's balance.",
        "EXCEEDS_BALANCE": "The amount is larger than the payer's balance.",
        "NO_BALANCE": "The payer's balance before the payment is 0.",
        "LARGE_AMOUNT": f"The amount is larger than usual for {kind}.",
        "UNUSUALLY_SMALL_AMOUNT": f"The amount is smaller than usual for {kind}.",
        "RISKY_TYPE": f"This is {kind}, among which fraud is more frequent.",
        "UNUSUAL_HOUR": f"The payment is made in hour {transaction.hour} of the day.",
        "PAYEE_KIND": f"The payee is {_payee(transaction)}.",
        "HIGH_BALANCE_AT_RISK": f"The payer's balance is higher than usual for {kind}.",
    }
    return texts[code]


def _payee(transaction: Transaction) -> str:
    return "a merchant" if Facts.of(transaction).payee_is_merchant else "not a merchant"


def _percent(transaction: Transaction) -> str:
    if transaction.type == TransactionType.CASH_IN or transaction.origin_balance == 0:
        return "0 %"
    share = 100 * transaction.amount / transaction.origin_balance
    return "over 99 %" if 99 < share < 100 else f"{share:.0f} %"
