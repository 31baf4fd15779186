"""The check of values that may have been edited by hand, against their fields. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from fraud_api_lambda.domain.checks import JsonObject, check_json
from fraud_api_lambda.domain.fields import Field, Form
from fraud_api_lambda.domain.reading import flag_text

TIMES: Final = frozenset({Form.TIME, Form.MOMENT, Form.COUNT})
"""A payment has one field of these forms."""


def check_values(name: str, value: object, fields: Mapping[str, Field]) -> JsonObject:
    """The values of a payment, if its fields allow each of them.

    Raises
    ------
    ValueError
        With the name of the field and the rule that it breaks.
    """
    if not isinstance(value, dict) or not fields.keys() >= value.keys():
        raise ValueError(f"{name} is not a dict of the schema's fields")
    check_json(name, value)
    given = {field: it for field, it in value.items() if it is not None}
    for field in fields.values():
        if field.required and field.name not in given:
            raise ValueError(f"{name} has no {field.name}")
    times = [field.name for field in fields.values() if field.form in TIMES]
    if len(given.keys() & set(times)) != 1:
        raise ValueError(f"{name} has not exactly one of {' and '.join(times)}")
    for field, it in given.items():
        if not _allows(fields[field], it):
            raise ValueError(
                f"{name}.{field} is not allowed in a field of form {fields[field].form}"
            )
    return value


def _allows(field: Field, value: object) -> bool:
    match field.form:
        case Form.COUNT:
            return type(value) is int and field.low <= value <= field.high
        case Form.MONEY | Form.NUMBER | Form.LATITUDE | Form.LONGITUDE:
            return isinstance(value, float) and field.low <= value <= field.high
        case Form.FLAG:
            return not isinstance(value, list | dict) and flag_text(value) in field.values
        case Form.ANY:
            return not isinstance(value, list | dict)
    return _is_text(field, value)


def _is_text(field: Field, value: object) -> bool:
    if field.digits and type(value) is int:
        value = str(value)
    if not isinstance(value, str):
        return False
    return value in field.values if field.closed else re.fullmatch(field.pattern, value) is not None
