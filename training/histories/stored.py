"""The histories that payments saw in the API, in the columns of an exported log.

The API answered with these numbers, so a model that is fitted on them sees the same in service.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.history.view import History
from training.data.rows import Rows
from training.errors import InputError
from training.files.tables import header, read_table
from training.reading.calendar import HOUR_S
from training.reading.columns import LOG, is_export

PREDICTION: Final = f"{LOG}prediction_id"
ARRIVED: Final = f"{LOG}arrived"
LABEL_DELAY: Final = f"{LOG}label_delay_s"
"""Columns beside the histories: the id in the log, milliseconds of arrival, and the label delay of
the histories in seconds."""

_TYPES: Final = {
    **dict.fromkeys(History._fields, pa.int32()),
    **dict.fromkeys(("seen", "new_partner"), pa.bool_()),
    **dict.fromkeys(("sum_24h", "sum_7d", "sum_30d", "since_last_s"), pa.int64()),
}


def view_types(accounts: Sequence[str]) -> dict[str, pa.DataType]:
    """The columns of the histories of these accounts, with their types."""
    return {
        column: kind
        for account in accounts
        for column, kind in zip(_columns(account), _TYPES.values(), strict=True)
    }


def _columns(account: str) -> list[str]:
    return [f"{LOG}{account}:{number}" for number in History._fields]


def is_exported(path: Path) -> bool:
    """Whether a file is an exported log."""
    return is_export(header(path))


def how_followed(path: Path) -> str:
    """Where the histories of a file come from, in words."""
    if is_exported(path):
        return f"{path} is an exported log: taking the histories that its payments saw in the API"
    return "following the histories of the accounts"


def refuse_export(path: Path) -> None:
    """Raise `InputError` if accounts are to be followed through an exported log."""
    if is_exported(path):
        raise InputError(
            f"{path}: an exported log, in which account ids are replaced and payments are left "
            "out, so nobody's history can be followed in it; give the payments themselves"
        )


def stored_label_delay(path: Path) -> int:
    """The label delay of the histories of an exported log, in seconds.

    Raises
    ------
    InputError
        If it has none, or two of them.
    """
    _require(path, header(path), [LABEL_DELAY])
    found = read_table(path, [LABEL_DELAY], text=[])[LABEL_DELAY].unique().tolist()
    if len(found) != 1 or not isinstance(found[0], int):
        raise InputError(
            f"{path}, column {LABEL_DELAY}: not one whole number in all rows; the histories of one "
            "export have one label delay: do not join exports of models with different ones"
        )
    return found[0]


def require_stored(path: Path, schema: Schema, names: Sequence[str]) -> None:
    """Raise `InputError` unless an exported log has the histories of some accounts."""
    require_label_delay(path, schema)
    _require(path, header(path), stored_columns(names))


def require_label_delay(path: Path, schema: Schema) -> None:
    """Raise `InputError` unless the histories of an exported log have the schema's label delay."""
    stored = stored_label_delay(path)
    if stored != schema.label_delay_s:
        raise InputError(
            f"{path}: its histories know a fraud after {_hours(stored)} hours, by the label delay "
            f"of the model that served, not after {_hours(schema.label_delay_s)}; leave out "
            "--label-delay, or train on the file of payments"
        )


def with_stored(rows: Rows, path: Path, names: tuple[str, ...] | None = None) -> Rows:
    """All rows of an exported log, with the histories that they saw in the API.

    Parameters
    ----------
    rows : Rows
    path : Path
        The export.
    names : tuple of str, optional
        The histories. Default: those of every account of the schema.

    Raises
    ------
    InputError
        If a column is missing or damaged, or the histories have another label delay.
    """
    schema = rows.dataset.schema
    names = tuple(accounts_of(schema)) if names is None else names
    require_stored(path, schema, names)
    frame = read_table(path, stored_columns(names), text=[])
    histories = stored_histories(path, frame, names)
    return replace(rows, facts=rows.facts._replace(histories=histories), histories=names)


def as_stored(rows: Rows, path: Path) -> Rows:
    """The rows of an exported log with the histories that they saw; those of others unchanged."""
    return with_stored(rows, path) if is_exported(path) else rows


def stored_columns(names: Sequence[str]) -> list[str]:
    """The columns of the histories of some accounts."""
    return [column for name in names for column in _columns(name)]


def stored_histories(
    path: Path, frame: pd.DataFrame, names: Sequence[str]
) -> tuple[tuple[np.ndarray, ...], ...]:
    """The histories in a frame of `stored_columns`, by account.

    Raises
    ------
    InputError
        If a cell is empty or of another type.
    """
    return tuple(
        tuple(_numbers(path, frame[column]) for column in _columns(name)) for name in names
    )


def _require(path: Path, given: Sequence[str], wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if given.count(name) != 1]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(
            f"{path}: an exported log without the column {missing[0]}{more}; give the export as it "
            "was written"
        )


def _numbers(path: Path, column: pd.Series) -> np.ndarray:
    numbers = column.to_numpy()
    if numbers.dtype.kind not in "bi":
        raise InputError(
            f"{path}, column {column.name}: not a whole number in every row; give the export as it "
            "was written"
        )
    return numbers


def _hours(seconds: int) -> str:
    return f"{seconds / HOUR_S:g}"
