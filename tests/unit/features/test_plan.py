"""Features of any schema: their names, their families, and rows that a column repeats."""

import math
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from hypothesis import example, given
from hypothesis import strategies as st

from fraud_api_lambda.domain.elementwise import SINGLE
from fraud_api_lambda.domain.learned import Learned, Rates
from fraud_api_lambda.domain.payment import Facts, Payment
from fraud_api_lambda.domain.schema import (
    Attribute,
    Incoming,
    Kind,
    Roles,
    Schema,
    Time,
    Unit,
)
from fraud_api_lambda.features.feature import Measure
from fraud_api_lambda.features.places import Place, distance_km
from fraud_api_lambda.features.plan import FEATURE_SETS
from tests.schemas import CARDS, Own, card_payment, own_columns, payments_of
from training.data.matrix import derive, feature_matrix, input_matrix

RELATED = ("share_leaving", "emptied", "nearly_emptied", "exceeds_balance", "balance_zero")
CARD_FEATURES = (
    "category_gas_transport",
    "category_grocery",
    "mcc_rate",
    "channel_chip",
    "channel_online",
    "amount",
    "gender",
    "is_chain",
    "tries",
    "home_store_km",
)


def own(
    *attributes: Attribute, time: Time | None = None, balance: str | None = None, **learned: Any
) -> Own:
    """Columns with these attributes, and what was learned about them."""
    roles = Roles(time or Time("t"), "amt", "fraud", balance=balance)
    schema = Schema("own", roles, attributes={each.name: each for each in attributes})
    return Own(schema, Learned(**learned))


def category(name: str) -> Attribute:
    return Attribute(name, Kind.CATEGORY, (name,))


def number(name: str) -> Attribute:
    return Attribute(name, Kind.NUMBER, (name,))


def valued(own: Own, payment: Payment) -> dict[str, float]:
    """The features of a payment by name."""
    plan = own.plan()
    return dict(zip(plan.names, plan.row(payment.facts), strict=True))


def card(**changes: Any) -> dict[str, float]:
    return valued(CARDS, card_payment(**changes))


def card_inputs(**changes: Any) -> dict[str, float]:
    """The inputs of a card payment by name."""
    plan = CARDS.plan()
    inputs = plan.encode(card_payment(**changes).facts, SINGLE)
    return dict(zip((each.name for each in plan.inputs), inputs, strict=True))


def columns(own: Own, facts: list[Facts]) -> Facts:
    """Facts of many payments as columns."""
    by_attribute = zip(*(each.attributes for each in facts), strict=True)
    kinds = own.schema.attributes.values()
    return Facts(
        amount=np.array([each.amount for each in facts]),
        hour=np.array([each.hour for each in facts]),
        balance=np.array([each.balance for each in facts]),
        attributes=tuple(
            _column(attribute, values)
            for attribute, values in zip(kinds, by_attribute, strict=True)
        ),
    )


def _column(attribute: Attribute, values: tuple[Any, ...]) -> Any:
    match attribute.kind:
        case Kind.CATEGORY:
            return pd.Categorical(values)
        case Kind.PLACE:
            return tuple(np.array(part) for part in zip(*values, strict=True))
    return np.array(values, dtype=np.float64)


@st.composite
def many(draw: st.DrawFn) -> tuple[Own, list[Facts]]:
    """Any schema with a few payments."""
    drawn = draw(own_columns())
    values = draw(st.lists(payments_of(drawn), min_size=1, max_size=4))
    return drawn, [drawn.reader.payment(each).facts for each in values]


@given(drawn=many(), feature_set=st.sampled_from(list(FEATURE_SETS)))
def test_a_column_and_single_payments_of_any_schema_give_the_same_bits(
    drawn: tuple[Own, list[Facts]], feature_set: str
) -> None:
    any_own, facts = drawn
    plan = any_own.plan(feature_set)

    matrix = feature_matrix(columns(any_own, facts), plan)

    singly = [struct.pack(f"{len(plan.names)}f", *plan.row(each)) for each in facts]
    assert bits(matrix) == bits(np.frombuffer(b"".join(singly), dtype=np.float32))


def bits(values: np.ndarray) -> bytes:
    """The bits of numbers, with one kind of NaN."""
    return np.where(np.isnan(values), np.float32(np.nan), values).tobytes()


@given(drawn=many(), feature_set=st.sampled_from(list(FEATURE_SETS)))
def test_rows_that_resampling_leaves_alone_reach_the_booster_unchanged(
    drawn: tuple[Own, list[Facts]], feature_set: str
) -> None:
    any_own, facts = drawn
    plan, rows = any_own.plan(feature_set), columns(any_own, facts)

    inputs = input_matrix(rows, plan)

    assert bits(derive(inputs, plan)) == bits(feature_matrix(rows, plan))
    assert inputs.shape == (len(facts), len(plan.inputs))
    assert np.isfinite(inputs).all()


