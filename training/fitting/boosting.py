"""XGBoost on rows: fit a booster, and predict its margins."""

from dataclasses import dataclass

import numpy as np
import xgboost as xgb

from training.data.encoder import Encoder, encoder_of
from training.data.rows import Rows
from training.fitting.pipeline import build_pipeline
from training.fitting.resampling import balanced_weights
from training.fitting.settings import Settings


@dataclass(frozen=True, slots=True)
class Boosted:
    """A fitted booster.

    Attributes
    ----------
    encoder : Encoder
        Makes the booster's input, with what the rows of the fit taught.
    booster : Booster
    n_synthetic : int
        Frauds that the resampling added.
    """

    encoder: Encoder
    booster: xgb.Booster
    n_synthetic: int

    def margins(self, rows: Rows) -> np.ndarray:
        """Predict log-odds before calibration, shape (n_transactions,), float64."""
        return margins_of(self.booster, self.encoder.encoded(rows))


def fit_rows(rows: Rows, feature_set: str, settings: Settings) -> Boosted:
    """Fit a booster on rows."""
    encoder = encoder_of(rows, feature_set)
    return fit_matrix(encoder.matrix(rows), rows.is_fraud, rows.weights, encoder, settings)


def fit_matrix(
    X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray, encoder: Encoder, settings: Settings
) -> Boosted:
    """Fit a booster on a matrix of the encoder, as `fit_rows` does."""
    labels = y.astype(np.int64)
    if settings.resampling == "weights":
        sample_weight = balanced_weights(y, sample_weight)
    pipeline = build_pipeline(
        encoder,
        resampling=settings.resampling,
        smote_ratio=settings.smote_ratio,
        n_frauds=int(labels.sum()),
        seed=settings.seed,
        booster=settings.booster,
    )
    pipeline.fit(X, labels, classify__row_weights=sample_weight)
    classifier = pipeline["classify"]
    booster = classifier.get_booster()
    booster.feature_names = names_of(encoder)
    return Boosted(encoder, booster, classifier.n_fitted_ - len(labels))


def names_of(encoder: Encoder) -> list[str]:
    """The names of the features, in the booster's order."""
    return [feature.name for feature in encoder.features]


def margins_of(booster: xgb.Booster, features: np.ndarray) -> np.ndarray:
    """Predict log-odds before calibration, float64, from the matrix of `Encoder.encoded`."""
    margins: np.ndarray = booster.inplace_predict(
        features, predict_type="margin", validate_features=False
    ).astype(np.float64)
    return margins
