"""SHAP values of a sample of the test window, in log-odds before calibration."""

from typing import Final, TypedDict

import numpy as np
import xgboost as xgb

from fraud_api_lambda.features.feature import Feature, Measure
from training.analysis.feature_words import feature_words
from training.data.rows import Rows
from training.fitting.boosting import names_of
from training.fitting.fitted_model import FittedModel
from training.policy.defaults import currency_of

SAMPLE: Final = 2_000
MAIN_FEATURES: Final = 4
POINTS: Final = 12
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

SECONDS: Final = "in seconds"

UNITS: Final = {
    Measure.LEVEL: "0 no, 1 yes",
    Measure.FLAG: "0 no, 1 yes",
    Measure.SHARE: "0 no, 1 yes",
    Measure.HOUR: "0 to 23",
    Measure.RATE: "share of fraud",
    Measure.DISTANCE: "in kilometres",
}
"""The units of features by measure; one of SHARE is no flag."""

HISTORY_UNITS: Final = {
    "amount_ratio_7d": "1 is usual",
    "amount_ratio_30d": "1 is usual",
    "since_last_s": SECONDS,
    "fraud_share_7d": "share, 0 to 1",
    "fraud_share_30d": "share, 0 to 1",
    "new_partner": "0 no, 1 yes",
}
"""The units of the numbers of an account's history that are neither counts nor amounts."""


class ShapSpread(TypedDict):
    """The SHAP values of a feature in one class: mean absolute value, and five quantiles."""

    mean_absolute: float
    quantiles: list[float]


class FeatureShap(TypedDict):
    """The SHAP values of a feature, by class, and the words for the feature."""

    feature: str
    words: str
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
    """The SHAP value of a feature along the feature's own value, and the unit of the latter."""

    feature: str
    words: str
    unit: str
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
    features, fraud = model.boosted.encoder.encoded(sample), sample.is_fraud
    values = model.boosted.booster.predict(
        xgb.DMatrix(features, feature_names=model.boosted.booster.feature_names), pred_contribs=True
    )[:, :-1]
    schema, encoder = rows.dataset.schema, model.boosted.encoder
    names, currency = names_of(encoder), currency_of(schema)
    words = [feature_words(each, schema) for each in encoder.features]
    order = np.argsort(-np.abs(values[fraud]).mean(axis=0), kind="stable")
    measured = order[~np.isnan(features[:, order]).all(axis=0)]
    return {
        "frauds": int(fraud.sum()),
        "genuine": int((~fraud).sum()),
        "features": [
            {
                "feature": names[index],
                "words": words[index],
                "fraud": _spread(values[fraud, index]),
                "genuine": _spread(values[~fraud, index]),
            }
            for index in order
        ],
        "dependence": [
            {
                "feature": names[index],
                "words": words[index],
                "unit": unit_of(encoder.features[index], currency),
                "points": along(features[:, index], values[:, index]),
            }
            for index in measured[:MAIN_FEATURES]
        ],
    }


def unit_of(feature: Feature, currency: str) -> str:
    """The unit of a feature's values; empty if it is not known."""
    if feature.measure in {Measure.AMOUNT, Measure.BALANCE}:
        return f"in {currency}"
    if feature.measure is Measure.SHARE and feature.name == "share_leaving":
        return "of the balance"
    if feature.measure is Measure.HISTORY:
        is_mean = feature.number.startswith("mean")
        return f"in {currency}" if is_mean else HISTORY_UNITS.get(feature.number, "")
    return UNITS.get(feature.measure, "")


def _sample(random: np.random.Generator, is_class: np.ndarray) -> np.ndarray:
    members = np.flatnonzero(is_class)
    return np.sort(random.choice(members, min(SAMPLE, len(members)), replace=False))


def _spread(values: np.ndarray) -> ShapSpread:
    return {
        "mean_absolute": float(np.abs(values).mean()),
        "quantiles": np.quantile(values, QUANTILES).tolist(),
    }


def along(column: np.ndarray, values: np.ndarray) -> list[DependencePoint]:
    """The SHAP values in bins of equally many rows, or at each value if there are few values.

    A value that more rows have than a bin holds has a bin of its own.

    Parameters
    ----------
    column : ndarray of shape (n_rows,)
        Values of a feature. Rows without one, as NaN, have no place along it and are left out.
    values : ndarray of shape (n_rows,)
        SHAP values of the feature, in log-odds.
    """
    is_present = ~np.isnan(column)
    column, values = column[is_present], values[is_present]
    distinct, number, rows = np.unique(column, return_inverse=True, return_counts=True)
    if len(distinct) > 2 * POINTS:
        is_common = rows[number] > len(column) / POINTS
        cuts = np.unique(np.quantile(column[~is_common], np.arange(1, POINTS) / POINTS))
        binned = len(distinct) + np.searchsorted(cuts, column, side="right")
        number = np.where(is_common, number, binned)
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
    return sorted(points, key=lambda point: point["value"])
