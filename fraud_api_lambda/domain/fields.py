"""The fields of a payment: the columns of a schema with their form and limits. Pure.

The checks of files, the API's requests and its OpenAPI document are all built from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import MAX_AMOUNT, MAX_HOURS, MAX_NUMBER
from fraud_api_lambda.domain.schema import Attribute, Ids, Kind, Schema, Unit
from fraud_api_lambda.domain.time_text import LOCAL, WITH_OFFSET

TIMESTAMP: Final = "timestamp"
"""The field with ISO 8601 text that a request may have in place of a count of hours or days."""

TRANSACTION_ID: Final = "transaction_id"
"""The field of the caller's own id, if the schema has no column for it."""

TEXT: Final = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,126}[^\s\x00-\x1f\x7f-\x9f])?$"
"""1 to 128 printable characters, with spaces only inside."""

CODE: Final = "^[!-~]{1,64}$"
"""1 to 64 printable ASCII characters without spaces."""

_PATTERNS: Final = {Ids.TEXT: TEXT, Ids.CODE: CODE}


class Form(StrEnum):
    """The form of a field's values."""

    TIME = auto()
    """ISO 8601 text; without an offset, it is of the schema's time zone."""

    MOMENT = auto()
    """ISO 8601 text with an offset."""

    COUNT = auto()
    """A whole number of units since the data began."""

    MONEY = auto()
    """A number from 0 to 1e12."""

    NUMBER = auto()
    FLAG = auto()
    CATEGORY = auto()
    ID = auto()
    TEXT = auto()
    LATITUDE = auto()
    LONGITUDE = auto()
    ANY = auto()
    """A scalar that is dropped."""


_LIMITS: Final = {
    Form.NUMBER: (-MAX_NUMBER, MAX_NUMBER),
    Form.LATITUDE: (-90.0, 90.0),
    Form.LONGITUDE: (-180.0, 180.0),
}

_MOST_UNITS: Final = {
    Unit.SECOND: 3_600 * MAX_HOURS,
    Unit.HOUR: MAX_HOURS,
    Unit.DAY: MAX_HOURS // 24,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a payment.

    Attributes
    ----------
    name : str
        The name of the column.
    form : Form
    role : str
        Its role, or ``ignore``; empty for an attribute.
    attribute : str
        The attribute that it belongs to; empty for a role.
    required : bool
        A field that is not required may also be null.
    values : tuple of str
        The values of a category or a flag.
    closed : bool
        A category has no other values.
    digits : bool
        A whole number stands for its digits.
    words : str
        The words for it.
    low, high : float
        The limits of a number.
    pattern : str
        The regular expression of a text, except of a category's listed values.
    """

    name: str
    form: Form
    role: str = ""
    attribute: str = ""
    required: bool = True
    values: tuple[str, ...] = ()
    closed: bool = False
    digits: bool = False
    words: str = ""
    low: float = 0.0
    high: float = MAX_AMOUNT
    pattern: str = TEXT


def fields_of(schema: Schema, learned: Learned) -> tuple[Field, ...]:
    """The fields of a payment that is not labelled, each column once."""
    found: dict[str, Field] = {}
    for field in (*_times(schema), *_roles(schema, learned), *_attributes(schema, learned)):
        found.setdefault(field.name, field)
    for name, column in schema.entities.items():
        found.setdefault(column, _text(column, learned, role=name))
    if id_field(schema) == TRANSACTION_ID:
        found[TRANSACTION_ID] = _id(TRANSACTION_ID, "id", schema, learned)
    for column, role in _dropped(schema):
        found.setdefault(column, Field(column, Form.ANY, role, required=False))
    return tuple(found.values())


def labels_of(schema: Schema) -> tuple[str, ...]:
    """The columns that do not exist yet when a payment is scored."""
    roles = schema.roles
    return (roles.label,) if roles.label_time is None else (roles.label, roles.label_time)


def id_field(schema: Schema) -> str:
    """The field of the caller's own id; empty if `TRANSACTION_ID` is another column."""
    return schema.roles.id or ("" if TRANSACTION_ID in schema.columns() else TRANSACTION_ID)


def has_timestamp(schema: Schema) -> bool:
    """Whether a request may have `TIMESTAMP` in place of a count."""
    return schema.roles.time.unit is not None and TIMESTAMP not in schema.columns()


def _times(schema: Schema) -> Iterator[Field]:
    time = schema.roles.time
    if time.unit is None:
        yield Field(time.column, Form.TIME, "time", pattern=LOCAL)
        return
    low, high = time.first, _MOST_UNITS[time.unit]
    required = not has_timestamp(schema)
    yield Field(time.column, Form.COUNT, "time", required=required, low=low, high=high)
    if has_timestamp(schema):
        yield Field(TIMESTAMP, Form.MOMENT, "time", required=False, pattern=WITH_OFFSET)


def _roles(schema: Schema, learned: Learned) -> Iterator[Field]:
    roles = schema.roles
    yield Field(roles.amount, Form.MONEY, "amount")
    for role in ("payer", "payee"):
        column = getattr(roles, role)
        if column is not None:
            yield _id(column, role, schema, learned)
    if roles.balance is not None:
        yield Field(roles.balance, Form.MONEY, "balance")
    if roles.payee_balance is not None:
        yield Field(roles.payee_balance, Form.MONEY, "payee_balance", required=False)
    if roles.id is not None:
        yield _id(roles.id, "id", schema, learned)


def _attributes(schema: Schema, learned: Learned) -> Iterator[Field]:
    # Those with a prefix come last: they leave a column the form that it has without them.
    for attribute in sorted(schema.attributes.values(), key=lambda it: it.prefix is not None):
        for column, form in zip(attribute.columns, _forms(attribute), strict=True):
            low, high = _LIMITS.get(form, (0.0, 0.0))
            yield Field(
                column,
                form,
                attribute=attribute.name,
                required=attribute.name not in learned.fills,
                values=_values(attribute, learned),
                closed=bool(attribute.levels),
                digits=column in learned.digits,
                words=attribute.words,
                low=low,
                high=high,
            )


def _forms(attribute: Attribute) -> tuple[Form, ...]:
    """The form of each of its columns."""
    if attribute.kind is Kind.PLACE:
        return Form.LATITUDE, Form.LONGITUDE
    return (_FORMS[attribute.kind] if attribute.prefix is None else Form.TEXT,)


_FORMS: Final = {
    Kind.NUMBER: Form.NUMBER,
    Kind.FLAG: Form.FLAG,
    Kind.CATEGORY: Form.CATEGORY,
}


def _values(attribute: Attribute, learned: Learned) -> tuple[str, ...]:
    name = attribute.name
    return attribute.levels or learned.levels.get(name) or learned.flags.get(name) or ()


def _id(column: str, role: str, schema: Schema, learned: Learned) -> Field:
    return Field(
        column,
        Form.ID,
        role,
        required=role != "id",
        digits=column in learned.digits,
        pattern=_PATTERNS[schema.ids],
    )


def _text(column: str, learned: Learned, *, role: str) -> Field:
    return Field(column, Form.TEXT, role, required=False, digits=column in learned.digits)


def _dropped(schema: Schema) -> Iterator[tuple[str, str]]:
    yield from ((column, "after") for column in schema.roles.after)
    yield from ((column, "ignore") for column in schema.ignore)
    if schema.roles.weight is not None:
        yield schema.roles.weight, "weight"
