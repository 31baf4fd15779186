"""Tables written so that a crash leaves the old file or the new one; and files put together."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from training.errors import InputError
from training.paths import require_writable


def write_transactions(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV or Parquet, by the ending of `path`; a crash leaves the old file.

    Raises
    ------
    InputError
        If the ending is another, or the file cannot be written.
    """
    plain = frame
    if path.suffix.lower() == ".csv":
        plain = frame.astype(dict.fromkeys(frame.select_dtypes("category"), "str"))
    write_table(pa.Table.from_pandas(plain, preserve_index=False), path)


def write_table(table: pa.Table, path: Path, *, header: bool = True) -> None:
    """Write a table as `write_transactions` does; in CSV, with a line of names if `header`."""
    require_writable(path)
    with _replaced(path) as waiting:
        if path.suffix.lower() == ".csv":
            _write_csv(table, waiting, header=header)
        else:
            pq.write_table(table, waiting)


def put_together(parts: Sequence[Path], path: Path) -> None:
    """Write the rows of `parts`, of which the first alone has a header, as one file.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    with _replaced(path) as waiting:
        if path.suffix.lower() == ".csv":
            with waiting.open("wb") as whole:
                for part in parts:
                    with part.open("rb") as file:
                        shutil.copyfileobj(file, whole, 1 << 20)
            return
        schema = pq.read_schema(parts[0])
        with pq.ParquetWriter(waiting, schema) as writer:
            for part in parts:
                writer.write_table(pq.read_table(part).cast(schema))


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place once it is written whole."""
    waiting = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield waiting
        waiting.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}; choose another") from error
    finally:
        with suppress(OSError):
            waiting.unlink()


def _write_csv(table: pa.Table, path: Path, *, header: bool) -> None:
    """Without quotes, as PaySim's file is, unless a cell needs them."""
    try:
        pa.csv.write_csv(table, path, _options("none", header=header))
    except pa.ArrowInvalid:
        pa.csv.write_csv(table, path, _options("needed", header=header))


def _options(style: str, *, header: bool) -> pa.csv.WriteOptions:
    return pa.csv.WriteOptions(quoting_style=style, quoting_header=style, include_header=header)
