"""The axes of plots name the unit of each feature."""

import pytest

from fraud_api_lambda.features.feature import Feature, Measure
from training.analysis.shap_values import unit_of


@pytest.mark.parametrize(
    ("feature", "unit"),
    [
        (Feature("amount", Measure.AMOUNT), "in USD"),
        (Feature("balance", Measure.BALANCE), "in USD"),
        (Feature("hour", Measure.HOUR), "of the day, 0 to 23"),
        (Feature("share_leaving", Measure.SHARE), "of the balance"),
        (Feature("emptied", Measure.SHARE), "0 no, 1 yes"),
        (Feature("category_travel", Measure.LEVEL), "0 no, 1 yes"),
        (Feature("gender", Measure.FLAG), "0 no, 1 yes"),
        (Feature("merchant_rate", Measure.RATE), "share of fraud"),
        (Feature("home_shop_km", Measure.DISTANCE), "in kilometres"),
        (Feature("tries", Measure.NUMBER), ""),
        (Feature("share_leaving", Measure.NUMBER), ""),
    ],
)
def test_the_unit_follows_from_the_measure(feature: Feature, unit: str) -> None:
    assert unit_of(feature, "USD") == unit
