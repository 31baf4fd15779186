"""A row of the training data as a request, without the people in it. Pure.

Account ids, other texts and rare values are replaced and places are rounded, because ``GET /model``
serves the examples. Of the time only the hour stays.
"""

from math import isnan
from typing import Any, Final

import numpy as np

from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.fields import Field, Form
from fraud_api_lambda.domain.schema import Schema, Unit
from fraud_api_lambda.features.plan import Plan
from training.data.rows import Rows

PLACE_DECIMALS: Final = 1
"""A tenth of a degree is about ten kilometres."""

DAY: Final = "2026-01-01"

NAMES: Final = {"payer": "CPAYER", "payee": "CPAYEE"}
NUMBERS: Final = {"payer": "1000000001", "payee": "2000000002"}
NAME: Final = "CTEXT"
NUMBER: Final = "3000000003"
"""A text that is neither the payer nor the payee."""


def body_of(rows: Rows, index: int, plan: Plan) -> JsonObject:
    """The required fields of a row, as a body of ``POST /predict``."""
    record, hour = rows.record(index), int(rows.facts.hour[index])
    body: JsonObject = {}
    for field in plan.fields.values():
        value = _value(field, record, plan, hour)
        if value is not None:
            body[field.name] = value
    return body


def _value(field: Field, record: Any, plan: Plan, hour: int) -> Any:
    """The value of a field; None if it is left out."""
    match field.form:
        case Form.TIME:
            return f"{DAY} {hour:02}:00:00"
        case Form.COUNT:
            return _count(plan.schema, hour)
        case Form.MOMENT | Form.ANY:
            return None
    if not (field.required or field.attribute) or _is_missing(record[field.name]):
        return None
    if field.form in {Form.ID, Form.TEXT} or _is_rare(field, record[field.name], plan):
        return _invented(field, record[field.name], plan.schema)
    return _plain(field, record[field.name])


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))


def _is_rare(field: Field, value: Any, plan: Plan) -> bool:
    """Whether the value of a category is one that the model does not know."""
    if field.form is not Form.CATEGORY or field.closed:
        return False
    return value not in plan.learned.values_of(field.attribute)


def _plain(field: Field, value: Any) -> Any:
    if field.form in {Form.LATITUDE, Form.LONGITUDE}:
        return round(float(value), PLACE_DECIMALS)
    return value.item() if isinstance(value, np.generic) else value


def _count(schema: Schema, hour: int) -> int:
    """The count of an hour of the first day that may be posted."""
    first, unit = schema.roles.time.first, schema.roles.time.unit
    if unit is Unit.SECOND:
        return first + 3_600 * hour
    return first if unit is Unit.DAY else first + (hour - first) % 24


def _invented(field: Field, value: str, schema: Schema) -> str:
    """An invented text that begins with the same of the attributes' prefixes."""
    names, other = (NUMBERS, NUMBER) if value.isdigit() else (NAMES, NAME)
    name = names.get(field.role, other)
    prefixes = [
        attribute.prefix
        for attribute in schema.attributes.values()
        if attribute.columns == (field.name,) and attribute.prefix is not None
    ]
    kept = max((each for each in prefixes if value.startswith(each)), key=len, default="")
    if kept:
        return f"{kept}{name[1:]}"
    return f"X{name}" if name.startswith(tuple(prefixes)) else name
