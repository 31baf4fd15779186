"""The domain: transactions and assessments. Independent of HTTP, files and models."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from fraud_api_lambda.domain.elementwise import Value

MAX_AMOUNT: Final = 1e12
"""Largest amount or balance. Its float32 neighbours are 65,536 apart; no currency needs more."""

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
"""The names of the types."""


class Decision(StrEnum):
    """The recommended action, mildest first."""

    APPROVE = "approve"
    REVIEW = "review"
    BLOCK = "block"


def hour_of_step(step: Value) -> Value:
    """Hour of the day, 0 to 23, of a step (hours since the data began) or of a column of steps."""
    return step % 24


class Transaction(NamedTuple):
    """The facts of a payment that are known before the money moves.

    A tuple, like `Assessment`: a frozen dataclass takes twice the time to create.

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
        The payee's balance before the payment, if the payee is a customer too.
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
        The group's addition to the log-odds, above 0; 0 for a reason of the policy.
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
    """The contributions to the log-odds: `base_value` plus `contributions` is `margin`."""

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
