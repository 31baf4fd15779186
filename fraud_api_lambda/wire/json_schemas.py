"""The JSON schemas of the request bodies, generated from what validates them."""

from collections.abc import Mapping
from typing import Final

from pydantic.json_schema import GenerateJsonSchema

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.fields import Field, Form
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.wire.body_faults import BATCH, MAX_BATCH, TwoTimes, times_of
from fraud_api_lambda.wire.wire import payment_schema

ROLES: Final[Mapping[str, str]] = {
    "payer": "The payer's account.",
    "balance": "The payer's balance before the payment.",
    "payee_balance": "The payee's balance before the payment, if the payee is a customer too.",
    "id": "Your own id; the answer repeats it. It is not a key: a payment that is sent twice is "
    "scored twice.",
    "after": "Ignored: unknown before the payment.",
}
"""Descriptions of fields by role."""

FORMS: Final[Mapping[Form, str]] = {
    Form.MOMENT: "ISO 8601 with an offset, such as 2026-11-24T03:00:00+01:00 or 2026-11-24T03:00Z. "
    "The hour of the day is the one written.",
    Form.ANY: "Ignored: accepted so that a row of the data can be sent without its label.",
    Form.LATITUDE: "Latitude of {words}, in degrees.",
    Form.LONGITUDE: "Longitude of {words}, in degrees.",
}
"""Descriptions of the other fields by form."""


def of(bundle: Bundle | None) -> dict[str, JsonObject]:
    """The schemas of the bodies by component name; without a bundle, a payment is any object."""
    payment = _ANY_PAYMENT if bundle is None else _payment(bundle)
    return {"TransactionIn": payment, "BatchIn": _batch(payment["examples"])}


_ANY_PAYMENT: Final[JsonObject] = {
    "title": "Transaction",
    "description": "A payment before the money moves. Its fields are known once a model is loaded.",
    "type": "object",
    "examples": [],
}


def _payment(bundle: Bundle) -> JsonObject:
    schema, fields = bundle.plan.schema, list(bundle.plan.fields.values())
    generated = GenerateJsonSchema().generate(payment_schema(fields))
    times = times_of(fields)
    for field in fields:
        _describe(generated["properties"][field.name], field, schema)
    return {
        **generated,
        **({} if times is None else _exactly_one(times)),
        "title": "Transaction",
        "description": _summary(times),
        "examples": [example.transaction for example in bundle.examples],
    }


def _summary(times: TwoTimes | None) -> str:
    with_what = "with no other fields"
    if times is not None:
        with_what = f"with either `{times.count}` or `{times.moment}`, and no other fields"
    return f"A payment before the money moves, {with_what}."


def _batch(payments: list[JsonObject]) -> JsonObject:
    items = {"$ref": "#/components/schemas/TransactionIn"}
    return {
        "title": "Batch",
        "description": "Transactions, scored independently: "
        "a faulty one does not affect the others.",
        "type": "object",
        "properties": {
            BATCH: {
                "title": "Transactions",
                "type": "array",
                "items": items,
                "minItems": 1,
                "maxItems": MAX_BATCH,
            }
        },
        "required": [BATCH],
        "additionalProperties": False,
        "examples": [{BATCH: payments}] if payments else [],
    }


def _exactly_one(times: TwoTimes) -> JsonObject:
    count, moment = times.count, times.moment
    return {
        "if": {"required": [count], "properties": {count: {"type": "integer"}}},
        "then": {"properties": {moment: {"type": "null"}}},
        "else": {"required": [moment], "properties": {moment: {"type": "string"}}},
    }


def _describe(described: JsonObject, field: Field, schema: Schema) -> None:
    text = _description(field, schema)
    if text:
        described["description"] = text
    if field.form is Form.ANY:
        described["deprecated"] = True


def _description(field: Field, schema: Schema) -> str:
    time = schema.roles.time
    if field.form is Form.COUNT and time.unit is not None:
        return f"{time.unit.capitalize()} since the start of the data."
    if field.form is Form.TIME:
        return f"ISO 8601, such as 2026-11-24T03:00:00; without an offset, in {schema.timezone}."
    if field.role == "amount":
        return f"In {schema.currency or "the model's currency"}."
    if field.role == "payee":
        return f"The payee's account{_prefixes(field, schema)}."
    if field.role in schema.entities:
        return f"The {field.role}."
    known = ROLES.get(field.role) or FORMS.get(field.form, "")
    return known.format(words=field.words) or _words(field)


def _prefixes(field: Field, schema: Schema) -> str:
    """The meaning of the beginnings of an account's id."""
    attributes = schema.attributes.values()
    meant = [each for each in attributes if each.prefix and each.columns == (field.name,)]
    return "".join(f"; {each.prefix} at its start means {each.words}" for each in meant)


def _words(field: Field) -> str:
    """The words for an attribute, unless its name says as much."""
    if field.words.replace(" ", "_") == field.name:
        return ""
    return f"{field.words[:1].upper()}{field.words[1:]}."