@given(drawn=own_columns())
@example(drawn=own(category("a"), levels={"a": ("x[1]", "x<1]", "x_1_", "x_1__2")}))
@example(drawn=own(category("a"), category("a_b"), levels={"a": ("b_c",), "a_b": ("c",)}))
@example(drawn=own(number("amount"), number("hour"), number("balance"), balance="money"))
def test_names_are_unique_and_xgboost_takes_them(drawn: Own) -> None:
    names = drawn.plan().names

    matrix = xgb.DMatrix(np.zeros((1, len(names))), feature_names=list(names), nthread=1)

    assert matrix.feature_names == list(names)
    assert len(set(names)) == len(names)


def test_a_feature_of_a_role_keeps_its_name_beside_an_attribute_with_the_same() -> None:
    like_roles = own(number("amount"), number("hour"), number("balance"), balance="money")

    names = {each.name: each.measure for each in like_roles.plan().features if not each.attribute}

    assert (
        names.items()
        >= {
            "amount": Measure.AMOUNT,
            "hour": Measure.HOUR,
            "balance": Measure.BALANCE,
        }.items()
    )
    assert {"amount_2", "hour_2", "balance_2"} <= set(like_roles.plan().names)


def test_each_feature_set_has_its_families() -> None:
    assert CARDS.plan("strict").names == CARD_FEATURES
    assert CARDS.plan("strict+hour").names == (*CARD_FEATURES, "hour")
    assert CARDS.plan("decision-time").names == (*CARD_FEATURES, "hour")


def test_a_schema_with_a_balance_has_the_features_of_its_balance() -> None:
    plan = own(balance="money").plan()

    assert plan.names == ("amount", "hour", "balance", *RELATED)


def test_a_count_of_days_tells_no_hour() -> None:
    assert own(time=Time("t", Unit.DAY)).plan().names == ("amount",)


@pytest.mark.parametrize(("level", "share"), [("deposit", 0.0), ("refund", 0.0), ("spend", 0.5)])
def test_payments_of_incoming_values_take_no_share_of_the_balance(level: str, share: float) -> None:
    levels = ("deposit", "refund", "spend")
    plain = own(category("kind"), balance="money", levels={"kind": levels})
    incoming = Incoming("kind", levels[:2])
    both = Own(replace(plain.schema, incoming=incoming), plain.learned)
    payment = both.reader.payment({"t": "2026-03-01", "amt": 5.0, "money": 10.0, "kind": level})

    assert valued(both, payment)["share_leaving"] == share


def test_a_category_with_levels_is_a_feature_each_and_one_with_rates_is_one() -> None:
    levels = tuple(f"{number:02}" for number in range(30))
    rates = Rates(0.1, dict.fromkeys(levels, 0.2))

    by_level = own(category("a"), levels={"a": levels}).plan("strict")
    by_rate = own(category("a"), rates={"a": rates}).plan("strict")

    assert by_level.names == (*(f"a_{level}" for level in levels), "amount")
    assert by_rate.names == ("a_rate", "amount")


def test_one_level_is_true_and_none_where_it_was_never_seen() -> None:
    seen, unseen = card(category="gas_transport"), card(category="travel")

    assert (seen["category_gas_transport"], seen["category_grocery"]) == (True, False)
    assert (unseen["category_gas_transport"], unseen["category_grocery"]) == (False, False)


@pytest.mark.parametrize(("value", "rate"), [("5812", 0.05), ("9999", 0.01)])
def test_a_rate_is_that_of_the_value_or_of_all_payments(value: str, rate: float) -> None:
    assert card(mcc=value)["mcc_rate"] == rate


@pytest.mark.parametrize(
    ("column", "feature", "inputs"),
    [
        ("tries", "tries", {"tries": 1.0, "tries_missing": True}),
        ("mcc", "mcc_rate", {"mcc_rate": 0.01, "mcc_missing": True}),
        (
            "shop_lat",
            "home_store_km",
            {"store_latitude": 50.0, "store_longitude": 10.0, "store_missing": True},
        ),
    ],
)
def test_a_missing_value_is_nan_in_the_row_and_its_typical_value_in_the_inputs(
    column: str, feature: str, inputs: dict[str, float]
) -> None:
    named = card_inputs(**{column: None})

    assert math.isnan(card(**{column: None})[feature])
    assert named.items() >= inputs.items()


def test_a_value_that_is_there_is_not_said_to_be_missing() -> None:
    assert {name: value for name, value in card_inputs().items() if name.endswith("_missing")} == {
        "mcc_missing": False,
        "tries_missing": False,
        "store_missing": False,
    }


def test_two_places_give_their_distance() -> None:
    expected = distance_km(Place(52.5, 13.4), Place(48.9, 2.4), SINGLE)

    assert card(lat=52.5, long=13.4, shop_lat=48.9, shop_long=2.4)["home_store_km"] == expected


def test_three_places_give_three_distances() -> None:
    places = [Attribute(name, Kind.PLACE, (f"{name}1", f"{name}2")) for name in "abc"]

    assert own(*places).plan("strict").names == ("amount", "a_b_km", "a_c_km", "b_c_km")


def test_a_single_place_is_no_feature_for_it_names_its_owner() -> None:
    plan = own(Attribute("home", Kind.PLACE, ("lat", "long"))).plan("strict")

    assert plan.names == ("amount",)
    assert [each.name for each in plan.inputs] == ["amount"]
