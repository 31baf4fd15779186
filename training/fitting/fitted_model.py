"""A fitted model: a booster with its calibration, threshold and policy."""

from dataclasses import dataclass

import numpy as np
import xgboost as xgb

from fraud_api_lambda.decisions.policy import Policy
from fraud_api_lambda.model.calibration import Calibration
from training.data.rows import Rows, ScoredRows
from training.data.split_rows import SplitRows
from training.fitting.boosting import margins_of
from training.fitting.calibration import (
    CalibrationTrial,
    choose_calibration,
    no_calibration,
    probabilities_of,
)
from training.fitting.engine import LOCAL, Engine
from training.fitting.goal import COST, Goal
from training.fitting.settings import Settings
from training.fitting.threshold import ThresholdNotFoundError, choose_threshold
from training.policy.costs import fit_policy


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A booster with its calibration, threshold and policy, and the trials of its calibration."""

    feature_set: str
    resampling: str
    booster: xgb.Booster
    n_synthetic: int
    calibration: Calibration
    calibration_trials: tuple[CalibrationTrial, ...]
    policy: Policy
    threshold: float | None

    def score(self, rows: Rows) -> ScoredRows:
        """Score rows by the same arithmetic as the service."""
        margins = margins_of(self.booster, rows.features(self.feature_set))
        return ScoredRows(rows, margins, probabilities_of(margins, self.calibration))


def fit_model(
    rows: SplitRows,
    feature_set: str,
    settings: Settings,
    *,
    engine: Engine = LOCAL,
    for_comparison: bool = False,
) -> FittedModel:
    """Fit a booster, its calibration and its threshold, each on its own window.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold reaches the goal; a model `for_comparison` then has none.
    """
    booster, n_synthetic = engine.fit(rows.fit, feature_set, settings)

    def margins_in(window: Rows) -> np.ndarray:
        return margins_of(booster, window.features(feature_set))

    later, margins = rows.threshold, margins_in(rows.threshold)
    calibration, trials = no_calibration()
    if (earlier := rows.calibrate) is not None:
        calibration, trials = choose_calibration(
            earlier.labelled(margins_in(earlier)), later.labelled(margins)
        )
    scored = ScoredRows(later, margins, probabilities_of(margins, calibration))
    policy = fit_policy(settings.policy, rows.trained, scored)
    return FittedModel(
        feature_set=feature_set,
        resampling=settings.resampling,
        booster=booster,
        n_synthetic=n_synthetic,
        calibration=calibration,
        calibration_trials=trials,
        policy=policy,
        threshold=_threshold(settings.goal, policy, scored, for_comparison=for_comparison),
    )


def _threshold(
    goal: Goal, policy: Policy, scored: ScoredRows, *, for_comparison: bool
) -> float | None:
    if goal.metric == COST:
        return policy.single_threshold
    try:
        return choose_threshold(scored.predicted, goal)
    except ThresholdNotFoundError:
        if for_comparison:
            return None
        raise
