"""Transactions from a file in PaySim's columns, checked.

PaySim's spellings live here and on the wire only.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow
import pyarrow.compute as pc

from fraud_api_lambda.domain.transaction import (
    ACCOUNT_PATTERN,
    MAX_AMOUNT,
    MAX_STEP,
    MERCHANT_PREFIX,
    TYPES,
    hour_of_step,
)
from fraud_api_lambda.features.payment import Facts
from training.data.columns import (
    LABEL,
    LEAKY_BALANCES,
    REQUIRED,
    TEXT,
    TYPOLOGY,
    WEIGHT,
    require_columns,
)
from training.errors import InputError
from training.files.tables import header, read_table, row_in_editor

_MONEY: Final = f"write a number from 0 to {MAX_AMOUNT:.0e}".replace("e+", "e")
ADVICE: Final[dict[str, str]] = {
    "step": f"write a whole number from 1 to {MAX_STEP:,}",
    "type": f"write one of {', '.join(TYPES)}",
    WEIGHT: "write a number above 0",
    **dict.fromkeys(("amount", "oldbalanceOrg", *LEAKY_BALANCES), _MONEY),
    **dict.fromkeys(("nameOrig", "nameDest"), "write 1 to 64 printable characters without spaces"),
    LABEL: "write 0 or 1",
}
"""The advice for each checked column, in the order in which faults are reported."""


def _is_account(names: pd.Series) -> pd.Series:
    # `match` would accept a line break at the end, which the API rejects.
    return names.str.fullmatch(ACCOUNT_PATTERN)


_CHECKS: Final[dict[str, list[pa.Check]]] = {
    "step": [pa.Check.in_range(1, MAX_STEP), pa.Check(lambda step: step % 1 == 0)],
    "type": [pa.Check.isin(TYPES)],
    WEIGHT: [pa.Check.gt(0), pa.Check.lt(np.inf)],
    **{
        name: [pa.Check.in_range(0, MAX_AMOUNT)]
        for name in ("amount", "oldbalanceOrg", *LEAKY_BALANCES)
    },
    **{name: [pa.Check(_is_account)] for name in ("nameOrig", "nameDest")},
    LABEL: [pa.Check.isin([0, 1])],
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An unusable cell."""

    index: int
    column: str
    value: Any

    @property
    def problem(self) -> str:
        """The problem with the cell, in words."""
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

    @property
    def advice(self) -> str:
        """The value to write instead, in words."""
        advice = ADVICE[self.column]
        if isinstance(self.value, str) and re.fullmatch(r"[\d.,\s']*\d,\d[\d.,]*", self.value):
            return f"{advice}, with a point before decimals and no other mark"
        return advice


def read_transactions(path: Path, *, labelled: bool = True) -> pd.DataFrame:
    """Read and check the columns of a CSV or Parquet file that training uses.

    Parameters
    ----------
    path : Path
    labelled : bool
        Require `isFraud`, with both classes; otherwise read only the columns for a score.

    Returns
    -------
    DataFrame
        `type` categorical, `step` int64, the label int8, numbers float64. Each of the balances in
        `LEAKY_BALANCES` is included only if every cell is a number.

    Raises
    ------
    InputError
        With the file, the row as an editor counts it, the column, the problem and the advice.
    """
    names = header(path)
    required = (*REQUIRED, LABEL) if labelled else REQUIRED
    optional = (WEIGHT,) if labelled else ()
    require_columns(path, names, required, optional)
    checked_names = [name for name in (*required, *optional) if name in names]
    extra = [name for name in (*LEAKY_BALANCES, TYPOLOGY) if labelled and names.count(name) == 1]
    wanted = {*checked_names, *extra}
    frame = read_table(path, [name for name in names if name in wanted], text=TEXT)
    typed = checked(path, frame[[name for name in frame if name in checked_names]])
    if labelled and typed[LABEL].nunique() == 1:
        kind = "fraud" if typed[LABEL].iloc[0] else "genuine"
        raise InputError(
            f"{path}, column {LABEL}: all {len(typed):,} rows are {kind}; "
            "a model needs rows of both classes"
        )
    usable = {name: _usable(name, frame[name]) for name in extra}
    return typed.assign(**{name: column for name, column in usable.items() if column is not None})


