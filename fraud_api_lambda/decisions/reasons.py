"""Reasons: contributions of features turned into observations, from a closed list of codes. Pure.

A code claims only what holds in the payment. A text says what was observed; it accuses nobody and
gives no thresholds.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.decisions.typical import Typical
from fraud_api_lambda.domain.transaction import Reason, Transaction, TransactionType
from fraud_api_lambda.features.payment import HALF_A_CENT, Facts

CODES: Final = (
    "EMPTIES_ACCOUNT",
    "SHARE_OF_BALANCE",
    "EXCEEDS_BALANCE",
    "NO_BALANCE",
    "LARGE_AMOUNT",
    "UNUSUALLY_SMALL_AMOUNT",
    "UNUSUAL_HOUR",
    "PAYEE_KIND",
    "HIGH_BALANCE_AT_RISK",
    "RISKY_TYPE",
    "LOW_EXPECTED_LOSS",
    "HIGH_EXPECTED_LOSS",
)
"""Every code, in the order that breaks ties; the last two are reasons of the policy."""

MAX_REASONS: Final = 3

RISKY_TYPE: Final = "RISKY_TYPE"

NEARLY_ALL: Final = 0.95
"""The share of the balance from which a payment empties the account, as in `nearly_emptied`."""

NOT_ROUNDED_UP_TO: Final = (95, 100)
"""Percentages that claim more than those below: the account is emptied, and nothing is left."""


class Candidate(NamedTuple):
    """A possible reason, and the row with the reason's features set to their typical values."""

    reason: Reason
    as_usual: list[float]


def candidates(
    transaction: Transaction,
    names: Sequence[str],
    row: Sequence[float],
    contributions: Sequence[float],
    typical: Typical,
) -> list[Candidate]:
    """Find the groups of features that together raised the log-odds, largest contribution first.

    A group is the features with the same code. A feature without an observation, such as an amount
    that equals the usual one, is in no group.

    Parameters
    ----------
    transaction : Transaction
    names, row, contributions : sequence of shape (n_features,)
        Features, their values, and their contributions to the log-odds.
    typical : Typical
    """
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        code = _code(name, transaction, typical)
        if code is not None:
            groups.setdefault(code, []).append(index)
    possible = []
    for code, members in groups.items():
        total = sum(contributions[index] for index in members)
        if total > 0:
            top = max(members, key=lambda index: contributions[index])
            text = _text(code, transaction, typical)
            as_usual = list(row)
            for index in members:
                as_usual[index] = typical[names[index]][transaction.type]
            reason = Reason(code, names[top], float(row[top]), total, text)
            possible.append(Candidate(reason, as_usual))
    possible.sort(key=lambda candidate: _rank(candidate.reason))
    return possible


def choose(
    possible: Sequence[Candidate], margin: float, margins_as_usual: Sequence[float]
) -> tuple[Reason, ...]:
    """Choose up to three reasons that hold on their own, by contribution, with the type last.

    A contribution compares a payment with every payment that the model has seen; a reader takes it
    as a comparison with payments of the same type. So a candidate counts only if the log-odds would
    be lower with its features at their typical values for genuine payments of the type. The type
    itself has no typical value. It comes last, because it says least about this payment.

    Parameters
    ----------
    possible : sequence of Candidate, shape (n_candidates,)
        By contribution, the largest first.
    margin : float
        The payment's log-odds.
    margins_as_usual : sequence of shape (n_candidates,)
        The log-odds of each candidate's `as_usual`.
    """
    reasons = [
        candidate.reason
        for candidate, as_usual in zip(possible, margins_as_usual, strict=True)
        if candidate.reason.code == RISKY_TYPE or as_usual < margin
    ]
    top = reasons[:MAX_REASONS]
    return tuple(sorted(top, key=lambda reason: reason.code == RISKY_TYPE))


def low_expected_loss(amount: float) -> Reason:
    """Make the reason why the policy approves a payment that the threshold calls fraud."""
    text = "Stopping this payment is expected to save nothing."
    return Reason("LOW_EXPECTED_LOSS", "amount", amount, 0.0, text)


