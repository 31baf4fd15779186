"""XGBoost on rows: fit a booster, and predict its margins."""

import numpy as np
import xgboost as xgb

from training.data.matrix import features_of
from training.data.rows import Rows
from training.fitting.pipeline import build_pipeline
from training.fitting.resampling import balanced_weights
from training.fitting.settings import Settings


def fit_rows(rows: Rows, feature_set: str, settings: Settings) -> tuple[xgb.Booster, int]:
    """Fit a booster on rows.

    Returns
    -------
    booster : Booster
    n_synthetic : int
        Frauds that the resampling added.
    """
    return fit_matrix(rows.matrix(feature_set), rows.is_fraud, rows.weights, feature_set, settings)


def fit_matrix(
    X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray, feature_set: str, settings: Settings
) -> tuple[xgb.Booster, int]:
    """Fit a booster on a matrix of `Rows.matrix`, as `fit_rows` does."""
    labels = y.astype(np.int64)
    if settings.resampling == "weights":
        sample_weight = balanced_weights(y, sample_weight)
    pipeline = build_pipeline(
        feature_set,
        resampling=settings.resampling,
        smote_ratio=settings.smote_ratio,
        n_frauds=int(labels.sum()),
        seed=settings.seed,
        booster=settings.booster,
    )
    pipeline.fit(X, labels, classify__row_weights=sample_weight)
    classifier = pipeline["classify"]
    booster = classifier.get_booster()
    booster.feature_names = list(features_of(feature_set))
    return booster, classifier.n_fitted_ - len(labels)


def margins_of(booster: xgb.Booster, features: np.ndarray) -> np.ndarray:
    """Predict log-odds before calibration, float64, from the matrix of `Rows.features`."""
    margins: np.ndarray = booster.inplace_predict(
        features, predict_type="margin", validate_features=False
    ).astype(np.float64)
    return margins
