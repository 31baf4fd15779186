"""The API takes the columns of any schema, and says what it does not take."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fraud_api_lambda.domain.fields import Field
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.schema import Attribute, Kind, Roles, Schema, Time
from fraud_api_lambda.web.problem_kinds import INVALID_VALUE
from fraud_api_lambda.web.problems import problem
from fraud_api_lambda.wire import json_schemas, strict_json
from fraud_api_lambda.wire.body_faults import NOT_ALLOWED
from fraud_api_lambda.wire.wire import InvalidBodyError, Wire
from tests.api.support import BUNDLE, VALUES
from tests.api.values import bodies_of, values_of
from tests.schemas import Own, own_columns

ANY_SCHEMA = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def wire_of(own: Own) -> Wire:
    """The wire of a bundle with this plan; no booster is needed to read a body."""
    return Wire(replace(BUNDLE, plan=own.plan()))


def fields(own: Own) -> list[Field]:
    return list(own.fields.values())


def refused(wire: Wire, sent: Any) -> list[dict[str, str]]:
    """The faults of a body."""
    with pytest.raises(InvalidBodyError) as caught:
        wire.payment(json.dumps(sent).encode())
    return caught.value.errors


def is_accepted(wire: Wire, body: bytes) -> bool:
    try:
        wire.payment(body)
    except InvalidBodyError:
        return False
    return True


@ANY_SCHEMA
@given(data=st.data(), own=own_columns())
def test_a_payment_of_any_schema_is_read(data: st.DataObject, own: Own) -> None:
    body = data.draw(bodies_of(fields(own)))

    payment = wire_of(own).payment(json.dumps(body).encode())

    plan = own.plan()
    assert payment.facts.amount == body[own.schema.roles.amount]
    assert len(payment.facts.attributes) == len(own.schema.attributes)
    assert len(plan.row(payment.facts)) == len(plan.names)


@ANY_SCHEMA
@given(data=st.data(), own=own_columns())
def test_both_readers_read_the_same_values(data: st.DataObject, own: Own) -> None:
    wire = wire_of(own)
    body = json.dumps(data.draw(bodies_of(fields(own)))).encode()

    plain = wire.plain_values(body)

    careful = wire.validated(strict_json.loads(body))
    assert wire.values(body) == careful
    assert plain is None or repr(sorted(plain.items())) == repr(sorted(careful.items()))


@ANY_SCHEMA
@given(data=st.data(), own=own_columns())
def test_nothing_is_read_plainly_that_care_would_refuse(data: st.DataObject, own: Own) -> None:
    wire = wire_of(own)
    body = data.draw(bodies_of(fields(own)))
    body |= data.draw(st.dictionaries(st.sampled_from([*wire.fields]), VALUES, max_size=2))
    text = json.dumps(body).encode()
    first = data.draw(st.integers(0, len(text)))
    for sent in (text, text[:first] + data.draw(st.binary(max_size=4)) + text[first:]):
        plain = wire.plain_values(sent)
        if plain is not None:
            assert repr(plain) == repr(wire.validated(strict_json.loads(sent)))


@ANY_SCHEMA
@given(data=st.data(), own=own_columns())
def test_the_document_allows_what_the_api_takes_and_nothing_else(
    data: st.DataObject, own: Own
) -> None:
    wire = wire_of(own)
    component = json_schemas.of(replace(BUNDLE, plan=own.plan()))["TransactionIn"]
    Draft202012Validator.check_schema(component)
    body = data.draw(bodies_of(fields(own)))
    assert Draft202012Validator(component).is_valid(body)
    others = st.one_of(VALUES, *(values_of(field) for field in fields(own)))
    changed = body | data.draw(st.dictionaries(st.sampled_from([*wire.fields]), others, max_size=2))
    text = json.dumps(changed)
    assume("Infinity" not in text and "NaN" not in text and len(text) < 8_000)

    assert Draft202012Validator(component).is_valid(changed) == is_accepted(wire, text.encode())


@ANY_SCHEMA
@given(data=st.data(), own=own_columns())
def test_a_fault_points_to_its_column_and_is_told_in_our_words(
    data: st.DataObject, own: Own
) -> None:
    wire = wire_of(own)
    body = data.draw(bodies_of(fields(own)))
    name = data.draw(st.sampled_from([*wire.fields]))
    wrong = data.draw(st.sampled_from([[], {}, [1], {"a": 1}]))

    found = [each for each in refused(wire, body | {name: wrong}) if each["pointer"] != "#"]

    assert [each["pointer"] for each in found] == [
        "#/" + name.replace("~", "~0").replace("/", "~1")
    ]
    assert found[0]["detail"] != NOT_ALLOWED
    assert "{" not in found[0]["detail"]


@pytest.mark.parametrize("letter", ["x", "é", "😀", '"'])
def test_a_problem_of_long_names_and_values_is_at_most_2_kib(letter: str) -> None:
    names = [f"{letter * 126}{index:02}" for index in range(12)]
    levels = tuple(f"{letter * 120}{index:02}" for index in range(30))
    numbers = {name: Attribute(name, Kind.NUMBER, (name,)) for name in names}
    closed = Attribute("closed", Kind.CATEGORY, ("closed",), levels=levels)
    schema = Schema(
        name="long",
        roles=Roles(time=Time("time"), amount="amount", label="label"),
        attributes={"closed": closed, **numbers},
    )
    wire = wire_of(Own(schema, Learned(levels={"closed": levels})))
    unknown = {f"{'x' * 30}{chr(97 + index)}": 0 for index in range(12)}
    wrong: dict[str, Any] = {name: [] for name in wire.fields}

    right = {"time": "2026-11-24", "amount": 1.0, **dict.fromkeys(names, 0.0)}

    for sent in (unknown, wrong, {}, right | {"closed": "other"}):
        errors = refused(wire, sent)
        assert 1 <= len(errors) <= 10
        body = problem(INVALID_VALUE, "7c1f8a52-8d0e-4b7e-9d6b-0f5a3c2e1d4b", errors=errors)
        assert len(json.dumps(body, ensure_ascii=False).encode()) <= 2048
