"""A schema and its learned properties as plain data: read back, or refused with the field."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.plain_schema import (
    learned_as_dict,
    learned_from_dict,
    schema_as_dict,
    schema_from_dict,
)
from tests.edits import edited
from tests.schemas import CARDS, Own, own_columns, payments_of
from tests.transactions import LEARNED, PAYSIM


def changed(own: Own, part: str, *path: str | int, to: Any) -> None:
    """Read columns with one value of their plain data replaced."""
    plain = {"schema": schema_as_dict(own.schema), "learned": learned_as_dict(own.learned)}
    place: Any = plain[part]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    learned_from_dict(plain["learned"], schema_from_dict(plain["schema"]))


@given(own=own_columns())
def test_any_schema_and_what_was_learned_are_read_back_from_json(own: Own) -> None:
    schema = schema_from_dict(json.loads(json.dumps(schema_as_dict(own.schema))))
    learned = learned_from_dict(json.loads(json.dumps(learned_as_dict(own.learned))), schema)

    assert (schema, learned) == own


@pytest.mark.parametrize("own", [CARDS, Own(PAYSIM, LEARNED)], ids=["cards", "paysim"])
def test_the_order_of_attributes_is_kept(own: Own) -> None:
    schema = schema_from_dict(schema_as_dict(own.schema))

    assert list(schema.attributes) == list(own.schema.attributes)


@given(own=own_columns(), data=st.data())
def test_edited_plain_data_is_refused_by_a_value_error_or_reads_payments(
    own: Own, data: st.DataObject
) -> None:
    plain = {"schema": schema_as_dict(own.schema), "learned": learned_as_dict(own.learned)}
    part = data.draw(st.sampled_from(sorted(plain)))
    plain[part] = data.draw(edited(plain[part]))

    try:
        schema = schema_from_dict(plain["schema"])
        read = Own(schema, learned_from_dict(plain["learned"], schema))
    except ValueError:
        return

    payment = read.reader.payment(data.draw(payments_of(read)))
    assert len(read.plan().row(payment.facts)) == len(read.plan().names)


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        (("name",), 3, "name is not a text of 1 to 128 characters"),
        (("name",), "", "name is not a text of 1 to 128 characters"),
        (("name",), "x" * 129, "name is not a text of 1 to 128 characters"),
        (("currency",), "U\nD", "currency has control characters"),
        (("currency",), "\udc80", "currency has control characters"),
        (("decimals",), 7, "decimals is not a whole number from 0 to 6"),
        (("decimals",), True, "decimals is not a whole number from 0 to 6"),
        (("decimals",), 2.0, "decimals is not a whole number from 0 to 6"),
        (("label_delay_s",), -1, "label_delay_s is not a whole number"),
        (("timezone",), None, "timezone is not a text"),
        (("peer_group",), "gender", "peer_group is not a category"),
        (("ids",), "uuid", "ids is none of text, code"),
        (("ignore",), "city", "ignore is not a list of up to 100,000"),
        (("ignore",), [3], "ignore is not a text"),
        (("entities",), [], "entities is not a table of up to 100,000"),
        (("entities", "device"), 3, "entities.device is not a text"),
        (("roles",), [], "roles is not a dict of its fields"),
        (("roles", "bank"), "x", "roles is not a dict of its fields; these differ: 'bank'"),
        (("roles", "amount"), None, "roles.amount is not a text"),
        (("roles", "payer"), 3, "roles.payer is not a text"),
        (("roles", "after"), None, "roles.after is not a list"),
        (("roles", "payee"), "amt", "roles and attributes use column amt twice"),
        (("roles", "time", "unit"), "week", "roles.time.unit is none of second, hour, day"),
        (("roles", "time", "first"), -1, "roles.time.first is not a whole number"),
        (("attributes",), {}, "attributes is not a list"),
        (("attributes", 0), {}, "attributes is not a dict of its fields"),
        (("attributes", 1, "name"), "category", "attributes have a name twice"),
        (("attributes", 1, "kind"), "money", "attributes.mcc.kind is none of number, flag"),
        (("attributes", 1, "columns"), ["category"], "use column category twice"),
        (("attributes", 1, "columns"), ["a", "b"], "attributes.mcc.columns are too many or too"),
        (("attributes", 6, "columns"), ["a"], "attributes.home.columns are too many or too few"),
        (("attributes", 1, "prefix"), "M", "attributes.mcc.prefix is of a category, not of a flag"),
        (("attributes", 3, "levels"), ["F"], "attributes.gender.levels are of a flag, not of a"),
        (("incoming",), {"attribute": "gender", "values": []}, "incoming.attribute is not a categ"),
        (("incoming",), {"attribute": "category"}, "incoming is not a dict of its fields"),
    ],
)
def test_a_wrong_value_of_a_schema_is_refused_with_its_field(
    path: tuple[str | int, ...], wrong: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        changed(CARDS, "schema", *path, to=wrong)


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        (("levels",), [], "levels is not a table"),
        (("levels", "category"), [1], "levels.category is not a text"),
        (("levels", "mcc"), [], "levels and rates are not of each category once"),
        (("levels",), {"channel": ["chip", "online"]}, "levels and rates are not of each categ"),
        (("levels", "channel"), ["online", "chip"], "levels.channel are not the schema's"),
        (("rates", "mcc", "overall"), 1.5, "rates.mcc.overall is not a number from 0 to 1"),
        (("rates", "mcc", "by_value", "5411"), "0", "rates.mcc.by_value.5411 is not a number"),
        (("rates", "mcc", "by_value", "x" * 200), 0.1, "a key of rates.mcc.by_value is not a text"),
        (("rates", "mcc", "by_value", 5), 0.1, "a key of rates.mcc.by_value is not a text"),
        (("flags", "gender"), ["F"], "flags.gender are not two texts"),
        (("flags", "gender"), ["F", "M", "X"], "flags.gender are not two texts"),
        (("flags",), {}, "flags are not of each flag without a prefix"),
        (("flags", "is_chain"), ["0", "1"], "flags are not of each flag without a prefix"),
        (("fills", "tries"), [], "fills.tries are not 1 numbers"),
        (("fills", "tries"), [float("nan")], "fills.tries is not a number"),
        (("fills", "store"), [1.0], "fills.store are not 2 numbers"),
        (("fills", "category"), [1.0], "fills.category are not 0 numbers"),
        (("fills", "other"), [1.0], "fills have a name that is not an attribute's"),
        (("digits",), [1], "digits is not a text"),
        (("more",), {}, "learned is not a dict of its fields; these differ: 'more'"),
    ],
)
def test_a_wrong_learned_value_is_refused_with_its_field(
    path: tuple[str, ...], wrong: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        changed(CARDS, "learned", *path, to=wrong)


def test_rates_of_a_category_with_levels_in_the_schema_are_refused() -> None:
    plain = learned_as_dict(CARDS.learned)
    del plain["levels"]["channel"]
    plain["rates"]["channel"] = {"overall": 0.1, "by_value": {}}

    with pytest.raises(ValueError, match=r"rates\.channel is of a category with levels"):
        learned_from_dict(plain, CARDS.schema)


def test_incoming_payments_are_of_known_values() -> None:
    incoming = {"attribute": "channel", "values": ["fax"]}

    with pytest.raises(ValueError, match=r"incoming\.values are not all levels"):
        changed(CARDS, "schema", "incoming", to=incoming)


@pytest.mark.parametrize("field", schema_as_dict(CARDS.schema))
def test_every_field_of_a_schema_is_needed(field: str) -> None:
    plain = schema_as_dict(CARDS.schema)
    del plain[field]

    with pytest.raises(ValueError, match=f"these differ: '{field}'"):
        schema_from_dict(plain)


@pytest.mark.parametrize("field", learned_as_dict(CARDS.learned))
def test_every_field_of_what_was_learned_is_needed(field: str) -> None:
    plain = learned_as_dict(CARDS.learned)
    del plain[field]

    with pytest.raises(ValueError, match=f"these differ: '{field}'"):
        learned_from_dict(plain, CARDS.schema)
