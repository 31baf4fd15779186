"""The answer to a payment. Independent of HTTP, files and models."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Decision(StrEnum):
    """The recommended action, mildest first."""

    APPROVE = "approve"
    REVIEW = "review"
    BLOCK = "block"


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
