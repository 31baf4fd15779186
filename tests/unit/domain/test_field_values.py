"""Values of a payment that was edited by hand: allowed by its fields, or refused by name."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.field_values import check_values
from fraud_api_lambda.domain.fields import CODE, Field, Form
from fraud_api_lambda.domain.time_text import LOCAL, WITH_OFFSET
from tests.schemas import CARDS, Own, card_body, own_columns, payments_of
from tests.transactions import LEARNED, PAYSIM, body

ALLOWED: list[tuple[Field, list[Any], list[Any]]] = [
    (
        Field("f", Form.TIME, pattern=LOCAL),
        [
            "2026-03-01",
            "2026-03-01 14:30:00",
            "2026-03-01T14:30",
            "2026-03-01t14:30:00.5z",
            "2024-02-29T23:59:59+05:30",
        ],
        [
            "2026-02-29",
            "2026-13-01 00:00",
            "2026-03-01 24:00:00",
            "2026-03-01 14:30x",
            "2026-03-01 143000",
            "20260301",
            "2026-W09-7",
            "0999-01-01",
            "01.03.2026",
            1_772_000_000,
            "",
        ],
    ),
    (
        Field("f", Form.MOMENT, pattern=WITH_OFFSET),
        ["2026-03-01T14:30:00Z", "2026-03-01T14:30-08:00"],
        ["2026-03-01T14:30:00", "2026-03-01 14:30Z", "2026-03-01", 5],
    ),
    (Field("f", Form.COUNT, low=1, high=3), [1, 3], [0, 4, 1.0, True, "1"]),
    (Field("f", Form.MONEY), [0.0, 1e12], [-0.01, 1.1e12, 5, True, "5.0"]),
    (Field("f", Form.NUMBER, low=-1.0, high=1.0), [-1.0, 0.5], [-1.1, 1.1, 1, True, "0"]),
    (Field("f", Form.LATITUDE, low=-1.0, high=1.0), [0.0], [2.0, 0]),
    (Field("f", Form.LONGITUDE, low=-1.0, high=1.0), [0.0], [-2.0, "0"]),
    (Field("f", Form.FLAG, values=("0", "1")), [0, 1.0, True, "1", "false"], [2, "yes", [], {}]),
    (Field("f", Form.FLAG, values=("F", "M")), ["F", "M"], ["f", "X", 1, True]),
    (Field("f", Form.CATEGORY), ["new", "a b", "x" * 128], ["", " a", "x" * 129, "a\nb", 5]),
    (Field("f", Form.CATEGORY, digits=True), [5411, "05411"], [5.5, True, 10**20]),
    (Field("f", Form.CATEGORY, values=("a", "b"), closed=True), ["a"], ["c", "A", 1, ["a"]]),
    (Field("f", Form.CATEGORY, values=("1",), closed=True, digits=True), ["1", 1], [2, 1.0]),
    (Field("f", Form.ID), ["Zoë Smith", "x" * 128], ["", "x" * 129, "\x85", 5, "\ud800"]),
    (Field("f", Form.ID, digits=True), [4000123412341234, "4000"], [4000.0]),
    (Field("f", Form.ID, pattern=CODE), ["C1", "x" * 64], ["C 1", "x" * 65, "é"]),
    (Field("f", Form.TEXT), ["a note"], [3, "\t"]),
    (Field("f", Form.ANY), [True, 3, 0.5, "any\nthing"], [[], {}, math.nan, math.inf, 10**30]),
]
TIME = Field("t", Form.COUNT)


def checked(field: Field, value: Any) -> dict[str, Any]:
    """Check one field, beside the time that a payment needs."""
    fields = {field.name: field}
    values = {field.name: value}
    if field.form in {Form.TIME, Form.MOMENT, Form.COUNT}:
        return check_values("it", values, fields)
    return check_values("it", {"t": 0, **values}, {"t": TIME, **fields})


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values, _ in ALLOWED for value in values]
)
def test_an_allowed_value_passes(field: Field, value: Any) -> None:
    assert checked(field, value)["f"] == value


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, _, values in ALLOWED for value in values]
)
def test_another_value_is_refused(field: Field, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^it"):
        checked(field, value)


def test_a_refusal_names_the_field_and_not_the_value() -> None:
    with pytest.raises(
        ValueError, match=r"^it\.channel is not allowed in a field of form category$"
    ):
        check_values("it", card_body(channel="fax"), CARDS.fields)


@given(data=st.data(), own=own_columns())
def test_any_payment_of_a_schema_passes_unchanged(own: Own, data: st.DataObject) -> None:
    values = data.draw(payments_of(own))

    assert check_values("it", values, own.fields) is values


@pytest.mark.parametrize("value", [None, [], "x", {"amt": 1.0, "more": 1}, {3: 1}])
def test_other_fields_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^it is not a dict of the schema's fields$"):
        check_values("it", value, CARDS.fields)


@pytest.mark.parametrize("name", [name for name, it in CARDS.fields.items() if it.required])
@pytest.mark.parametrize("is_null", [True, False])
def test_a_required_field_may_be_neither_missing_nor_null(name: str, is_null: bool) -> None:
    values = card_body(**{name: None})
    if not is_null:
        del values[name]

    with pytest.raises(ValueError, match=f"^it has no {name}$"):
        check_values("it", values, CARDS.fields)


@pytest.mark.parametrize("name", [name for name, it in CARDS.fields.items() if not it.required])
def test_another_field_may_be_null_or_missing(name: str) -> None:
    nulled = card_body(**{name: None})
    without = {field: value for field, value in nulled.items() if field != name}

    for values in (nulled, without):
        assert check_values("it", values, CARDS.fields) == values


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"step": None},
        {"step": None, "timestamp": None},
        {"step": 5, "timestamp": "2026-03-01T14:30:00Z"},
    ],
)
def test_a_payment_has_exactly_one_time(times: dict[str, Any]) -> None:
    values = {name: value for name, value in body().items() if name != "step"} | times

    with pytest.raises(ValueError, match=r"^it has not exactly one of step and timestamp$"):
        check_values("it", values, Own(PAYSIM, LEARNED).fields)
