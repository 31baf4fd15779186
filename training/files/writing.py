"""Write tables atomically, whole or concatenated from parts."""

import io
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from training.errors import InputError
from training.files.atomic import replaced
from training.files.paths import require_writable


def check_columns(columns: Sequence[pa.Field], path: Path) -> None:
    """Raise `InputError` unless the format of `path` can hold the columns."""
    csv = path.suffix.lower() == ".csv"
    other = path.with_suffix(".parquet" if csv else ".csv")
    for kind in {field.type for field in columns}:
        if not _can_hold(kind, csv=csv):
            name = next(field.name for field in columns if field.type == kind)
            raise InputError(
                f"{path}: column {name!r} holds {kind}, which {path.suffix} cannot; choose {other}"
            )
    names = [field.name for field in columns]
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None and not csv:
        raise InputError(
            f"{path}: column {twice!r} is there twice, which .parquet cannot hold; choose {other}"
        )


def _can_hold(kind: pa.DataType, *, csv: bool) -> bool:
    if csv and "binary" in str(kind):
        return False  # a write would fail at the first cell that is not UTF-8
    empty = pa.schema([("column", kind)]).empty_table()
    try:
        (pa.csv.write_csv if csv else pq.write_table)(empty, io.BytesIO())
    except pa.ArrowException:
        return False
    return True


def write_transactions(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV or Parquet, by the ending of `path`, atomically.

    Raises
    ------
    InputError
        If the ending is neither, or the file cannot be written.
    """
    plain = frame
    if path.suffix.lower() == ".csv":
        plain = frame.astype(dict.fromkeys(frame.select_dtypes("category"), "str"))
    write_table(pa.Table.from_pandas(plain, preserve_index=False), path)


def write_table(table: pa.Table, path: Path, *, header: bool = True) -> None:
    """Write a table as `write_transactions` does; without `header`, CSV gets no header line."""
    require_writable(path)
    with _replaced_table(path) as waiting:
        if path.suffix.lower() == ".csv":
            _write_csv(table, waiting, header=header)
        else:
            pq.write_table(table, waiting)


def concatenate(parts: Sequence[Path], path: Path, *, numbers: Sequence[str] = ()) -> None:
    """Write the rows of `parts` as one file; of CSV parts, only the first must have a header.

    Parameters
    ----------
    parts : sequence of Path
    path : Path
    numbers : sequence of str
        Text columns that become numbers in Parquet if every cell is a number.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    with _replaced_table(path) as waiting:
        if path.suffix.lower() == ".csv":
            with waiting.open("wb") as whole:
                for part in parts:
                    with part.open("rb") as file:
                        shutil.copyfileobj(file, whole, 1 << 20)
            return
        schema = _with_numbers(parts, numbers)
        with pq.ParquetWriter(waiting, schema) as writer:
            for part in parts:
                writer.write_table(pq.read_table(part).cast(schema))


def _with_numbers(parts: Sequence[Path], numbers: Sequence[str]) -> pa.Schema:
    schema = pq.read_schema(parts[0])
    for name in set(numbers) & set(schema.names):
        for kind in (pa.int64(), pa.float64()):
            if all(_can_cast(kind, part, name) for part in parts):
                index = schema.get_field_index(name)
                schema = schema.set(index, schema.field(index).with_type(kind))
                break
    return schema


def _can_cast(kind: pa.DataType, part: Path, name: str) -> bool:
    try:
        pq.read_table(part, columns=[name]).column(0).cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


@contextmanager
def _replaced_table(path: Path) -> Iterator[Path]:
    """Do as `replaced`, and turn Arrow's errors into `InputError`."""
    try:
        with replaced(path) as (waiting,):
            yield waiting
    except pa.ArrowInvalid as error:
        why = str(error).partition("\n")[0]
        raise InputError(f"{path}: cannot be written: {why}") from error


def _write_csv(table: pa.Table, path: Path, *, header: bool) -> None:
    """Write without quotes, as in PaySim's file, unless a cell needs them."""
    try:
        pa.csv.write_csv(table, path, _options("none", header=header))
    except pa.ArrowInvalid:
        pa.csv.write_csv(table, path, _options("needed", header=header))


def _options(style: str, *, header: bool) -> pa.csv.WriteOptions:
    return pa.csv.WriteOptions(quoting_style=style, quoting_header=style, include_header=header)
