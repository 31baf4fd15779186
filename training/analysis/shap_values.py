"""SHAP values of a sample of rows, in log-odds: the contribution of every feature."""

from typing import Any, Final

import numpy as np
import xgboost as xgb

from training.data.matrix import features_of
from training.data.rows import Rows
from training.fitting.fitted_model import FittedModel

SAMPLE: Final = 2_000
MAIN_FEATURES: Final = 4
POINTS: Final = 12
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def attributions(model: FittedModel, rows: Rows, *, seed: int) -> dict[str, Any]:
    """The contribution of every feature to the log-odds before calibration, by class and value.

    Parameters
    ----------
    model : FittedModel
    rows : Rows
        At most 2,000 frauds and 2,000 genuine rows are sampled.
    seed : int

    Returns
    -------
    dict
        `frauds` and `genuine` rows sampled; `features`, sorted by their effect on frauds, with
        their mean absolute SHAP value and quantiles for both classes; `dependence` of the main
        features: quantiles of the SHAP value along the feature's value.

    References
    ----------
    S. Lundberg et al.: From local explanations to global understanding with explainable AI for
    trees, Nature Machine Intelligence, 2020.
    """
    random = np.random.default_rng(seed)
    sample = rows[np.concatenate([_some(random, rows.is_fraud), _some(random, ~rows.is_fraud)])]
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


def _some(random: np.random.Generator, is_candidate: np.ndarray) -> np.ndarray:
    candidates = np.flatnonzero(is_candidate)
    return np.sort(random.choice(candidates, min(SAMPLE, len(candidates)), replace=False))


def _spread(values: np.ndarray) -> dict[str, Any]:
    return {
        "mean_absolute": float(np.abs(values).mean()),
        "quantiles": np.quantile(values, QUANTILES).tolist(),
    }


def _along(column: np.ndarray, values: np.ndarray) -> list[dict[str, float]]:
    """Median and spread of the SHAP value in bins of equally many rows, or by value if few."""
    if len(np.unique(column)) <= 2 * POINTS:
        number = np.unique(column, return_inverse=True)[1]
    else:
        cuts = np.unique(np.quantile(column, np.arange(1, POINTS) / POINTS))
        number = np.searchsorted(cuts, column, side="right")
    points = []
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