def high_expected_loss(amount: float) -> Reason:
    """Make the reason why the policy stops a payment for which no other reason holds."""
    text = "Letting this payment pass is expected to cost more than stopping it."
    return Reason("HIGH_EXPECTED_LOSS", "amount", amount, 0.0, text)


def _rank(reason: Reason) -> tuple[float, int]:
    return -reason.contribution, CODES.index(reason.code)


def _code(feature: str, transaction: Transaction, typical: Typical) -> str | None:
    """The code of the observation about a feature, or None if there is nothing to observe."""
    if feature.startswith("type_"):
        return RISKY_TYPE if transaction.type in typical.risky_types else None
    match feature:
        case "amount":
            usual = typical["amount"][transaction.type]
            if transaction.amount == usual:
                return None
            return "LARGE_AMOUNT" if transaction.amount > usual else "UNUSUALLY_SMALL_AMOUNT"
        case "hour":
            is_usual = transaction.hour in typical.hours[transaction.type]
            return None if is_usual else "UNUSUAL_HOUR"
        case "payee_is_merchant":
            return "PAYEE_KIND"
    return _balance_code(feature, transaction, typical["balance"][transaction.type])


def _balance_code(feature: str, transaction: Transaction, usual: float) -> str | None:
    """The code of `balance` and of the features that compare the amount with it."""
    is_incoming = transaction.type == TransactionType.CASH_IN
    if transaction.origin_balance > usual and (feature == "balance" or is_incoming):
        return "HIGH_BALANCE_AT_RISK"
    if transaction.origin_balance == 0:
        return "NO_BALANCE"
    if is_incoming:
        return "SHARE_OF_BALANCE" if transaction.origin_balance < usual else None
    if transaction.amount > transaction.origin_balance + HALF_A_CENT:
        return "EXCEEDS_BALANCE"
    share = transaction.amount / transaction.origin_balance
    return "EMPTIES_ACCOUNT" if share >= NEARLY_ALL else "SHARE_OF_BALANCE"


def _text(code: str, transaction: Transaction, typical: Typical) -> str:
    kind = f"payments of type {transaction.type.replace('_', ' ').lower()}"
    match code:
        case "SHARE_OF_BALANCE" if transaction.type == TransactionType.CASH_IN:
            text = f"The payer's balance is lower than usual for {kind}."
        case "EMPTIES_ACCOUNT" | "SHARE_OF_BALANCE":
            text = f"The payment sends {_percent(transaction)} of the payer's balance."
        case "EXCEEDS_BALANCE":
            text = "The amount is larger than the payer's balance."
        case "NO_BALANCE":
            text = "The payer's balance before the payment is 0."
        case "LARGE_AMOUNT":
            text = f"The amount is larger than usual for {kind}."
        case "UNUSUALLY_SMALL_AMOUNT":
            text = f"The amount is smaller than usual for {kind}."
        case "UNUSUAL_HOUR":
            hour, usual = transaction.hour, typical.hours[transaction.type]
            text = f"The hour is {_clock(hour, hour)}; {kind} are usually made from "
            text += f"{_clock(usual.first, usual.last)}."
        case "PAYEE_KIND":
            is_merchant = Facts.of(transaction).payee_is_merchant
            text = f"The payee is {'a merchant' if is_merchant else 'not a merchant'}."
        case "HIGH_BALANCE_AT_RISK":
            text = f"The payer's balance is higher than usual for {kind}."
        case _:
            text = f"Fraud is more frequent among {kind} than overall."
    return text


def _clock(first: int, last: int) -> str:
    """The time from the beginning of one hour to the end of another."""
    return f"{first:02}:00 to {last + 1:02}:00"


def _percent(transaction: Transaction) -> str:
    """The share of the balance that an outgoing payment sends, at most 100 %.

    Rounding never changes a share to 0, 95 or 100 %.
    """
    percent = 100 * min(transaction.amount / transaction.origin_balance, 1.0)
    nearest = round(percent)
    if nearest == 0 < transaction.amount:
        return "under 1 %"
    if nearest > percent and nearest in NOT_ROUNDED_UP_TO:
        return f"over {nearest - 1} %"
    return f"{nearest} %"