def checked(path: Path, frame: pd.DataFrame, *, above: int = 0) -> pd.DataFrame:
    """Check and convert rows of a file that come after `above` other rows.

    Raises
    ------
    InputError
        As in `read_transactions`.
    """
    if frame.empty:
        raise InputError(f"{path}: no rows below the header; give at least one transaction")
    numbers, faults = _with_numbers(frame)
    faults += _faults(numbers)
    if faults:
        raise InputError(_report(path, faults, above))
    return _typed(numbers)


def to_facts(frame: pd.DataFrame) -> Facts:
    """The inputs of the features, as columns of shape (n_transactions,)."""
    return Facts(
        type=frame["type"].array,
        amount=frame["amount"].to_numpy(),
        balance=frame["oldbalanceOrg"].to_numpy(),
        payee_is_merchant=frame["nameDest"].str.startswith(MERCHANT_PREFIX).to_numpy(dtype=bool),
        hour=hour_of_step(frame["step"].to_numpy()),
    )


def _with_numbers(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Convert the number columns to numbers, and list the cells that are text."""
    numbers, faults = frame.copy(deep=False), []
    for name in (column for column in ADVICE if column in frame and column not in TEXT):
        column = _with_digits(frame[name]) if name == LABEL else frame[name]
        if column.dtype == bool or not pd.api.types.is_numeric_dtype(column):
            parsed = _parsed(column.astype("str"))
            text = (parsed.isna() & column.notna()).to_numpy()
            faults += [
                Fault(int(index), name, str(column.iloc[index])) for index in np.flatnonzero(text)
            ]
            # Cells already listed must not be reported as empty too.
            column = parsed.mask(text, 1)
        numbers[name] = column
    return numbers, faults


def _with_digits(labels: pd.Series) -> pd.Series:
    """Labels with true and false, in any case, as 1 and 0."""
    if labels.dtype != bool and pd.api.types.is_numeric_dtype(labels):
        return labels
    text = labels.astype("str")
    words = text.str.lower()
    return text.mask(words == "true", "1").mask(words == "false", "0")


def _usable(name: str, column: pd.Series) -> pd.Series | None:
    """An optional column, as numbers unless it is the typology; None if a cell is not a number."""
    if name == TYPOLOGY:
        return column
    numbers, faults = _with_numbers(column.to_frame())
    return None if faults or _faults(numbers) else numbers[name].astype("float64")


def _parsed(text: pd.Series) -> pd.Series:
    """Parse text as numbers, rounded as in Python; other text becomes empty."""
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
        # A check that cannot run, such as one of text on numbers, has no index: take the first row.
        rows = zip(cases["column"], cases["index"].fillna(0).astype(int), strict=True)
        return [Fault(row, column, frame[column].iloc[row]) for column, row in rows]
    return []


def _report(path: Path, faults: list[Fault], above: int) -> str:
    first = min(faults, key=lambda fault: (fault.index, list(ADVICE).index(fault.column)))
    row = row_in_editor(path, above + first.index)
    others = sum(fault.column == first.column for fault in faults) - 1
    more = f" ({others:,} more {'row has' if others == 1 else 'rows have'} this)" if others else ""
    return f"{path}, row {row}, column {first.column}: {first.problem}; {first.advice}{more}"


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    frame["type"] = pd.Categorical(frame["type"], categories=TYPES)
    accounts = dict.fromkeys(("nameOrig", "nameDest"), "str")
    kinds = {"step": "int64", LABEL: "int8", **accounts}
    wanted = {name: kinds.get(name, "float64") for name in ADVICE if name != "type"}
    return frame.astype({name: kind for name, kind in wanted.items() if name in frame})
