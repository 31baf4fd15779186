"""One arm of a training run: features and resampling, fitted, calibrated, given a threshold."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xgboost as xgb

from fraud_api_lambda.calibration import Calibration, NoCalibration
from fraud_api_lambda.policy import Policy
from training.data.rows import Data
from training.data.time_split import Split, Window
from training.fitting.boosting import margins_of
from training.fitting.calibration import choose_calibration, probabilities_of
from training.fitting.engine import LOCAL, Engine
from training.fitting.goal import COST
from training.fitting.settings import Settings
from training.fitting.threshold import ThresholdNotFoundError, choose_threshold
from training.metrics.labelled_scores import LabelledScores
from training.policy.costs import (
    Priced,
    cheapest_threshold,
    policy_for,
    with_shadow_price,
)


@dataclass(frozen=True, slots=True)
class Arm:
    """A fitted arm: what a bundle needs of it, and how its calibration was chosen."""

    feature_set: str
    resampling: str
    booster: xgb.Booster
    n_invented: int
    calibration: Calibration
    calibration_trials: list[dict[str, Any]]
    policy: Policy
    threshold: float | None

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of the booster's rows, by the arithmetic that serves."""
        return probabilities_of(margins_of(self.booster, rows), self.calibration)

    def probabilities_in(self, data: Data, window: Window) -> np.ndarray:
        """Calibrated probabilities of the rows of a window."""
        return self.probabilities(data.rows(self.feature_set, window))


def fit_arm(
    data: Data,
    split: Split,
    feature_set: str,
    settings: Settings,
    *,
    engine: Engine = LOCAL,
    for_comparison: bool = False,
) -> Arm:
    """Fit, calibrate and choose the threshold, each on its own window.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold reaches the goal; an arm `for_comparison` then has none.
    """
    inside = split.fit.holds(data.steps)
    booster, n_invented = engine.fit(
        data.matrix(feature_set)[inside],
        data.is_fraud[inside],
        data.weights[inside],
        feature_set,
        settings,
    )
    later = _scored(booster, data, feature_set, split.threshold)
    calibration: Calibration = NoCalibration()
    trials: list[dict[str, Any]] = []
    if split.calibrate is not None:
        earlier = _scored(booster, data, feature_set, split.calibrate)
        calibration, trials = choose_calibration(earlier, later)
    rows = data.priced(split.threshold, probabilities_of(later.scores, calibration))
    policy = _policy(settings, data.median_amount(split.trained), rows)
    return Arm(
        feature_set=feature_set,
        resampling=settings.resampling,
        booster=booster,
        n_invented=n_invented,
        calibration=calibration,
        calibration_trials=trials,
        policy=policy,
        threshold=_threshold(settings, policy, rows, for_comparison=for_comparison),
    )


def _policy(settings: Settings, median_amount: float, rows: Priced) -> Policy:
    policy = policy_for(settings.policy, median_amount)
    single = cheapest_threshold(rows, policy)
    return replace(with_shadow_price(policy, rows), single_threshold=single)


def _threshold(
    settings: Settings, policy: Policy, rows: Priced, *, for_comparison: bool
) -> float | None:
    if settings.goal.metric == COST:
        return policy.single_threshold
    try:
        predicted = LabelledScores(rows.is_fraud, rows.probabilities, rows.weights)
        return choose_threshold(predicted, settings.goal)
    except ThresholdNotFoundError:
        if for_comparison:
            return None
        raise


def _scored(booster: xgb.Booster, data: Data, feature_set: str, window: Window) -> LabelledScores:
    inside = window.holds(data.steps)
    margins = margins_of(booster, data.rows(feature_set, window))
    return LabelledScores(data.is_fraud[inside], margins, data.weights[inside])
