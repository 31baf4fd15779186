"""The profile of a column: its type, its distinct values and its gaps, not its meaning. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.time_text import LOCAL

EMPTY: Final = frozenset({"", "nan", "NaN", "null", "NULL", "None", "NA"})


class Cells(StrEnum):
    """The type that every cell of a column can be read as."""

    NUMBER = "numbers"
    TIME = "times"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Profile:
    """The type, the values and the gaps of a column.

    Attributes
    ----------
    name : str
    cells : Cells
    values : Series of shape (n_rows,)
        As numbers, times or text; missing cells are NaN.
    codes : ndarray of shape (n_rows,), int64
        One number for each distinct value, -1 where the cell is empty.
    n_distinct : int
    missing : float
        Share of empty cells.
    """

    name: str
    cells: Cells
    values: pd.Series
    codes: np.ndarray
    n_distinct: int
    missing: float

    @property
    def is_unique(self) -> bool:
        """Whether no value occurs twice."""
        return self.n_distinct == len(self.codes)

    @property
    def is_ascending(self) -> bool:
        """Whether fewer than one value in a hundred is below the value before it."""
        values = self.values.dropna()
        return (
            len(values) > 1
            and float(np.mean(np.asarray(values[1:]) < np.asarray(values[:-1]))) < 0.01
        )

    @property
    def first_row(self) -> int:
        """The index of the first row with a value."""
        return int(np.argmax(self.codes >= 0))

    def is_constant_within(self, other: "Profile") -> bool:
        """Whether `other` repeats its values, and rows that share one share a value here too."""
        pairs = pd.MultiIndex.from_arrays([other.codes, self.codes]).unique()
        return other.n_distinct < len(other.codes) / 2 and len(pairs) <= other.n_distinct

    def frauds_revealed(self, label: np.ndarray) -> float:
        """The share of all frauds whose value in this column only frauds have."""
        rates = pd.Series(label).groupby(self.codes).transform("mean")
        return float(label[rates.to_numpy() == 1].sum() / max(label.sum(), 1))


def profile(name: str, column: pd.Series) -> Profile:
    """The profile of a column of text, or of numbers or times from Parquet."""
    cells, values = _read(column)
    codes = pd.factorize(values)[0]
    return Profile(
        name=name,
        cells=cells,
        values=values,
        codes=codes,
        n_distinct=int(codes.max()) + 1 if len(codes) else 0,
        missing=float(np.mean(codes < 0)),
    )


def _read(column: pd.Series) -> tuple[Cells, pd.Series]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return Cells.TIME, column
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return Cells.NUMBER, column.astype("float64") if column.dtype == bool else column
    text = column.astype("str").str.strip()
    text = text.mask(text.isin(EMPTY))
    known = text.dropna()
    numbers = pd.to_numeric(known, errors="coerce")
    if len(known) and numbers.notna().all() and not _is_code(known):
        return Cells.NUMBER, numbers.reindex(column.index)
    if len(known) and known.head(1_000).str.fullmatch(LOCAL).all():
        times = pd.to_datetime(known, format="ISO8601", errors="coerce", utc=True)
        if times.notna().all():
            return Cells.TIME, times.reindex(column.index)
    return Cells.TEXT, text


def _is_code(text: pd.Series) -> bool:
    """Whether digits are an id: some begin with 0, or are too many for a float to keep."""
    return bool(text.str.match(r"0\d|\d{16}").any())
