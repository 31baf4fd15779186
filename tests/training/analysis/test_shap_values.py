"""SHAP values along a feature, and the unit of its axis."""

import numpy as np
import pytest

from fraud_api_lambda.features.feature import Feature, Measure
from training.analysis.shap_values import POINTS, along, unit_of


@pytest.mark.parametrize(
    ("feature", "unit"),
    [
        (Feature("amount", Measure.AMOUNT), "in USD"),
        (Feature("balance", Measure.BALANCE), "in USD"),
        (Feature("hour", Measure.HOUR), "0 to 23"),
        (Feature("share_leaving", Measure.SHARE), "of the balance"),
        (Feature("emptied", Measure.SHARE), "0 no, 1 yes"),
        (Feature("category_travel", Measure.LEVEL), "0 no, 1 yes"),
        (Feature("gender", Measure.FLAG), "0 no, 1 yes"),
        (Feature("merchant_rate", Measure.RATE), "share of fraud"),
        (Feature("home_shop_km", Measure.DISTANCE), "in kilometres"),
        (Feature("tries", Measure.NUMBER), ""),
        (Feature("share_leaving", Measure.NUMBER), ""),
        (Feature("payer_count_24h", Measure.HISTORY, number="count_24h"), ""),
        (Feature("payer_mean_24h", Measure.HISTORY, number="mean_24h"), "in USD"),
        (Feature("payer_since_last_s", Measure.HISTORY, number="since_last_s"), "in seconds"),
    ],
)
def test_the_unit_follows_from_the_measure(feature: Feature, unit: str) -> None:
    assert unit_of(feature, "USD") == unit


@pytest.mark.parametrize("n_values", [2, 100], ids=["at each value", "in bins"])
def test_rows_without_a_value_are_left_out_of_its_curve(n_values: int) -> None:
    column = np.arange(1_000.0) % n_values
    values = 0.1 * column
    column[::7], values[::7] = np.nan, 9.0

    points = along(column, values)

    assert all(np.isfinite(point["value"]) and point["high"] < 10 for point in points)
    assert sum(point["rows"] for point in points) == np.isfinite(column).sum()


def test_a_feature_without_any_value_has_no_curve() -> None:
    assert along(np.full(3, np.nan), np.zeros(3)) == []


def test_a_common_value_has_a_point_of_its_own() -> None:
    column = np.concatenate([np.zeros(900), np.linspace(1, 2, 100)])

    points = along(column, column)

    assert points[0]["value"] == points[0]["high"] == 0
    assert (points[0]["rows"], len(points)) == (900, POINTS + 1)
    assert {each["rows"] for each in points[1:]} <= {8, 9}
