"""The types of the trials and comparisons of a run, as ``metrics.json`` holds them."""

from typing import TypedDict


class RatioTrial(TypedDict):
    """The mean average precision of a SMOTE ratio over time folds."""

    smote_ratio: float
    average_precision: float


class SettingsTrial(TypedDict):
    """The mean average precision of drawn settings over time folds, and that of each fold."""

    settings: dict[str, float]
    average_precision: float
    folds: list[float]


class Comparison(TypedDict):
    """A model against another on the rows of one window, with 95 % intervals."""

    frauds: int
    average_precision_gain: float
    average_precision_gain_low: float
    average_precision_gain_high: float
    log_loss_saved: float
    log_loss_saved_low: float
    log_loss_saved_high: float
    better: bool


class ResamplingComparison(Comparison):
    """A resampling method against SMOTE."""

    resampling: str
