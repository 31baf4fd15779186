"""The differences between the requests that two models take. Pure.

Only those that break callers stand in the way of a promotion. A model that takes all that the
served one takes harms nobody, and a column that is missing for the first time makes a field
optional in a weekly training.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fraud_api_lambda.domain.field_values import TIMES
from fraud_api_lambda.domain.fields import CODE, TEXT, Field, Form, id_field, labels_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import Plan

_FORMS: Final = {
    Form.TIME: "a time",
    Form.MOMENT: "a time with an offset",
    Form.COUNT: "a whole number",
    Form.MONEY: "a number",
    Form.NUMBER: "a number",
    Form.LATITUDE: "a number",
    Form.LONGITUDE: "a number",
    Form.FLAG: "one of two values",
    Form.CATEGORY: "a text",
    Form.ID: "a text",
    Form.TEXT: "a text",
    Form.ANY: "any value, which is dropped",
}
"""Forms with equal words differ in their limits, patterns and values alone."""

_NUMBERS: Final = frozenset({Form.COUNT, Form.MONEY, Form.NUMBER, Form.LATITUDE, Form.LONGITUDE})
_SHOWN: Final = 10
"""Values of a field that a line lists."""


@dataclass(frozen=True, slots=True)
class RequestChanges:
    """The differences between the requests that two models take, one line for each.

    Attributes
    ----------
    breaking : tuple of str
        Callers of the old model must change: the new one would refuse their requests, or read
        another meaning into them.
    widening : tuple of str
        Callers need not change: the new model takes all that the old one takes, and more.
    """

    breaking: tuple[str, ...] = ()
    widening: tuple[str, ...] = ()


def request_changes(old: Plan, new: Plan) -> RequestChanges:
    """Compare the requests of two models.

    The values that the data showed for an open category are no part of a request: it takes any
    text. Neither are labels, which do not exist yet when a payment is scored.
    """
    before, after = old.fields, new.fields
    both = [(before[name], field) for name, field in after.items() if name in before]
    added = [field for name, field in after.items() if name not in before]
    labels = labels_of(new.schema)
    return RequestChanges(
        breaking=(
            *_other_meanings(old.schema, new.schema, after.keys()),
            *(_gone(name, labels) for name in before if name not in after),
            *(line for was, is_now in both for line in _narrower(was, is_now)),
            *(_added(field) for field in added if field.required),
        ),
        widening=(
            *(line for was, is_now in both for line in _wider(was, is_now)),
            *(f"field {field.name} is new and optional" for field in added if not field.required),
        ),
    )


def _gone(name: str, labels: tuple[str, ...]) -> str:
    reason = "is the label now" if name in labels else "is gone"
    return f"field {name} {reason}: callers must leave it out"


def _added(field: Field) -> str:
    return f"field {field.name} is new and required: callers must send {_described(field)}"


def _other_meanings(old: Schema, new: Schema, fields: Collection[str]) -> Iterator[str]:
    """Changes by which a request stays valid and says something else."""
    was, is_now = old.roles.time, new.roles.time
    if was.column == is_now.column and was.unit and is_now.unit and was.unit != is_now.unit:
        yield (
            f"field {was.column} counts {is_now.unit}s now, not {was.unit}s: "
            f"callers must count {is_now.unit}s"
        )
    if was.unit is None and is_now.unit is None and old.timezone != new.timezone:
        yield (
            f"field {is_now.column} without an offset is in {new.timezone} now, not in "
            f"{old.timezone}: callers must convert it, or write the offset"
        )
    if old.currency and new.currency and old.currency != new.currency:
        yield f"amounts are in {new.currency} now, not in {old.currency}: callers must convert them"
    own_id, other_id = id_field(old), id_field(new)
    if own_id != other_id and own_id in fields:
        remedy = f": callers must send the id as {other_id}" if other_id else ""
        yield f"field {own_id} is not the transaction's id any more{remedy}"


def _narrower(old: Field, new: Field) -> Iterator[str]:
    """Requests that the old field takes and the new one does not, with the remedy."""
    name = f"field {new.name}"
    if new.required and not old.required:
        yield f"{name} is required now: callers must always send it"
    if not _keeps_form(old.form, new.form):
        yield (
            f"{name} is {_FORMS[new.form]} now, not {_FORMS[old.form]}: "
            f"callers must send {_described(new)}"
        )
    elif new.form in _NUMBERS and (new.low > old.low or new.high < old.high):
        yield f"{name} has closer limits: callers must send {_described(new)}"
    elif new.form not in {Form.ANY, *_NUMBERS, *TIMES}:
        yield from _narrower_text(old, new)


def _narrower_text(old: Field, new: Field) -> Iterator[str]:
    name = f"field {new.name}"
    lost = [value for value in old.values if not _takes(new, value)]
    if _is_listed(old) and lost:
        yield f"{name} does not take {_listed(lost)} any more: callers must send {_described(new)}"
    elif not _is_listed(old) and (_is_listed(new) or new.pattern not in {old.pattern, TEXT}):
        yield f"{name} does not take every text any more: callers must send {_described(new)}"
    if old.digits and not new.digits:
        yield f"{name} takes no numbers any more: callers must send text"


def _wider(old: Field, new: Field) -> Iterator[str]:
    if any(_narrower(old, new)):
        return
    if old.required and not new.required:
        yield f"field {new.name} may be missing or null now"
    as_required = replace(old, required=new.required)
    if any(_narrower(new, as_required)):
        yield f"field {new.name} takes more than before: {_described(new)}"


def _keeps_form(old: Form, new: Form) -> bool:
    """Whether the values of one form are of the other form too, apart from limits."""
    if _FORMS[old] == _FORMS[new] or (old, new) == (Form.MOMENT, Form.TIME):
        return True
    return new is Form.ANY and old not in TIMES  # a payment has exactly one time


def _is_listed(field: Field) -> bool:
    return field.closed or field.form is Form.FLAG


def _takes(field: Field, value: str) -> bool:
    if _is_listed(field):
        return value in field.values
    return re.fullmatch(field.pattern, value) is not None


def _described(field: Field) -> str:
    """The values that a field takes."""
    if field.form in _NUMBERS:
        return f"{_FORMS[field.form]} from {field.low:g} to {field.high:g}"
    if _is_listed(field):
        return _listed(field.values)
    if field.form in {Form.ID, Form.TEXT, Form.CATEGORY}:
        if field.pattern == CODE:
            return "1 to 64 printable ASCII characters without spaces"
        return "1 to 128 printable characters"
    return _FORMS[field.form]


def _listed(values: Sequence[str]) -> str:
    shown = [*values[:_SHOWN], *(["others"] if len(values) > _SHOWN else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
