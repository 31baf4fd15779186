"""The validation of a payment's fields: Pydantic's core schema of each form.

The JSON schema of the OpenAPI document is generated from the same core schemas.
"""

from collections.abc import Iterator
from functools import partial
from math import isfinite
from typing import Final

from pydantic_core import CoreSchema, core_schema

from fraud_api_lambda.domain.fields import Field, Form
from fraud_api_lambda.domain.reading import FLAG_WORDS, flag_text

MAX_DIGITS: Final = 10**19 - 1
"""The greatest number that stands for its digits: `strict_json` reads longer ones as floats."""

NOT_A_SCALAR: Final = "not_a_scalar"
"""Our type of error for a value that is an array or an object."""

_SCALAR: Final = core_schema.union_schema(
    [
        core_schema.str_schema(strict=True),
        core_schema.float_schema(strict=True, allow_inf_nan=False),
        core_schema.bool_schema(strict=True),
        core_schema.none_schema(),
    ],
    mode="left_to_right",
    custom_error_type=NOT_A_SCALAR,
    custom_error_message="an array or an object",
)


def schema_of(field: Field) -> CoreSchema:
    """The core schema of a field's values."""
    match field.form:
        case Form.COUNT:
            schema = _count(field)
        case Form.MONEY | Form.NUMBER | Form.LATITUDE | Form.LONGITUDE:
            schema = core_schema.float_schema(
                ge=field.low, le=field.high, allow_inf_nan=False, strict=True
            )
        case Form.FLAG:
            schema = _flag(field)
        case Form.ANY:
            return _SCALAR
        case Form.CATEGORY if field.closed:
            schema = _digits(field) if field.digits else _choice(field.values)
        case _:
            schema = _digits(field) if field.digits else _text(field)
    return schema if field.required else core_schema.nullable_schema(schema)


def _count(field: Field) -> CoreSchema:
    number = core_schema.int_schema(ge=int(field.low), le=int(field.high), strict=True)
    return core_schema.no_info_before_validator_function(_whole, number)


def _whole(value: object) -> object:
    """Take 7.0 as 7: JSON has one kind of number, and JSON Schema calls both an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(field: Field) -> CoreSchema:
    return core_schema.str_schema(pattern=field.pattern, strict=True)


def _choice(values: tuple[str, ...]) -> CoreSchema:
    return core_schema.literal_schema(list(values))


def _digits(field: Field) -> CoreSchema:
    """A text, or the whole number that it writes."""
    if field.closed:
        text = _choice(field.values)
        numbers = [int(value) for value in field.values if _is_number(value)]
        allowed: CoreSchema = core_schema.literal_schema([*field.values, *numbers])
    else:
        text = _text(field)
        allowed = core_schema.union_schema(
            [text, core_schema.int_schema(ge=-MAX_DIGITS, le=MAX_DIGITS, strict=True)]
        )
    return core_schema.no_info_before_validator_function(
        _as_text, text, json_schema_input_schema=allowed
    )


def _as_text(value: object) -> object:
    number = _whole(value)
    if type(number) is int and -MAX_DIGITS <= number <= MAX_DIGITS:
        return str(number)
    return value


def _is_number(text: str) -> bool:
    """Whether a whole number in JSON stands for this text."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and str(int(text)) == text and len(digits) < 20


def _flag(field: Field) -> CoreSchema:
    values = [value for text in field.values for value in flag_values(text)]
    return core_schema.no_info_plain_validator_function(
        partial(_one_of_two, values=field.values, fault=f"write {' or '.join(field.values)}"),
        json_schema_input_schema=core_schema.literal_schema(values),
    )


def _one_of_two(value: object, values: tuple[str, ...], fault: str) -> object:
    if isinstance(value, str | float | int) and flag_text(value) in values:
        return value
    raise ValueError(fault)


def flag_values(text: str) -> Iterator[object]:
    """The values of JSON that stand for a flag's value."""
    written = (text, *FLAG_WORDS, f"{text}.0")
    numbers = (True, False, *_numbers(text))
    yield from dict.fromkeys(value for value in written if flag_text(value) == text)
    yield from (value for value in numbers if flag_text(value) == text)


def _numbers(text: str) -> Iterator[float]:
    if _is_number(text):
        yield int(text)
        return
    try:
        number = float(text)
    except ValueError:
        return
    if isfinite(number):
        yield number
