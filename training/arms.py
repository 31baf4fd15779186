"""One arm of a training run: a feature set fitted, calibrated, given a threshold and evaluated."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from fraud_api_lambda.features import Facts
from fraud_api_lambda.scoring import calibrated
from training.calibrate import NO_CALIBRATION, fit_platt
from training.dataset import to_facts
from training.evaluate import evaluate
from training.leaky import LEAKY, leaky_matrix
from training.pipeline import build_pipeline, derive, fact_matrix, features_of
from training.split import Split, Window
from training.threshold import Goal, ThresholdNotFoundError, choose_threshold


@dataclass(frozen=True, slots=True)
class Settings:
    """How an arm is fitted: everything but the data and the feature set.

    Attributes
    ----------
    resampling : {"smote", "none"}
    smote_ratio : float in (0, 1]
        Frauds to genuine rows after SMOTE.
    goal : Goal
        Of the threshold.
    seed : int
    """

    resampling: str = "smote"
    smote_ratio: float = 0.1
    goal: Goal = Goal("recall", 0.75)  # noqa: RUF009  # frozen
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Data:
    """The rows of a file as columns, each of shape (n_transactions,)."""

    frame: pd.DataFrame
    facts: Facts
    steps: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Data":
        """The columns of a frame that `read_transactions` gave."""
        weights = frame["weight"] if "weight" in frame else pd.Series(1.0, frame.index)
        return cls(
            frame=frame,
            facts=to_facts(frame),
            steps=frame["step"].to_numpy(),
            is_fraud=frame["isFraud"].to_numpy(dtype=bool),
            weights=weights.to_numpy(dtype=np.float64),
        )

    def matrix(self, feature_set: str) -> np.ndarray:
        """What the pipeline of a feature set is fitted on, float64."""
        if feature_set == LEAKY:
            return leaky_matrix(self.frame)
        return fact_matrix(self.facts, feature_set)


@dataclass(frozen=True, slots=True)
class Arm:
    """A fitted arm: what a bundle needs of it."""

    feature_set: str
    booster: xgb.Booster
    calibration: dict[str, Any]
    threshold: float | None
    n_invented: int

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of the booster's rows, by the arithmetic that serves."""
        margins = margins_of(self.booster, rows)
        return np.array([calibrated(margin, self.calibration) for margin in margins.tolist()])


def fit_arm(
    data: Data, split: Split, feature_set: str, settings: Settings, *, for_comparison: bool = False
) -> Arm:
    """Fit, calibrate and choose the threshold, each on its own window.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold reaches the goal; an arm `for_comparison` then has none.
    """
    matrix = data.matrix(feature_set)
    booster, n_invented = fit_booster(data, matrix, split.fit, feature_set, settings)
    calibration = dict(NO_CALIBRATION)
    if split.calibrate is not None:
        inside = split.calibrate.holds(data.steps)
        margins = margins_of(booster, derive(matrix[inside], feature_set))
        calibration = fit_platt(margins, data.is_fraud[inside], data.weights[inside])
    arm = Arm(feature_set, booster, calibration, None, n_invented)
    inside = split.threshold.holds(data.steps)
    probabilities = arm.probabilities(derive(matrix[inside], feature_set))
    try:
        threshold = choose_threshold(
            data.is_fraud[inside], probabilities, data.weights[inside], settings.goal
        )
    except ThresholdNotFoundError:
        if for_comparison:
            return arm
        raise
    return replace(arm, threshold=threshold)


def evaluate_arm(arm: Arm, data: Data, window: Window, seed: int) -> dict[str, Any]:
    """The arm's figures on a window, as plain data."""
    inside = window.holds(data.steps)
    rows = derive(data.matrix(arm.feature_set)[inside], arm.feature_set)
    return evaluate(
        data.is_fraud[inside],
        arm.probabilities(rows),
        data.weights[inside],
        threshold=arm.threshold,
        seed=seed,
    )


def fit_booster(
    data: Data, matrix: np.ndarray, window: Window, feature_set: str, settings: Settings
) -> tuple[xgb.Booster, int]:
    """A booster fitted on a window of `Data.matrix`, and how many frauds SMOTE invented."""
    inside = window.holds(data.steps)
    labels = data.is_fraud[inside].astype(np.int64)
    pipeline = build_pipeline(
        feature_set,
        resampling=settings.resampling,
        smote_ratio=settings.smote_ratio,
        n_frauds=int(labels.sum()),
        seed=settings.seed,
    )
    pipeline.fit(matrix[inside], labels, classify__row_weights=data.weights[inside])
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
