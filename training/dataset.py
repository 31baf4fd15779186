"""Transactions from a file: PaySim's columns, checked before anything is made of them.

PaySim's spellings live here and on the wire only.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow
import pyarrow.compute as pc

from fraud_api_lambda.features import Facts
from fraud_api_lambda.transaction import (
    ACCOUNT_PATTERN,
    MAX_AMOUNT,
    MAX_STEP,
    MERCHANT_PREFIX,
    TYPES,
    hour_of_step,
)
from training.errors import InputError
from training.tables import read_table, row_in_editor

TEXT: Final = ("type", "nameOrig", "nameDest")
MONEY: Final = ("amount", "oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest")
LABELS: Final = ("isFraud", "isFlaggedFraud")
REQUIRED: Final = ("step", "type", "amount", "nameOrig", "oldbalanceOrg", "nameDest")
LABEL: Final = "isFraud"

RIGHT: Final[dict[str, str]] = {
    "step": f"write a whole number from 1 to {MAX_STEP:,}",
    "type": f"write one of {', '.join(TYPES)}",
    "weight": "write a number above 0",
    **dict.fromkeys(MONEY, f"write a number from 0 to {MAX_AMOUNT:.0e}".replace("e+", "e")),
    **dict.fromkeys(("nameOrig", "nameDest"), "write 1 to 64 printable characters without spaces"),
    **dict.fromkeys(LABELS, "write 0 or 1"),
}
"""What would be right in each column; its keys are all the columns that we know."""


def _is_account(names: pd.Series) -> pd.Series:
    # A match would let a line break at the end pass, which the API refuses.
    return names.str.fullmatch(ACCOUNT_PATTERN)


_CHECKS: Final[dict[str, list[pa.Check]]] = {
    "step": [pa.Check.in_range(1, MAX_STEP), pa.Check(lambda step: step % 1 == 0)],
    "type": [pa.Check.isin(TYPES)],
    "weight": [pa.Check.gt(0), pa.Check.lt(np.inf)],
    **{name: [pa.Check.in_range(0, MAX_AMOUNT)] for name in MONEY},
    **{name: [pa.Check(_is_account)] for name in ("nameOrig", "nameDest")},
    **{name: [pa.Check.isin([0, 1])] for name in LABELS},
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be used."""

    index: int
    column: str
    value: Any

    @property
    def what(self) -> str:
        """What is wrong with the cell, in words."""
        if pd.isna(self.value):
            return "the cell is empty"
        if self.column in TEXT and not isinstance(self.value, str):
            return f"{self.value} is not text"
        if isinstance(self.value, str):
            shown = repr(self.value if len(self.value) <= 40 else f"{self.value[:37]}...")
            return f"{shown} is not {'allowed' if self.column in TEXT else 'a number'}"
        if not np.isfinite(self.value):
            return f"{self.value} is not finite"
        return f"{self.value} is {'negative' if self.value < 0 else 'not allowed'}"


def read_transactions(path: Path, *, labelled: bool = True) -> pd.DataFrame:
    """The rows of a CSV or Parquet file with PaySim's columns, checked.

    Parameters
    ----------
    path : Path
    labelled : bool
        Require `isFraud`, with both classes.

    Returns
    -------
    DataFrame
        `type` categorical, `step` int64, labels int8, numbers float64, and every other column of
        the file as it was.

    Raises
    ------
    InputError
        Naming file, row as an editor counts it, column, what is wrong and what would be right.
    """
    frame = read_table(path, text=TEXT)
    typed = checked(path, frame, labelled=labelled)
    if labelled and typed[LABEL].nunique() == 1:
        kind = "fraud" if typed[LABEL].iloc[0] else "genuine"
        raise InputError(
            f"{path}, column {LABEL}: all {len(typed):,} rows are {kind}; "
            "a model needs rows of both classes"
        )
    return typed


def checked(path: Path, frame: pd.DataFrame, *, labelled: bool, above: int = 0) -> pd.DataFrame:
    """The cells of a file or of a part of it, below `above` other lines, checked and typed.

    Raises
    ------
    InputError
        As `read_transactions`.
    """
    _require_columns(path, frame, labelled=labelled)
    if frame.empty:
        raise InputError(f"{path}: no rows below the header; give at least one transaction")
    numbers, faults = _with_numbers(frame)
    faults += _faults(numbers)
    if faults:
        raise InputError(_told(path, numbers, faults, above))
    return _typed(numbers)


