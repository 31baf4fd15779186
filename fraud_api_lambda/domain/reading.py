"""From the values of a payment's fields to its facts. Pure."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from math import nan
from typing import Any, Final

from fraud_api_lambda.domain.fields import TIMESTAMP, id_field
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import Facts, Payment
from fraud_api_lambda.domain.schema import Attribute, Kind, Schema, Unit

type Values = Mapping[str, Any]
"""The values of a payment by field, each of its field's form."""

UNITS_PER_HOUR: Final = {Unit.SECOND: 3_600, Unit.HOUR: 1}


class PaymentReader:
    """Reads payments of a schema.

    Parameters
    ----------
    schema : Schema
    learned : Learned
    """

    def __init__(self, schema: Schema, learned: Learned) -> None:
        roles, attributes = schema.roles, schema.attributes.values()
        self._time = roles.time
        self._amount, self._balance = roles.amount, roles.balance
        self._id = id_field(schema)
        self._attributes = tuple(_reader(attribute, learned) for attribute in attributes)
        self._open = tuple(
            (attribute.columns[0], learned.values_of(attribute.name), f"unseen:{attribute.name}")
            for attribute in attributes
            if attribute.kind is Kind.CATEGORY and not attribute.levels
        )

    def payment(self, values: Values) -> Payment:
        """The payment with these values."""
        facts = Facts(
            values[self._amount],
            self._hour(values),
            0.0 if self._balance is None else values[self._balance],
            tuple([read(values) for read in self._attributes]),
        )
        number = values.get(self._id)
        return Payment(
            facts,
            None if number is None else str(number),
            self._unseen(values) if self._open else (),
        )

    def _hour(self, values: Values) -> int:
        if self._time.unit is None:
            return hour_of_text(values[self._time.column])
        count = values.get(self._time.column)
        if count is None:
            return hour_of_text(values[TIMESTAMP])
        return hour_of_count(count, self._time.unit)

    def _unseen(self, values: Values) -> tuple[str, ...]:
        return tuple(
            unseen
            for column, known, unseen in self._open
            if (value := values.get(column)) is not None and text_of(value) not in known
        )


def hour_of_text(text: str) -> int:
    """The hour that is written in ISO 8601 text; 0 for a date alone."""
    return int(text[11:13] or 0)


def hour_of_count(count: int, unit: Unit) -> int:
    """The hour of the day of a count from the start of the data; 0 for a count of days."""
    per_hour = UNITS_PER_HOUR.get(unit)
    return 0 if per_hour is None else count // per_hour % 24


def text_of(value: object) -> str:
    """The text of a category or an id; a whole number stands for its digits."""
    return value if isinstance(value, str) else str(value)


FLAG_WORDS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), "1"),
    **dict.fromkeys(("false", "False", "FALSE"), "0"),
}


_DECIMAL: Final = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"
"""A number as JSON writes it."""


def flag_text(value: object) -> str:
    """The text of a flag's value: true, 1 and 1.0 are one value, and so are -1.5 and -1.50."""
    if isinstance(value, str):
        is_plain = value.isalpha() or value.removeprefix("-").isdigit()
        if is_plain or not re.fullmatch(_DECIMAL, value):
            return FLAG_WORDS.get(value, value)
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(int(value) if isinstance(value, bool) else value)


def _reader(attribute: Attribute, learned: Learned) -> Callable[[Values], Any]:
    """Read the fact of an attribute. Partial functions can be sent to another process."""
    column = attribute.columns[0]
    match attribute.kind:
        case Kind.FLAG if attribute.prefix is not None:
            return partial(_begins, column, attribute.prefix)
        case Kind.FLAG:
            return partial(_flag, column, learned.flags[attribute.name][1])
        case Kind.CATEGORY:
            return partial(_category, column)
        case Kind.PLACE:
            return partial(_place, column, attribute.columns[1])
    return partial(_number, column)


def _begins(column: str, prefix: str, values: Values) -> float:
    value = values.get(column)
    return nan if value is None else text_of(value).startswith(prefix)


def _flag(column: str, true: str, values: Values) -> float:
    value = values.get(column)
    return nan if value is None else flag_text(value) == true


def _category(column: str, values: Values) -> str | None:
    value = values.get(column)
    return None if value is None else text_of(value)


def _place(latitude: str, longitude: str, values: Values) -> tuple[float, float]:
    return _number(latitude, values), _number(longitude, values)


def _number(column: str, values: Values) -> float:
    value = values.get(column)
    return nan if value is None else float(value)
