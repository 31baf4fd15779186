"""One arm of a training run: features and resampling, fitted, calibrated, given a threshold."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xgboost as xgb

from fraud_api_lambda.calibration import Calibration, NoCalibration
from fraud_api_lambda.policy import Policy
from training.data.matrix import features_of
from training.data.rows import Data
from training.data.time_split import Split, Window
from training.fitting.calibration import Scored, choose_calibration, probabilities_of
from training.fitting.goal import COST, Goal
from training.fitting.pipeline import build_pipeline
from training.fitting.resampling import balanced_weights
from training.fitting.threshold import ThresholdNotFoundError, choose_threshold
from training.policy.costs import (
    Priced,
    cheapest_threshold,
    policy_for,
    with_shadow_price,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How an arm is fitted: everything but the data and the feature set.

    Attributes
    ----------
    resampling : one of `resampling.RESAMPLING`
    smote_ratio : float in (0, 1]
        Frauds to genuine rows after SMOTE or SMOTENC.
    goal : Goal
        Of the threshold.
    seed : int
    booster : dict
        XGBoost's parameters where they differ from `pipeline.BOOSTER`.
    policy : dict
        Numbers of the policy where they differ from the defaults.
    fit : callable, optional
        Fits the boosters of arms in place of `fit_rows`.
    """

    resampling: str = "smote"
    smote_ratio: float = 0.1
    goal: Goal = Goal("recall", 0.75)  # noqa: RUF009  # frozen
    seed: int = 0
    booster: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    fit: Callable[..., tuple[xgb.Booster, int]] | None = None


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
    data: Data, split: Split, feature_set: str, settings: Settings, *, for_comparison: bool = False
) -> Arm:
    """Fit, calibrate and choose the threshold, each on its own window.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold reaches the goal; an arm `for_comparison` then has none.
    """
    booster, n_invented = fit_booster(
        data, data.matrix(feature_set), split.fit, feature_set, settings
    )
    later = _scored(booster, data, feature_set, split.threshold)
    calibration: Calibration = NoCalibration()
    trials: list[dict[str, Any]] = []
    if split.calibrate is not None:
        earlier = _scored(booster, data, feature_set, split.calibrate)
        calibration, trials = choose_calibration(earlier, later)
    rows = data.priced(split.threshold, probabilities_of(later.margins, calibration))
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
        return choose_threshold(rows.is_fraud, rows.probabilities, rows.weights, settings.goal)
    except ThresholdNotFoundError:
        if for_comparison:
            return None
        raise


def _scored(booster: xgb.Booster, data: Data, feature_set: str, window: Window) -> Scored:
    inside = window.holds(data.steps)
    margins = margins_of(booster, data.rows(feature_set, window))
    return Scored(margins, data.is_fraud[inside], data.weights[inside])


def fit_booster(
    data: Data, matrix: np.ndarray, window: Window, feature_set: str, settings: Settings
) -> tuple[xgb.Booster, int]:
    """A booster fitted on a window of `Data.matrix`, and how many frauds were invented for it."""
    inside = window.holds(data.steps)
    return (settings.fit or fit_rows)(
        matrix[inside], data.is_fraud[inside], data.weights[inside], feature_set, settings
    )


def fit_rows(
    matrix: np.ndarray,
    is_fraud: np.ndarray,
    weights: np.ndarray,
    feature_set: str,
    settings: Settings,
) -> tuple[xgb.Booster, int]:
    """A booster fitted on rows, whatever their time, and how many frauds were invented for it."""
    labels = is_fraud.astype(np.int64)
    if settings.resampling == "weights":
        weights = balanced_weights(is_fraud, weights)
    pipeline = build_pipeline(
        feature_set,
        resampling=settings.resampling,
        smote_ratio=settings.smote_ratio,
        n_frauds=int(labels.sum()),
        seed=settings.seed,
        booster=settings.booster,
    )
    pipeline.fit(matrix, labels, classify__row_weights=weights)
    classifier = pipeline["classify"]
    booster = classifier.get_booster()
    booster.feature_names = list(features_of(feature_set))
    return booster, classifier.n_fitted_ - len(labels)


def margins_of(booster: xgb.Booster, rows: np.ndarray) -> np.ndarray:
    """The log-odds before calibration of the booster's rows, float64."""
    margins: np.ndarray = booster.inplace_predict(
        rows, predict_type="margin", validate_features=False
    ).astype(np.float64)
    return margins
