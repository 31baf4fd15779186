"""Levels, fraud rates, fills, flags and digits are learned from the rows of a fit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.domain.plain_values import MOST
from fraud_api_lambda.domain.schema import Attribute, Kind, Roles, Schema, Time, Unit
from training.data.learning import LEAST_ROWS, MOST_LEVELS, PRIOR_ROWS, frequent, learn, time_blocks
from training.data.rows import Rows
from training.reading.dataset import Dataset

SHOP = Attribute("shop", Kind.CATEGORY, ("shop",))


def rows_of(*attributes: Attribute, **columns: Any) -> Rows:
    """Rows with these attributes; every tenth is a fraud unless `fraud` is given."""
    frame = pd.DataFrame({"hour": 1, "amount": 1.0, **columns})
    if "fraud" not in frame:
        frame["fraud"] = np.arange(len(frame)) % 10 == 0
    roles = Roles(Time("hour", Unit.HOUR), "amount", "fraud", weight="weight")
    schema = Schema("any", roles, attributes={each.name: each for each in attributes})
    return Rows.of(Dataset.of(frame, schema))


def shops(n: int, rows: int = LEAST_ROWS) -> pd.Categorical:
    """Categories with so many rows each."""
    return pd.Categorical(np.repeat([f"{number:03}" for number in range(n)], rows))


def test_a_value_in_twenty_rows_is_a_level_and_one_in_nineteen_is_unknown() -> None:
    values = pd.Categorical(["a"] * 20 + ["b"] * 19 + ["c"] * 21)

    assert learn(rows_of(SHOP, shop=values)).levels == {"shop": ("a", "c")}


@pytest.mark.parametrize(("n", "is_one_hot"), [(MOST_LEVELS, True), (MOST_LEVELS + 1, False)])
def test_a_category_of_more_than_thirty_levels_has_a_rate(n: int, *, is_one_hot: bool) -> None:
    learned = learn(rows_of(SHOP, shop=shops(n)))

    assert ("shop" in learned.levels) is is_one_hot
    assert ("shop" in learned.rates) is not is_one_hot
    assert len(learned.values_of("shop")) == n


def test_a_category_knows_no_more_values_than_a_bundle_holds() -> None:
    names = pd.Index(np.arange(MOST + 2).astype(str))
    rows = np.full(len(names), LEAST_ROWS)
    rows[[0, -1]] += 1
    codes = np.repeat(np.arange(len(names)), rows)

    known = frequent(pd.Categorical.from_codes(codes, names))

    assert len(known) == MOST
    assert {names[0], names[-1]} <= set(known)


def test_listed_levels_need_no_rows() -> None:
    listed = Attribute("shop", Kind.CATEGORY, ("shop",), levels=("a", "b", "c"))

    rows = rows_of(listed, shop=pd.Categorical(["a", "b"]))

    assert learn(rows).levels == {"shop": ("a", "b", "c")}


def test_a_rate_is_weighted_and_drawn_towards_the_overall_rate_by_a_hundred_rows() -> None:
    values = shops(MOST_LEVELS + 1)
    is_fraud = np.asarray(values == "000")
    weight = np.where(is_fraud, 2.0, 1.0)

    rates = learn(rows_of(SHOP, shop=values, fraud=is_fraud, weight=weight)).rates["shop"]

    overall = 40 / (40 + 30 * 20)
    assert rates.overall == pytest.approx(overall)
    assert rates.by_value["000"] == pytest.approx((40 + PRIOR_ROWS * overall) / (40 + PRIOR_ROWS))
    assert rates.by_value["001"] == pytest.approx(PRIOR_ROWS * overall / (20 + PRIOR_ROWS))


def test_a_fill_is_a_median_that_occurs_and_only_of_what_is_ever_missing() -> None:
    age, tries = (Attribute(name, Kind.NUMBER, (name,)) for name in ("age", "tries"))
    home = Attribute("home", Kind.PLACE, ("lat", "long"))

    learned = learn(
        rows_of(
            age,
            tries,
            home,
            age=[1.0, 2.0, 5.0, 9.0, np.nan],
            tries=1.0,
            lat=[50.0, 51.0, np.nan, 53.0, 51.0],
            long=[10.0, 11.0, 12.0, np.nan, 13.0],
        )
    )

    assert learned.fills == {"age": (2.0,), "home": (51.0, 11.0)}


def test_a_missing_rate_is_filled_with_that_of_all_and_missing_levels_need_no_fill() -> None:
    channel = Attribute("channel", Kind.CATEGORY, ("channel",))
    many, few = shops(MOST_LEVELS + 1, 21), shops(1, 21 * (MOST_LEVELS + 1))
    many[0], few[0] = None, None

    learned = learn(rows_of(SHOP, channel, shop=many, channel=few))

    assert learned.fills == {"shop": (learned.rates["shop"].overall,), "channel": ()}


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["M", "F", "F"], ("F", "M")),
        (["TRUE", "false", "true"], ("0", "1")),
        ([1, 0, 1], ("0", "1")),
        (["2", "1", "2"], ("1", "2")),
        (["1", "1", "1"], ("0", "1")),
        (["N", "N", "N"], ("0", "N")),
        ([None, None, None], ("0", "1")),
    ],
)
def test_a_flag_has_two_values_of_which_the_second_counts_as_true(
    cells: list[Any], values: tuple[str, str]
) -> None:
    online = Attribute("online", Kind.FLAG, ("online",))

    assert learn(rows_of(online, online=cells)).flags == {"online": values}


@pytest.mark.parametrize(
    ("cells", "has_digits"),
    [
        (["5411", "5812"], True),
        (["x", "-5"], True),
        (["0", "x"], True),
        (["05411", "05812"], False),
        (["1.5", "²"], False),
        (["1" * 5_000, "x"], False),
    ],
)
def test_a_category_whose_values_are_whole_numbers_has_digits(
    cells: list[str], *, has_digits: bool
) -> None:
    rows = rows_of(SHOP, shop=pd.Categorical(cells))

    assert (learn(rows).digits == ("shop",)) is has_digits


@pytest.mark.parametrize("steps", [np.zeros(100, int), np.repeat(np.arange(5), 20)])
def test_no_rate_of_a_fit_comes_from_the_rows_own_label(steps: np.ndarray) -> None:
    blocks = time_blocks(steps)

    assert [int(block.sum()) for block in blocks] == [20] * 5
    assert np.sum(blocks, axis=0).tolist() == [1] * 100
