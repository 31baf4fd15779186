"""The types of a model's figures on a window, as ``metrics.json`` holds them.

The functions of this folder define each figure.
"""

from typing import NotRequired, TypedDict


class RowCounts(TypedDict):
    """The size and the fraud rate of the data behind a figure."""

    rows: int
    transactions: float
    frauds: int
    fraud_rate: float


class CurvePoint(TypedDict):
    """The best precision at a recall, with its 95 % interval."""

    recall: float
    precision: float
    low: float
    high: float


class RankingFigures(TypedDict):
    """The average precision with its 95 % interval, and the precision-recall curve."""

    average_precision: float
    average_precision_low: float
    average_precision_high: float
    curve: list[CurvePoint]


class PrecisionAtRecall(TypedDict):
    """The best precision at a recall, and the number of genuine rows flagged there."""

    recall: float
    precision: float
    genuine_rows_above: int


class RecallAtReviews(TypedDict):
    """The recall when only k in 1,000 payments are reviewed."""

    reviews_per_thousand: int
    recall: float


class ThresholdFigures(TypedDict):
    """The confusion matrix at a threshold, in weighted transactions, and its ratios."""

    evaluated_threshold: float
    recall: float
    precision: float
    f1: float
    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float
    genuine_rows_flagged: int


class CalibrationFigures(TypedDict):
    """Calibration in the large, calibration slope, and proper scores."""

    observed_over_expected: float
    slope: float
    brier_skill: float
    log_loss: float
    log_loss_of_base_rate: float


class ReliabilityBin(TypedDict):
    """The expected and the observed fraud rate of a bin, with a 95 % interval."""

    expected: float
    observed: float
    observed_low: float
    observed_high: float
    frauds: int
    transactions: float


class Evaluation(RowCounts, RankingFigures):
    """All figures of one model on one window."""

    precision_at_recall: list[PrecisionAtRecall]
    recall_at_reviews: list[RecallAtReviews]
    at_threshold: ThresholdFigures | None
    calibration: CalibrationFigures
    reliability: list[ReliabilityBin]


class PartFigures(RowCounts):
    """Figures of one part of a window; None where a class is missing."""

    average_precision: float | None
    recall: float | None
    false_positive_rate: float | None
    observed_over_expected: float | None


class Part(PartFigures):
    """A part of a window: a transaction type, a band of amounts or a typology."""

    name: str


class DailyMeans(TypedDict):
    """Mean daily precision and recall."""

    precision: float
    recall: float


class TopPerDay(DailyMeans):
    """Mean daily precision and recall of the k highest-scored transactions."""

    per_day: int


class MoneyFigures(TypedDict):
    """Amounts at the threshold, in the data's currency."""

    fraud_amount: float
    fraud_amount_caught: float
    genuine_amount_flagged: float


class Slices(TypedDict):
    """Figures by part of a window; `by_typology` only if the data has typologies."""

    by_type: list[Part]
    by_amount: list[Part]
    by_typology: NotRequired[list[Part]]
    top_per_day: list[TopPerDay]
    money: MoneyFigures
