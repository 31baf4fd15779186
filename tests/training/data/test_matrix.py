"""Rows that SMOTE invents get valid values; unknown values of a category have no feature."""

import numpy as np
import pytest

from fraud_api_lambda.features.feature import Input, Measure
from tests.schemas import CARDS, card_payment
from training.data.matrix import level_columns, repaired

INPUTS = (
    Input("shop_a", Measure.LEVEL, "shop"),
    Input("shop_b", Measure.LEVEL, "shop"),
    Input("amount", Measure.AMOUNT),
    Input("web_no", Measure.LEVEL, "web"),
    Input("web_yes", Measure.LEVEL, "web"),
    Input("flag", Measure.FLAG),
    Input("hour", Measure.HOUR),
)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((0.7, 0.3), (1, 0)),
        ((0.3, 0.7), (0, 1)),
        ((0.5, 0.5), (1, 0)),
        ((0.6, 0.0), (1, 0)),
        ((0.4, 0.0), (0, 0)),
        ((0.0, 0.0), (0, 0)),
    ],
    ids=["nearer a", "nearer b", "halfway", "nearer a than none", "nearer none", "none"],
)
def test_a_row_between_two_levels_has_the_nearer_and_one_nearer_to_none_has_none(
    levels: tuple[float, float], expected: tuple[int, int]
) -> None:
    row = np.array([[*levels, 1.25, 1.0, 0.0, 0.4, 22.6]])

    assert repaired(row, INPUTS).tolist() == [[*expected, 1.25, 1, 0, 0, 23]]


def test_the_levels_of_each_category_are_their_own() -> None:
    assert level_columns(INPUTS) == {"shop": [0, 1], "web": [3, 4]}


@pytest.mark.parametrize("value", ["never seen", "grocery "])
def test_an_unknown_value_sets_none_of_the_features_of_its_category(value: str) -> None:
    plan = CARDS.plan()
    row = plan.row(card_payment(category=value).facts)

    levels = [row[at] for at, each in enumerate(plan.features) if each.attribute == "category"]
    assert len(levels) == 2
    assert not any(levels)
