"""XGBoost on rows: fit a booster, and predict its margins."""

import numpy as np
import xgboost as xgb

from training.data.matrix import features_of
from training.fitting.pipeline import build_pipeline
from training.fitting.resampling import balanced_weights
from training.fitting.settings import Settings


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
