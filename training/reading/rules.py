"""The rule of each column of a file, from the fields of its schema."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.fields import CODE, Field, Form, fields_of
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.reading import flag_text
from fraud_api_lambda.domain.schema import Schema
from training.reading.cells import Check, Rule

READ: Final = ("time", "amount", "payer", "balance", "payee")
"""The roles whose columns are read."""

ORDER: Final = ("time", Form.CATEGORY, *READ[1:])
"""The order of the columns, by role or form; other attributes follow."""

TEXTS: Final = frozenset({Form.TIME, Form.ID, Form.TEXT, Form.CATEGORY, Form.FLAG})
"""Forms whose cells are text in CSV, even if they look like numbers."""


TIME_ADVICE: Final = "write ISO 8601, such as 2026-11-24T03:00:00 or 2026-11-24T03:00:00+01:00"


def rules_of(schema: Schema, learned: Learned | None, *, labelled: bool) -> tuple[Rule, ...]:
    """The rules of the columns that are read, in the order in which faults are told.

    Parameters
    ----------
    schema : Schema
    learned : Learned, optional
        Of the model that scores the file. Without it, attributes may have empty cells.
    labelled : bool
        Read the label and, if there is one, the weight.
    """
    roles, fields = schema.roles, read_fields(schema, learned)
    rules = [_rule(field, schema, learned) for field in fields]
    if not labelled:
        return tuple(rules)
    if roles.weight is not None:
        rules.append(Rule(roles.weight, False, _is_weight, "write a number above 0"))
    rules.append(label_rule(schema))
    return tuple(rules)


def label_rule(schema: Schema) -> Rule:
    """The rule of the label."""
    return Rule(schema.roles.label, False, _is_label, "write 0 or 1", has_words=True)


def read_fields(schema: Schema, learned: Learned | None) -> list[Field]:
    """The fields of a payment whose columns are read: of roles, attributes and entities."""
    fields = fields_of(schema, learned or Learned())
    read = [
        each
        for each in fields
        if each.attribute
        or each.role in schema.entities
        or (each.role in READ and each.form is not Form.MOMENT)
    ]
    return sorted(read, key=_place)


def _place(field: Field) -> int:
    kind = field.role or field.form
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def _rule(field: Field, schema: Schema, learned: Learned | None) -> Rule:
    is_open = bool(field.attribute) and not schema.attributes[field.attribute].levels
    optional = is_open and (learned is None or not field.required)
    optional = optional or field.role in schema.entities
    check, advice = _check(field)
    is_flag = field.form is Form.FLAG
    return Rule(field.name, field.form in TEXTS, check, advice, optional, has_words=is_flag)


def _check(field: Field) -> tuple[Check | None, str]:
    match field.form:
        case Form.TIME:
            return None, TIME_ADVICE
        case Form.FLAG if field.values:
            return partial(_is_flag, field.values), f"write {' or '.join(field.values)}"
        case Form.FLAG:
            return partial(_is_match, field.pattern), f"{_text_advice(field)}, one of two values"
        case Form.CATEGORY if field.closed:
            return partial(_is_in, field.values), f"write one of {', '.join(field.values)}"
        case Form.ID | Form.TEXT | Form.CATEGORY:
            return partial(_is_match, field.pattern), _text_advice(field)
    number = "a whole number" if field.form is Form.COUNT else "a number"
    return partial(_is_number, field), f"write {number} {_range(field)}"


def _is_flag(values: Sequence[str], cells: pd.Series) -> pd.Series:
    return cells.map(lambda cell: flag_text(cell) in values)


def _is_match(pattern: str, cells: pd.Series) -> pd.Series:
    distinct = pd.Series(cells.unique())
    # `match` would accept a line break at the end, which the API rejects.
    refused = distinct[~distinct.str.fullmatch(pattern).to_numpy(dtype=bool)]
    return ~cells.isin(refused)


def _is_in(values: Sequence[str], cells: pd.Series) -> pd.Series:
    return cells.isin(values)


def _is_number(field: Field, cells: pd.Series) -> pd.Series:
    is_within = (cells >= field.low) & (cells <= field.high)
    return is_within & (cells % 1 == 0) if field.form is Form.COUNT else is_within


def _is_weight(cells: pd.Series) -> pd.Series:
    return (cells > 0) & (cells < np.inf)


def _is_label(cells: pd.Series) -> pd.Series:
    return cells.isin([0, 1])


def _range(field: Field) -> str:
    low, high = field.low, field.high
    shown = f"{high:,.0f}" if high <= 1e9 else f"{high:.0e}".replace("e+", "e")
    least = f"{low:,.0f}" if low >= -1e9 else f"{low:.0e}".replace("e+", "e")
    return f"from {least} to {shown}"


def _text_advice(field: Field) -> str:
    if field.pattern == CODE:
        return "write 1 to 64 printable characters without spaces"
    return "write 1 to 128 printable characters"
