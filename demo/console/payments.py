"""Payments: the values of a form as the body of a request, and back."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from console.api import TRIAL, Payment
from console.errors import invalid
from console.schema import NUMBERS, Field, Schema

_GROUPED: Final = r"-?\d{1,3}([ ,]\d{3})+(\.\d+)?"
_PLAIN: Final = r"-?\d+(\.\d+)?"
_NUMBER: Final = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_WHOLE: Final = r"[+-]?\d{1,15}"

type Entry = str | int | float | datetime | None
"""The value of a widget."""


def read_amount(text: str) -> float:
    """The number in a text, with or without thousands separators.

    Raises
    ------
    ValueError
        With the expected format.
    """
    text = text.strip()
    if not re.fullmatch(f"{_GROUPED}|{_PLAIN}", text, re.ASCII):
        raise ValueError("write a number such as 1,234.56")
    return float(re.sub("[ ,]", "", text))


def read_number(text: str) -> float:
    """The number in a text, also one with an exponent; errors as of `read_amount`."""
    text = text.strip()
    return float(text) if re.fullmatch(_NUMBER, text, re.ASCII) else read_amount(text)


def write_amount(amount: float, decimals: int = 2) -> str:
    """An amount with separators: 1,234.56."""
    return f"{amount:,.{decimals}f}"


def in_words(currency: str) -> str:
    """A sentence on the currency of amounts, if they do not bear it themselves."""
    return f"Amounts are in {currency}." if " " in currency else ""


def money(amount: float, currency: str, decimals: int = 2) -> str:
    """An amount in its currency: 1,234.56 EUR. A currency told in words is said once a page."""
    text = write_amount(amount, decimals)
    return text if " " in currency else f"{text}\N{NO-BREAK SPACE}{currency}"


def write_exactly(number: float, decimals: int) -> str:
    """A number with separators, with more decimals than asked for if it has more."""
    text = write_amount(number, decimals)
    return text if float(text.replace(",", "")) == number else f"{Decimal(repr(number)):,f}"


def _among(values: Sequence[str], value: Any) -> str | None:
    """The one of a flag's values that another spelling means: true is 1, and so is 1.0."""
    text = str(value)
    other = {"true": "1", "false": "0"}.get(text.lower(), text.removesuffix(".0"))
    return next((each for each in (text, other) if each in values), None)


def as_entry(field: Field, value: Any, schema: Schema) -> Entry:
    """The value of a field's widget for a value of a payment; empty for a missing one."""
    entry: Entry = str(value)
    if value is None:
        return "" if field.form in {"money", "number", "id", "text"} else None
    match field.form:
        case "time":
            entry = datetime.fromisoformat(value.upper()).replace(tzinfo=None)
        case "count":
            entry = int(value) % 24 if schema.is_hour(field) else int(value)
        case "money" | "number":
            entry = write_exactly(float(value), schema.decimals if field.form == "money" else 0)
        case "latitude" | "longitude":
            entry = float(value)
        case "flag":
            entry = _among(field.values, value)
    return entry


def as_value(field: Field, entry: Entry, schema: Schema) -> Any:
    """The value of a payment for the value of a field's widget, None for a missing one.

    Raises
    ------
    ValueError
        If the entry is not a number, with the expected format.
    """
    if entry is None or (entry == "" and field.form != "flag" and not field.required):
        return None
    match field.form:
        case "time" if isinstance(entry, datetime):
            return entry.isoformat(sep=" ")
        case "count" if schema.is_hour(field):
            return entry or 24  # hours since the data began, counted from 1
        case "money":
            return read_amount(str(entry))
        case "number":
            return read_number(str(entry))
    return entry


def read_payment(entries: Mapping[str, Entry], schema: Schema) -> Payment:
    """The payment in a form.

    Raises
    ------
    ApiError
        If a number cannot be parsed. Limits are checked by the API.
    """
    payment, faults = {}, {}
    for field in schema.asked:
        try:
            payment[field.name] = as_value(field, entries.get(field.name), schema)
        except ValueError as error:
            faults[field.name] = str(error)
    if faults:
        raise invalid(faults)
    return {name: value for name, value in payment.items() if value is not None}


def payment_of_row(row: Mapping[str, str], fields: Sequence[Field]) -> Payment:
    """The payment in a row of a CSV file; an empty cell is a missing value."""
    return {
        field.name: _number(row[field.name]) if field.form in NUMBERS else row[field.name]
        for field in fields
        if row.get(field.name)
    }


def _number(cell: str) -> int | float | str:
    """The number in a cell; any other cell stays as it is, for the API to refuse."""
    text = cell.strip()
    if re.fullmatch(_WHOLE, text, re.ASCII):
        return int(text)
    is_number = re.fullmatch(_NUMBER, text, re.ASCII) and isfinite(float(text))
    return float(text) if is_number else cell


def curl(url: str, body: Payment) -> str:
    """The request as a command to paste; the key is a variable of the shell."""
    return " \\\n  ".join(
        (
            f"curl {shlex.quote(url + TRIAL)}",
            "-H 'Content-Type: application/json'",
            '-H "x-api-key: $FRAUD_API_KEY"',
            f"-d {shlex.quote(json.dumps(body))}",
        )
    )
