"""A row of the training data as a request, without the people in it. Pure.

Account ids are replaced and places are rounded, because ``GET /model`` serves the examples. Of the
time only the hour stays.
"""

from math import isnan
from typing import Any, Final

import numpy as np

from fraud_api_lambda.decisions.bundle import form_of
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.fields import Field, Form
from fraud_api_lambda.domain.schema import Attribute, Schema, Unit
from fraud_api_lambda.features.plan import Plan
from training.data.rows import Rows

PLACE_DECIMALS: Final = 1
"""A tenth of a degree is about ten kilometres."""

DAY: Final = "2026-01-01"

NAMES: Final = {"payer": "CPAYER", "payee": "CPAYEE"}
NUMBERS: Final = {"payer": "1000000001", "payee": "2000000002"}


def body_of(rows: Rows, index: int, plan: Plan) -> JsonObject:
    """The required fields of a row, as a body of ``POST /predict``."""
    record, hour = rows.record(index), int(rows.facts.hour[index])
    body: JsonObject = {}
    for field in form_of(plan).fields.values():
        value = _value(field, record, plan.schema, hour)
        if value is not None:
            body[field.name] = value
    return body


def _value(field: Field, record: Any, schema: Schema, hour: int) -> Any:
    """The value of a field; None if it is left out."""
    match field.form:
        case Form.TIME:
            return f"{DAY} {hour:02}:00:00"
        case Form.COUNT:
            return _count(schema, hour)
        case Form.MOMENT | Form.ANY:
            return None
    if field.role in NAMES:
        return _id(field, str(record[field.name]), schema)
    if not field.required and not field.attribute:
        return None
    return _plain(field, record[field.name])


def _plain(field: Field, value: Any) -> Any:
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if field.form in {Form.LATITUDE, Form.LONGITUDE}:
        return round(float(value), PLACE_DECIMALS)
    return value.item() if isinstance(value, np.generic) else value


def _count(schema: Schema, hour: int) -> int:
    """The count of an hour of the first day that may be posted."""
    first, unit = schema.roles.time.first, schema.roles.time.unit
    if unit is Unit.SECOND:
        return first + 3_600 * hour
    return first if unit is Unit.DAY else first + (hour - first) % 24


def _id(field: Field, value: str, schema: Schema) -> str:
    """An invented id, with the prefix that tells the kind of account."""
    name = (NUMBERS if value.isdigit() else NAMES)[field.role]
    for attribute in schema.attributes.values():
        if attribute.columns == (field.name,) and attribute.prefix is not None:
            return _like(value, name, attribute)
    return name


def _like(value: str, name: str, attribute: Attribute) -> str:
    prefix = attribute.prefix or ""
    if value.startswith(prefix):
        return f"{prefix}{name[1:]}"
    return name if not name.startswith(prefix) else f"X{name}"
