"""Tables from files, and line numbers of their rows. Knows nothing of the columns' meaning."""

import csv
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from training.errors import InputError
from training.files.sources import Source, is_parquet, opened

if TYPE_CHECKING:
    from _csv import Reader

LONGEST_CELL: Final = 1 << 30


def header(path: Path) -> list[str]:
    """The column names of a file, unchanged: some may be empty or repeated.

    Raises
    ------
    InputError
        If the file cannot be read, or has no header.
    """
    with opened(path) as source:
        if source.separator is None:
            names: list[str] = pq.ParquetFile(source.file).schema_arrow.names
            return names
        with _records(source) as records:
            return next(records, [])


def read_table(path: Path, names: Sequence[str], *, text: Sequence[str]) -> pd.DataFrame:
    """Read columns of a CSV or Parquet file, of the only CSV file in a zip, or of a gzip file.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Columns that occur once in its `header`.
    text : sequence of str
        Columns whose cells are text in CSV, even if they look like numbers.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    with opened(path) as source:
        if source.separator is None:
            read = pq.ParquetFile(source.file).read(columns=list(names))
            return _as_frame(read.select(list(names)))
        with _parser_errors_in_one_line(path):
            kinds = dict.fromkeys(text, "str")
            frame: pd.DataFrame = pd.read_csv(source.file, dtype=kinds, **_csv(source))
    frame = frame.iloc[: len(frame) - _trailing(frame)]
    return frame[list(names)]


def read_as_text(path: Path) -> pd.DataFrame:
    """Read every column that has a name; the cells of CSV stay text.

    Raises
    ------
    InputError
        If the file cannot be read, has no rows, or has a column twice.
    """
    names = [name for name in header(path) if name]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(f"{path}: column {twice[0]} is there twice; keep one")
    frame = read_table(path, names, text=names)
    if frame.empty:
        raise InputError(f"{path}: no rows below the header; give at least one transaction")
    return frame


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows of a file.

    Attributes
    ----------
    table : pyarrow.Table
        All columns under their own names; the cells of CSV stay text.
    above : int
        Number of rows before them in the file.
    """

    table: pa.Table
    above: int

    def frame(self, names: Sequence[str]) -> pd.DataFrame:
        """The named columns, which must occur once."""
        return _as_frame(self.table.select(list(names)))


def read_chunks(path: Path, rows: int) -> Iterator[Chunk]:
    """Read a file `rows` rows at a time, so that it need not fit into memory.

    Raises
    ------
    InputError
        As `read_table`, when the faulty chunk is reached.
    """
    with opened(path) as source:
        if source.separator is None:
            yield from _parquet_chunks(source, rows)
        else:
            yield from _csv_chunks(path, source, rows)


def schema_of(path: Path) -> pa.Schema:
    """The schema of a file's chunks.

    Raises
    ------
    InputError
        As `header`.
    """
    if is_parquet(path):
        with opened(path) as source:
            return pq.ParquetFile(source.file).schema_arrow
    return pa.schema([(name, pa.large_string()) for name in header(path)])


def _as_frame(table: pa.Table) -> pd.DataFrame:
    """The columns in pandas; whole numbers among empty cells as text, because NaN is a float."""
    for index, field in enumerate(table.schema):
        if pa.types.is_integer(field.type) and table.column(index).null_count:
            texts = table.column(index).cast(pa.string())
            table = table.set_column(index, field.name, texts)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame


def _parquet_chunks(source: Source, rows: int) -> Iterator[Chunk]:
    above = 0
    for batch in pq.ParquetFile(source.file).iter_batches(rows):
        yield Chunk(pa.Table.from_batches([batch]), above)
        above += len(batch)


def _csv_chunks(path: Path, source: Source, rows: int) -> Iterator[Chunk]:
    """Carry blank lines at the end of a chunk over to the next; the last chunk drops them."""
    names, above, held = header(path), 0, None
    options = {"dtype": "str", "chunksize": rows, **_csv(source)}
    with _parser_errors_in_one_line(path), pd.read_csv(source.file, **options) as chunks:
        for chunk in chunks:
            frame = chunk if held is None else pd.concat([held, chunk])
            filled = len(frame) - _trailing(frame)
            held = frame.iloc[filled:] if filled < len(frame) else None
            if filled:
                table = pa.Table.from_pandas(frame.iloc[:filled], preserve_index=False)
                yield Chunk(table.rename_columns(names), above)
            above += filled


def _csv(source: Source) -> dict[str, Any]:
    return {
        "sep": source.separator,
        "keep_default_na": False,
        "na_values": [""],
        "low_memory": False,  # infer one type per column from the whole file
        "skip_blank_lines": False,  # so that row numbers match those of an editor
        "encoding": "utf-8-sig",
        "index_col": False,
    }


@contextmanager
def _parser_errors_in_one_line(path: Path) -> Iterator[None]:
    """Turn pandas' errors, and its warning about surplus cells, into a one-line `InputError`."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            yield
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise InputError(f"{path}, {_misshapen(str(error))}") from error
        except pd.errors.EmptyDataError as error:
            raise InputError(f"{path}: the file is empty; give a header and rows") from error


def _misshapen(why: str) -> str:
    if quote := re.search(r"inside string starting at row (\d+)", why):
        return f"row {int(quote[1]) + 1}: a quote is opened but never closed"
    # For surplus cells in the first row, pandas only warns, without a line number.
    line = re.search(r"line (\d+)", why)
    return (
        f"row {line[1] if line else 2}: more cells than the header; "
        "write decimals with a point, and put text that holds commas into quotes"
    )


def _trailing(frame: pd.DataFrame) -> int:
    """The number of blank rows at the end."""
    if frame.empty or frame.iloc[-1].notna().any():
        return 0
    filled = np.flatnonzero(frame.notna().any(axis=1).to_numpy())
    return len(frame) - (int(filled[-1]) + 1 if filled.size else 0)


def row_in_editor(path: Path, index: int) -> int:
    """The line in an editor of row `index`, from 0; a cell with line breaks takes several lines."""
    if is_parquet(path):
        return index + 1
    with opened(path) as source, _records(source) as records:
        for _ in islice(records, index + 1):
            pass
        return records.line_num + 1


@contextmanager
def _records(source: Source) -> Iterator["Reader"]:
    csv.field_size_limit(LONGEST_CELL)
    text = TextIOWrapper(source.file, encoding="utf-8-sig", newline="")
    try:
        yield csv.reader(text, delimiter=source.separator or ",")
    finally:
        text.detach()  # or the wrapper would close the file too
