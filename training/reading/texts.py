"""The text columns of Parquet, whose cells may be numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from training.errors import InputError
from training.reading.cells import Rule


def as_text(path: Path, frame: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """The text columns of Parquet with the texts of whole numbers, true and false.

    Other numbers are refused, except in a flag.
    """
    changed = {}
    for rule in (rule for rule in rules if rule.is_text):
        column = frame[rule.column]
        if pd.api.types.is_float_dtype(column) and column.notna().any() and not rule.has_words:
            raise InputError(
                f"{path}, column {rule.column}: its values are numbers with decimals, which may "
                "have lost digits; write them as text"
            )
        if pd.api.types.is_numeric_dtype(column) or column.dtype == object:
            changed[rule.column] = column.map(_text, na_action="ignore")
    return frame.assign(**changed)


def _text(cell: object) -> object:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell) if isinstance(cell, int | float | np.bool) else cell
