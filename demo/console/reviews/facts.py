"""The facts of a payment, in words. Pure."""

from typing import Any

from console.payments import money
from console.schema import Field, Schema
from console.words import value_in_words


def in_words(facts: dict[str, Any], schema: Schema, currency: str) -> dict[str, str]:
    """The value of each fact that was given, by the words for the fact."""
    fields = {field.name: field for field in schema.fields}
    told = {}
    for name, value in facts.items():
        field = fields.get(name)
        if value is not None:
            label = schema.label(field) if field else value_in_words(name)
            told[label] = _value(value, field, schema, currency)
    return told


def _value(value: Any, field: Field | None, schema: Schema, currency: str) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if field and field.form == "money":
        return money(value, currency)
    if field and schema.is_hour(field):
        return f"{value % 24:02d}:00"
    return value_in_words(str(value))
