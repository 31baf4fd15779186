"""The types of a policy's figures on a window, as ``metrics.json`` holds them."""

from typing import NotRequired, TypedDict


class DecisionFigures(TypedDict):
    """The payments that got one decision, in weighted transactions, and their cost."""

    decision: str
    transactions: float
    frauds: float
    fraud_amount: float
    genuine_amount: float
    cost: float


class Saving(TypedDict):
    """The cost that the policy saves, with its 95 % interval, and as a share if one exists."""

    amount: float
    low: float
    high: float
    share: float | None


class Cutoffs(TypedDict):
    """The probabilities where the decision on an amount changes."""

    quantile: float
    amount: float
    review_above: float
    block_above: float
    block_above_without_review: float


class TypologyDecisions(TypedDict):
    """The shares of a typology's payments by decision, and the cost saved on them."""

    name: str
    transactions: float
    approve: float
    review: float
    block: float
    saved: float


class PolicyOutcome(TypedDict):
    """The backtest of a policy on a window."""

    by_decision: list[DecisionFigures]
    reviews_per_thousand: float
    reviews_per_day: float
    queue_precision: float | None
    cost: dict[str, float]
    saved: dict[str, Saving]
    cutoffs: list[Cutoffs]
    by_typology: NotRequired[list[TypologyDecisions]]


class ShareFigures(TypedDict):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


class MonthlySaving(TypedDict):
    """The cost saved in 30 days against approving everything, with its 95 % interval."""

    amount: float
    low: float
    high: float


class DayFigures(TypedDict):
    """A day of a window: its date, or its number from 1 where time is a count."""

    day: str
    fraud_amount: float
    fraud_amount_stopped: float
    saved: float


class StoppedFigures(TypedDict):
    """The payments that a policy blocks or holds for review, and what that saves.

    Attributes
    ----------
    hours : int
        The length of the window.
    frauds_stopped : ShareFigures or None
        Of the frauds, the share that is stopped.
    genuine_stopped : ShareFigures or None
        Of the stopped payments, the share that is genuine; None if none is stopped.
    saved_a_month : MonthlySaving or None
        None if the window is too short.
    by_day : list of DayFigures
    """

    hours: int
    frauds_stopped: ShareFigures | None
    genuine_stopped: ShareFigures | None
    saved_a_month: MonthlySaving | None
    by_day: list[DayFigures]
