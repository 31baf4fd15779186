"""Fields of a payment: which there are, which are needed, and what they allow."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from fraud_api_lambda.domain.fields import (
    CODE,
    TEXT,
    TIMESTAMP,
    TRANSACTION_ID,
    Field,
    Form,
    fields_of,
    labels_of,
)
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.schema import Attribute, Ids, Kind, Roles, Schema, Time, Unit
from tests.schemas import CARDS, Own, own_columns
from tests.transactions import LEARNED, PAYSIM, TYPES


def fields(schema: Schema, learned: Learned = LEARNED) -> Mapping[str, Field]:
    return Own(schema, learned).fields


def with_roles(**roles: Any) -> Schema:
    """A schema of an amount and a time, and other roles."""
    return Schema(
        "own", Roles(**{"time": Time("t"), "amount": "amount", "label": "fraud", **roles})
    )


def test_paysims_fields_are_those_of_its_rows_less_the_label() -> None:
    forms = {field.name: (field.form, field.required) for field in fields(PAYSIM).values()}

    assert forms == {
        "step": (Form.COUNT, False),
        "timestamp": (Form.MOMENT, False),
        "amount": (Form.MONEY, True),
        "nameOrig": (Form.ID, True),
        "nameDest": (Form.ID, True),
        "oldbalanceOrg": (Form.MONEY, True),
        "oldbalanceDest": (Form.MONEY, False),
        "type": (Form.CATEGORY, True),
        "transaction_id": (Form.ID, False),
        "newbalanceOrig": (Form.ANY, False),
        "newbalanceDest": (Form.ANY, False),
        "isFlaggedFraud": (Form.ANY, False),
        "typology": (Form.ANY, False),
        "weight": (Form.ANY, False),
    }


def test_the_fields_of_cards_have_their_attributes_forms() -> None:
    forms = {field.name: (field.form, field.required) for field in CARDS.fields.values()}

    assert forms == {
        "at": (Form.TIME, True),
        "amt": (Form.MONEY, True),
        "card": (Form.ID, True),
        "shop": (Form.ID, True),
        "number": (Form.ID, False),
        "category": (Form.CATEGORY, True),
        "mcc": (Form.CATEGORY, False),
        "channel": (Form.CATEGORY, True),
        "gender": (Form.FLAG, True),
        "tries": (Form.NUMBER, False),
        "lat": (Form.LATITUDE, True),
        "long": (Form.LONGITUDE, True),
        "shop_lat": (Form.LATITUDE, False),
        "shop_long": (Form.LONGITUDE, False),
        "device_id": (Form.TEXT, False),
        "city": (Form.ANY, False),
    }


@given(own=own_columns())
def test_each_column_is_one_field_and_labels_are_none(own: Own) -> None:
    names = [field.name for field in fields_of(own.schema, own.learned)]

    assert len(names) == len(set(names))
    assert {*own.schema.columns(), *own.schema.ignore} - {*labels_of(own.schema)} <= {*names}
    assert not {*labels_of(own.schema)} & {*names}


@given(own=own_columns())
def test_an_attribute_is_required_unless_it_was_ever_missing(own: Own) -> None:
    for field in own.fields.values():
        if field.attribute:
            assert field.required == (field.attribute not in own.learned.fills)


@pytest.mark.parametrize(
    ("unit", "most"), [(Unit.SECOND, 3_600_000_000), (Unit.HOUR, 1_000_000), (Unit.DAY, 41_666)]
)
def test_a_count_lies_between_the_first_and_a_hundred_and_fourteen_years(
    unit: Unit, most: int
) -> None:
    field = fields(with_roles(time=Time("t", unit, 1)))["t"]

    assert (field.form, field.low, field.high) == (Form.COUNT, 1, most)


def test_a_count_is_required_where_a_column_has_the_timestamps_name() -> None:
    found = fields(with_roles(time=Time("t", Unit.HOUR), payer=TIMESTAMP))

    assert found["t"].required
    assert found[TIMESTAMP].form is Form.ID


def test_times_that_are_texts_have_no_timestamp_beside_them() -> None:
    assert TIMESTAMP not in fields(with_roles())


@pytest.mark.parametrize(("ids", "pattern"), [(Ids.CODE, CODE), (Ids.TEXT, TEXT)])
def test_ids_have_the_pattern_of_the_schema(ids: Ids, pattern: str) -> None:
    found = fields(replace(with_roles(payer="card"), ids=ids))

    assert found["card"].pattern == found[TRANSACTION_ID].pattern == pattern


def test_an_id_column_takes_the_place_of_transaction_id() -> None:
    found = fields(with_roles(id="number"))

    assert found["number"].role == "id"
    assert not found["number"].required
    assert TRANSACTION_ID not in found


def test_transaction_id_is_the_callers_id_though_the_file_has_a_column_to_ignore() -> None:
    found = fields(replace(with_roles(), ignore=(TRANSACTION_ID,)))

    assert (found[TRANSACTION_ID].role, found[TRANSACTION_ID].form) == ("id", Form.ID)


def test_a_column_with_digits_takes_whole_numbers() -> None:
    assert {name for name, field in CARDS.fields.items() if field.digits} == {"card", "mcc"}


def test_a_category_is_closed_where_the_schema_lists_its_levels() -> None:
    found = {name: (field.values, field.closed) for name, field in CARDS.fields.items()}

    assert found["channel"] == (("chip", "online"), True)
    assert found["category"] == (("gas_transport", "grocery"), False)
    assert found["mcc"] == ((), False)
    assert fields(PAYSIM)["type"].values == TYPES


def test_a_flags_values_are_those_of_the_data() -> None:
    assert CARDS.fields["gender"].values == ("F", "M")


@pytest.mark.parametrize("is_first", [True, False])
def test_a_flag_by_prefix_leaves_its_column_the_form_of_the_column_itself(is_first: bool) -> None:
    flag = Attribute("is_m", Kind.FLAG, ("number",), prefix="M")
    number = Attribute("number", Kind.NUMBER, ("number",))
    order = (flag, number) if is_first else (number, flag)

    found = fields(replace(with_roles(), attributes={each.name: each for each in order}))

    assert found["number"].form is Form.NUMBER


def test_a_flag_by_prefix_of_a_column_of_its_own_is_a_text() -> None:
    flag = Attribute("is_m", Kind.FLAG, ("note",), prefix="M")

    field = fields(replace(with_roles(), attributes={"is_m": flag}))["note"]

    assert (field.form, field.required) == (Form.TEXT, True)