def to_facts(frame: pd.DataFrame) -> Facts:
    """What the features are made of, as columns of shape (n_transactions,)."""
    return Facts(
        type=frame["type"].array,
        amount=frame["amount"].to_numpy(),
        balance=frame["oldbalanceOrg"].to_numpy(),
        payee_is_merchant=frame["nameDest"].str.startswith(MERCHANT_PREFIX).to_numpy(dtype=bool),
        hour=hour_of_step(frame["step"].to_numpy()),
    )


def _require_columns(path: Path, frame: pd.DataFrame, *, labelled: bool) -> None:
    required = (*REQUIRED, LABEL) if labelled else REQUIRED
    # Rows to be scored need no label, and `is_fraud` among them is an earlier score.
    expected = RIGHT if labelled else RIGHT.keys() - set(LABELS)
    absent = [name for name in RIGHT if name in expected and name not in frame.columns]
    for unknown in frame.columns.difference(list(RIGHT), sort=False):
        near = get_close_matches(unknown.lower(), [name.lower() for name in absent], 1, 0.85)
        if near:
            meant = next(name for name in absent if name.lower() == near[0])
            shown = unknown if re.fullmatch(r"\S+", unknown) else repr(unknown)
            raise InputError(f"{path}: unknown column {shown}; did you mean {meant}?")
    twice = [name for name in RIGHT if f"{name}.1" in frame.columns]  # so pandas numbers them
    if twice:
        raise InputError(f"{path}: column {twice[0]} is there twice; keep one")
    missing = [name for name in required if name in absent]
    if missing:
        raise InputError(
            f"{path}: no column {', '.join(missing)}; the header needs {', '.join(required)}"
        )


def _with_numbers(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """The frame with its number columns as numbers, and the cells that are text."""
    numbers, faults = frame.copy(deep=False), []
    for name in (column for column in RIGHT if column in frame and column not in TEXT):
        column = frame[name]
        if column.dtype == bool or not pd.api.types.is_numeric_dtype(column):
            parsed = _parsed(column.astype("str"))
            text = (parsed.isna() & column.notna()).to_numpy()
            faults += [
                Fault(int(index), name, str(column.iloc[index])) for index in np.flatnonzero(text)
            ]
            # What is named already must not be found a second time as empty.
            numbers[name] = parsed.mask(text, 1)
    return numbers, faults


def _parsed(text: pd.Series) -> pd.Series:
    """Text as numbers, rounded as Python does; what is none is empty."""
    try:
        numbers = pc.cast(pyarrow.array(text), pyarrow.float64())  # ten times faster
    except pyarrow.ArrowInvalid:
        return pd.to_numeric(text, errors="coerce")
    return pd.Series(numbers.to_numpy(zero_copy_only=False), text.index)


def _faults(frame: pd.DataFrame) -> list[Fault]:
    columns = {
        name: pa.Column(checks=checks, nullable=False)
        for name, checks in _CHECKS.items()
        if name in frame
    }
    try:
        pa.DataFrameSchema(columns).validate(frame.reset_index(drop=True), lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases.drop_duplicates(["column", "index"])
        # A check that cannot run, as of text on numbers, names no row: then all are wrong.
        rows = zip(cases["column"], cases["index"].fillna(0).astype(int), strict=True)
        return [Fault(row, column, frame[column].iloc[row]) for column, row in rows]
    return []


def _told(path: Path, frame: pd.DataFrame, faults: list[Fault], above: int) -> str:
    first = min(faults, key=lambda fault: (fault.index, list(RIGHT).index(fault.column)))
    row = above + row_in_editor(path, frame, first.index)
    others = sum(fault.column == first.column for fault in faults) - 1
    more = f" ({others:,} more {'row has' if others == 1 else 'rows have'} this)" if others else ""
    return f"{path}, row {row}, column {first.column}: {first.what}; {RIGHT[first.column]}{more}"


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    frame["type"] = pd.Categorical(frame["type"], categories=TYPES)
    accounts = dict.fromkeys(("nameOrig", "nameDest"), "str")
    kinds = {"step": "int64", **dict.fromkeys(LABELS, "int8"), **accounts}
    wanted = {name: kinds.get(name, "float64") for name in RIGHT if name != "type"}
    return frame.astype({name: kind for name, kind in wanted.items() if name in frame})
