"""The settings of a fit: plain values, which can be sent to another machine."""

from dataclasses import dataclass, field
from typing import Any

from training.fitting.goal import Goal


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a fit, except the data and the feature set.

    Attributes
    ----------
    resampling : one of `resampling.RESAMPLING`
    smote_ratio : float in (0, 1]
        Ratio of frauds to genuine rows after SMOTE or SMOTENC.
    goal : Goal
        The goal of the threshold.
    seed : int
    booster : dict
        XGBoost's parameters that differ from `pipeline.BOOSTER`.
    policy : dict
        Numbers of the policy that differ from the defaults.
    """

    resampling: str = "smote"
    smote_ratio: float = 0.1
    goal: Goal = Goal("recall", 0.75)  # noqa: RUF009  # frozen
    seed: int = 0
    booster: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
