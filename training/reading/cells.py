"""The check of a file's cells, by a rule for each column, and the words for a faulty one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.compute as pc

NO_POINT: Final = r"[\d.,\s']*\d,\d[\d.,]*"

MOST_SHOWN: Final = 40
"""Characters of a faulty cell that a message shows."""

type Check = Callable[[pd.Series], Any]
"""Which cells of a column are allowed; its answer for an empty cell does not matter."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The cells that a column may have.

    Attributes
    ----------
    column : str
    is_text : bool
        Text, else numbers.
    check : Check or None
    advice : str
        The value to write instead of a faulty one.
    optional : bool
        Cells may be empty.
    has_words : bool
        True and false stand for 1 and 0.
    """

    column: str
    is_text: bool
    check: Check | None
    advice: str
    optional: bool = False
    has_words: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """The first unusable cell of a column, and the number of others."""

    index: int
    rule: Rule
    value: Any
    others: int

    @property
    def problem(self) -> str:
        """The problem with the cell, in words."""
        value, is_text = self.value, self.rule.is_text
        if pd.isna(value):
            return "the cell is empty"
        if isinstance(value, str):
            return f"{_shown(value)} is not {'allowed' if is_text else 'a number'}"
        if is_text:
            return f"{value} is not text"
        if not np.isfinite(value):
            return f"{value} is not finite"
        return f"{value} is {'negative' if value < 0 else 'not allowed'}"

    @property
    def advice(self) -> str:
        """The value to write instead, in words."""
        if isinstance(self.value, str) and re.fullmatch(NO_POINT, self.value):
            return f"{self.rule.advice}, with a point before decimals and no other mark"
        return self.rule.advice


def checked(
    frame: pd.DataFrame, rules: Sequence[Rule], known: Mapping[str, np.ndarray] | None = None
) -> tuple[pd.DataFrame, list[Fault]]:
    """The columns with numbers as numbers, and a fault for each column with unusable cells.

    Parameters
    ----------
    frame : DataFrame
    rules : sequence of Rule
    known : dict of ndarray, optional
        By column, the positions of cells that another check has refused.
    """
    columns, faults = {}, []
    for rule in rules:
        cells = frame[rule.column]
        column, is_unreadable = _texts(cells, rule) if rule.is_text else _numbers(cells, rule)
        is_faulty = is_unreadable | _is_refused(column, rule, is_unreadable)
        is_faulty[(known or {}).get(rule.column, [])] = True
        if is_faulty.any():
            first = int(is_faulty.argmax())
            value = cells.iloc[first] if rule.is_text else column.iloc[first]
            value = str(cells.iloc[first]) if is_unreadable[first] and not rule.is_text else value
            faults.append(Fault(first, rule, value, int(is_faulty.sum()) - 1))
        columns[rule.column] = column
    return pd.DataFrame(columns, copy=False), faults


def sentence(faults: Sequence[Fault], line_of: Callable[[int], int]) -> str:
    """The first fault in words, with the number of others in its column.

    Parameters
    ----------
    faults : sequence of Fault
        In the order in which those of one row are reported.
    line_of : callable
        From the index of a row to its line in an editor.
    """
    first = min(faults, key=lambda fault: fault.index)
    have = "row has" if first.others == 1 else "rows have"
    more = f" ({first.others:,} more {have} this)" if first.others else ""
    place = f"row {line_of(first.index)}, column {first.rule.column}"
    return f"{place}: {first.problem}; {first.advice}{more}"


def _is_refused(column: pd.Series, rule: Rule, is_unreadable: np.ndarray) -> np.ndarray:
    """Mask of the readable cells that are empty, unless they may be, or fail the check."""
    is_empty = column.isna().to_numpy(dtype=bool) & ~is_unreadable
    is_refused = np.zeros(len(column), dtype=bool) if rule.optional else is_empty
    is_given = ~(is_empty | is_unreadable)
    if rule.check is not None and is_given.any():
        given = column if is_given.all() else column[is_given]
        is_refused[is_given] |= ~np.asarray(rule.check(given), dtype=bool)
    return is_refused


def _texts(cells: pd.Series, rule: Rule) -> tuple[pd.Series, np.ndarray]:
    """The cells, and a mask of those that are not text; a column without a check may have any."""
    if rule.check is None or isinstance(cells.dtype, pd.StringDtype):
        return cells, np.zeros(len(cells), dtype=bool)
    is_text = cells.map(lambda cell: isinstance(cell, str)).to_numpy(dtype=bool)
    return cells, ~is_text & cells.notna().to_numpy(dtype=bool)


def _numbers(cells: pd.Series, rule: Rule) -> tuple[pd.Series, np.ndarray]:
    """The cells as numbers, and a mask of those that are text."""
    column = _with_digits(cells) if rule.has_words else cells
    if column.dtype != bool and pd.api.types.is_numeric_dtype(column):
        return _in_numpy(column), np.zeros(len(column), dtype=bool)
    parsed = _parsed(column.astype("str"))
    return parsed, (parsed.isna() & column.notna()).to_numpy(dtype=bool)


def _in_numpy(numbers: pd.Series) -> pd.Series:
    """Numbers of Arrow or of pandas' own types as float64: not every operation serves those."""
    if isinstance(numbers.dtype, np.dtype):
        return numbers
    return pd.Series(numbers.to_numpy(np.float64, na_value=np.nan), numbers.index)


def _with_digits(labels: pd.Series) -> pd.Series:
    """Labels with true and false, in any case, as 1 and 0."""
    if labels.dtype != bool and pd.api.types.is_numeric_dtype(labels):
        return labels
    text = labels.astype("str")
    words = text.str.lower()
    return text.mask(words == "true", "1").mask(words == "false", "0")


def _parsed(text: pd.Series) -> pd.Series:
    """Parse text as numbers, rounded as in Python; other text becomes empty."""
    try:
        numbers = pc.cast(pyarrow.array(text), pyarrow.float64())  # ten times faster
    except pyarrow.ArrowInvalid:
        return pd.to_numeric(text, errors="coerce")
    return pd.Series(numbers.to_numpy(zero_copy_only=False), text.index)


def _shown(text: str) -> str:
    return repr(text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}...")
