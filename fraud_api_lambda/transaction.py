"""The domain: a transaction and what we say of it. Knows nothing of wires, files or models."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from fraud_api_lambda.elementwise import Value

MAX_AMOUNT: Final = 1e12
"""Largest amount or balance: float32 still tells 65,536 apart there, and no currency pays more."""

MAX_STEP: Final = 1_000_000
"""Largest step, 114 years of hours."""

ACCOUNT_PATTERN: Final = r"^[!-~]{1,64}$"
"""An account or transaction id: 1 to 64 printable ASCII characters without spaces."""

MERCHANT_PREFIX: Final = "M"


class TransactionType(StrEnum):
    """The five kinds of mobile-money transaction."""

    CASH_IN = "CASH_IN"
    CASH_OUT = "CASH_OUT"
    DEBIT = "DEBIT"
    PAYMENT = "PAYMENT"
    TRANSFER = "TRANSFER"


TYPES: Final = [str(kind) for kind in TransactionType]
"""Their names, for tables that hold a column of them."""


class Decision(StrEnum):
    """What the caller should do with the payment, mildest first."""

    APPROVE = "approve"
    REVIEW = "review"
    BLOCK = "block"


def hour_of_step(step: Value) -> Value:
    """Hour of the day, 0 to 23, of a step (hours since the data began) or of a column of steps."""
    return step % 24


class Transaction(NamedTuple):
    """What is known of a payment before the money moves.

    A tuple, as is an assessment: it is made in half the time of a frozen dataclass.

    Attributes
    ----------
    amount : float
        0 to 1e12, in the model's currency.
    hour : int
        Hour of the day on the payer's clock, 0 to 23.
    origin, destination : str
        Account ids. A destination that starts with ``M`` is a merchant.
    origin_balance : float
        The payer's balance before the payment.
    destination_balance : float or None
        The payee's balance before it, where the payee banks here too.
    transaction_id : str or None
        The caller's own id.
    """

    type: TransactionType
    amount: float
    hour: int
    origin: str
    destination: str
    origin_balance: float
    destination_balance: float | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A true observation that raised the fraud probability, or a reason of the policy.

    Attributes
    ----------
    code : str
        From the closed list in `reasons.py`.
    feature : str
        The feature of the group that contributed most.
    value : float
        Its value in this transaction.
    contribution : float
        What the whole group added to the log-odds, above 0; 0 for a reason of the policy.
    text : str
        The reason in words.
    """

    code: str
    feature: str
    value: float
    contribution: float
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How each feature moved the log-odds: `base_value` plus the contributions is `margin`."""

    base_value: float
    margin: float
    contributions: dict[str, float]


@dataclass(frozen=True, slots=True)
class ExpectedCosts:
    """The expected cost of each decision on a payment, in the policy's currency."""

    approve: float
    review: float
    block: float


class Assessment(NamedTuple):
    """The scorer's answer to one transaction."""

    fraud_probability: float
    threshold: float
    is_fraud: bool
    decision: Decision
    reasons: tuple[Reason, ...]
    explanation: Explanation | None = None
    expected_costs: ExpectedCosts | None = None
