"""Compare a file with a schema: its columns, and the types of their cells. Pure."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from fraud_api_lambda.domain.schema import FAMILY, Attribute, Kind, Schema
from training.schemas.column_profile import Cells, Profile, profile
from training.schemas.unfit import unfit_amount, unfit_label, unfit_time

OPTIONAL: Final = ("weight", "label_time", "payee_balance", "after")
"""Roles that a file may leave out."""


def differences(schema: Schema, frame: pd.DataFrame) -> list[str]:
    """The differences between a file and a schema, one line for each."""
    return [
        *_missing(schema, frame),
        *_new(schema, frame),
        *_unfit_roles(schema, frame),
        *_unfit_attributes(schema, frame),
    ]


def _missing(schema: Schema, frame: pd.DataFrame) -> Iterator[str]:
    optional = {column for column, role in schema.roles.by_column() if role in OPTIONAL}
    for column in schema.columns():
        if column not in optional and not _matching(column, frame):
            yield f"column {column} is not in the file: correct its name, or delete the line"


def _new(schema: Schema, frame: pd.DataFrame) -> Iterator[str]:
    columns = (*schema.columns(), *schema.ignore)
    known = {name for column in columns for name in _matching(column, frame)}
    for name in frame:
        if name not in known:
            yield f'column {name} is new: add {name} = "KIND" to [attributes], or ignore it'


def _matching(column: str, frame: pd.DataFrame) -> list[str]:
    """The file's columns that a name in the schema matches."""
    names = [str(name) for name in frame]
    if column.endswith(FAMILY):
        return [name for name in names if name.startswith(column[: -len(FAMILY)])]
    return [name for name in names if name == column]


def _unfit_roles(schema: Schema, frame: pd.DataFrame) -> Iterator[str]:
    roles = schema.roles
    for name in filter(None, (roles.amount, roles.balance, roles.payee_balance)):
        if name in frame and (fault := unfit_amount(profile(name, frame[name]))):
            yield f"column {name} {fault}"
    if roles.label in frame and (fault := unfit_label(profile(roles.label, frame[roles.label]))):
        yield f"column {roles.label} is the label and {fault}"
    if roles.time.column in frame and (fault := _unfit_time(schema, frame)):
        yield f"column {roles.time.column} is the time and {fault}"


def _unfit_time(schema: Schema, frame: pd.DataFrame) -> str | None:
    time = schema.roles.time
    column = profile(time.column, frame[time.column])
    if time.unit is None and column.cells is Cells.NUMBER:
        return 'holds numbers; write {column = "NAME", unit = "second"} in the schema'
    if time.unit is not None and column.cells is Cells.TIME:
        return "holds times; write its name alone in the schema, without a unit"
    return unfit_time(column)


def _unfit_attributes(schema: Schema, frame: pd.DataFrame) -> Iterator[str]:
    for attribute in schema.attributes.values():
        for column in attribute.columns:
            for name in _matching(column, frame):
                unfit = _unfit(attribute, profile(name, frame[name]))
                if unfit:
                    yield f"column {name} is a {attribute.kind} and {unfit}"


def _unfit(attribute: Attribute, column: Profile) -> str | None:
    if attribute.kind in {Kind.NUMBER, Kind.PLACE} and column.cells is not Cells.NUMBER:
        return f"holds {column.cells}; make it a category, or ignore it"
    if attribute.kind is Kind.FLAG and attribute.prefix is None and column.n_distinct > 2:
        return f"has {column.n_distinct:,} values, not two; make it a category"
    return None
