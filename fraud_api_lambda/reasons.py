"""Why: contributions of features turned into observations, from a closed list of codes. Pure.

A text says what was observed about the payment. It accuses nobody and gives no thresholds.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from fraud_api_lambda.features import HALF_A_CENT, Facts
from fraud_api_lambda.transaction import Reason, Transaction, TransactionType

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


def reasons_for(
    transaction: Transaction,
    names: Sequence[str],
    row: Sequence[float],
    contributions: Sequence[float],
    typical: Mapping[str, Mapping[str, float]],
) -> tuple[Reason, ...]:
    """Up to three reasons, the weightiest first.

    Parameters
    ----------
    transaction : Transaction
    names, row, contributions : sequence of shape (n_features,)
        Features, their values, and what each added to the log-odds.
    typical : dict
        Median genuine amount and balance by type, from the bundle.

    Returns
    -------
    tuple of Reason
        The groups of features that together raised the log-odds.
    """
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        groups.setdefault(_code(name, transaction, typical), []).append(index)
    found = []
    for code, members in groups.items():
        top = max(members, key=lambda index: contributions[index])
        total = sum(contributions[index] for index in members)
        text = _text(code, transaction)
        found.append(Reason(code, names[top], row[top], total, text))
    raised = [reason for reason in found if reason.contribution > 0]
    raised.sort(key=lambda reason: (-reason.contribution, CODES.index(reason.code)))
    return tuple(raised[:MAX_REASONS])


def at_stake(
    transaction: Transaction, typical: Mapping[str, Mapping[str, float]]
) -> tuple[Reason, ...]:
    """Why the policy stops a payment of which nothing raised the log-odds: for its amount."""
    code = _code("amount", transaction, typical)
    return (Reason(code, "amount", transaction.amount, 0.0, _text(code, transaction)),)


def low_expected_loss(amount: float) -> Reason:
    """Why the policy approves what the threshold calls fraud. It moved no log-odds."""
    text = "Stopping this payment is expected to cost more than letting it pass."
    return Reason("LOW_EXPECTED_LOSS", "amount", amount, 0.0, text)


def _code(
    feature: str, transaction: Transaction, typical: Mapping[str, Mapping[str, float]]
) -> str:
    if feature.startswith("type_"):
        return "RISKY_TYPE"
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
