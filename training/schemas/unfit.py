"""Why the cells of a column do not suit its role, and what to write instead. Pure."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from fraud_api_lambda.domain.payment import MAX_HOURS
from training.schemas.column_profile import Cells, Profile
from training.schemas.problems import shown

LABELS: Final = frozenset({"0", "1", "true", "false"})

EXACT_BELOW: Final = 1e15
"""Floats from here on may have lost digits of an id."""


def unfit_label(column: Profile) -> str | None:
    """Why a column cannot be the label; None if it can."""
    if column.n_distinct != 2:
        values = "value" if column.n_distinct == 1 else "values"
        return f"has {column.n_distinct:,} {values}, not two; write 0 and 1"
    if column.missing:
        return "has empty cells; write 0 or 1 in each, or leave these rows out"
    given = sorted(f"{value:g}" if _is_number(column) else value for value in _distinct(column))
    if not {value.lower() for value in given} <= LABELS:
        return f"holds {shown(given[0])} and {shown(given[1])}; write 0 and 1"
    return None


def unfit_time(column: Profile) -> str | None:
    """Why a column cannot be the time; None if it can."""
    if column.cells is Cells.TEXT:
        return f"holds {_example(column)}; write ISO 8601, such as 2026-11-24T03:00:00"
    if _is_number(column) and column.values.max() > 3_600 * MAX_HOURS:
        return f"holds {column.values.max():.0f}; if it counts milliseconds, write seconds"
    return None


def unfit_amount(column: Profile) -> str | None:
    """Why a column cannot be an amount or a balance; None if it can."""
    if _is_number(column):
        return None
    return f"holds {_example(column)}; write numbers, with a point before decimals"


UNFIT: Final[dict[str, Callable[[Profile], str | None]]] = {
    "label": unfit_label,
    "time": unfit_time,
    "amount": unfit_amount,
}
"""The mandatory roles."""


def has_lost_digits(column: Profile) -> bool:
    """Whether numbers are too large for a float to keep, as ids from a spreadsheet are."""
    is_float = _is_number(column) and pd.api.types.is_float_dtype(column.values)
    return bool(is_float and column.values.max() >= EXACT_BELOW)


def _is_number(column: Profile) -> bool:
    return column.cells is Cells.NUMBER


def _distinct(column: Profile) -> list[Any]:
    distinct: list[Any] = column.values.dropna().unique().tolist()
    return distinct


def _example(column: Profile) -> str:
    """The first cell that is not a number, or the first of all."""
    given = column.values.dropna()
    texts = given[pd.to_numeric(given, errors="coerce").isna()] if not _is_number(column) else given
    found = texts if len(texts) else given
    return shown(str(found.iloc[0])) if len(found) else "no value"
