"""SHAP values of a sample of the test window, in log-odds before calibration."""

from typing import Final, TypedDict

import numpy as np
import xgboost as xgb

from training.data.matrix import features_of
from training.data.rows import Rows
from training.fitting.fitted_model import FittedModel

SAMPLE: Final = 2_000
MAIN_FEATURES: Final = 4
POINTS: Final = 12
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


class ShapSpread(TypedDict):
    """The SHAP values of a feature in one class: mean absolute value, and five quantiles."""

    mean_absolute: float
    quantiles: list[float]


class FeatureShap(TypedDict):
    """The SHAP values of a feature, by class."""

    feature: str
    fraud: ShapSpread
    genuine: ShapSpread


class DependencePoint(TypedDict):
    """The median SHAP value of rows with similar feature values, with its 10 to 90 % range."""

    value: float
    median: float
    low: float
    high: float
    rows: int


class Dependence(TypedDict):
    """The SHAP value of a feature along the feature's own value."""

    feature: str
    points: list[DependencePoint]


class Attributions(TypedDict):
    """SHAP values by feature, the features with the largest effect on frauds first."""

    frauds: int
    genuine: int
    features: list[FeatureShap]
    dependence: list[Dependence]


def attributions(model: FittedModel, rows: Rows, *, seed: int) -> Attributions:
    """Explain the model on a sample: at most 2,000 frauds and 2,000 genuine ones of the rows.

    References
    ----------
    S. Lundberg et al.: From local explanations to global understanding with explainable AI for
    trees, Nature Machine Intelligence, 2020.
    """
    random = np.random.default_rng(seed)
    drawn = [_sample(random, is_class) for is_class in (rows.is_fraud, ~rows.is_fraud)]
    sample = rows[np.concatenate(drawn)]
    features, fraud = sample.features(model.feature_set), sample.is_fraud
    values = model.booster.predict(
        xgb.DMatrix(features, feature_names=model.booster.feature_names), pred_contribs=True
    )[:, :-1]
    names = features_of(model.feature_set)
    order = np.argsort(-np.abs(values[fraud]).mean(axis=0), kind="stable")
    return {
        "frauds": int(fraud.sum()),
        "genuine": int((~fraud).sum()),
        "features": [
            {
                "feature": names[index],
                "fraud": _spread(values[fraud, index]),
                "genuine": _spread(values[~fraud, index]),
            }
            for index in order
        ],
        "dependence": [
            {"feature": names[index], "points": _along(features[:, index], values[:, index])}
            for index in order[:MAIN_FEATURES]
        ],
    }


def _sample(random: np.random.Generator, is_class: np.ndarray) -> np.ndarray:
    members = np.flatnonzero(is_class)
    return np.sort(random.choice(members, min(SAMPLE, len(members)), replace=False))


def _spread(values: np.ndarray) -> ShapSpread:
    return {
        "mean_absolute": float(np.abs(values).mean()),
        "quantiles": np.quantile(values, QUANTILES).tolist(),
    }


def _along(column: np.ndarray, values: np.ndarray) -> list[DependencePoint]:
    """The SHAP values in bins of equally many rows, or at each value if there are few values."""
    if len(np.unique(column)) <= 2 * POINTS:
        number = np.unique(column, return_inverse=True)[1]
    else:
        cuts = np.unique(np.quantile(column, np.arange(1, POINTS) / POINTS))
        number = np.searchsorted(cuts, column, side="right")
    points: list[DependencePoint] = []
    for bin_number in np.unique(number):
        inside = number == bin_number
        low, middle, high = np.quantile(values[inside], [0.1, 0.5, 0.9]).tolist()
        points.append(
            {
                "value": float(np.median(column[inside])),
                "median": middle,
                "low": low,
                "high": high,
                "rows": int(inside.sum()),
            }
        )
    return points
