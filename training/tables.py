"""Tables from files, and where a row stands in its file. Knows nothing of what the columns mean."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from training.errors import InputError
from training.paths import require_readable


def read_table(path: Path, *, text: Sequence[str]) -> pd.DataFrame:
    """The cells of a CSV or Parquet file, or of the one CSV file in a zip, by its ending.

    Parameters
    ----------
    path : Path
    text : sequence of str
        Columns whose cells are text in CSV, even if they look like numbers.

    Raises
    ------
    InputError
        If it cannot be read, or has no header.
    """
    with _readable(path) as file:
        if path.suffix.lower() == ".parquet":
            whole: pd.DataFrame = pd.read_parquet(file)
            return whole
        with _parser_told():
            frame: pd.DataFrame = pd.read_csv(file, dtype=dict.fromkeys(text, "str"), **_CSV)
    return frame.iloc[: len(frame) - _trailing(frame)]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that follow each other in a file.

    Attributes
    ----------
    frame : DataFrame
        Its cells, in CSV as the text that stands there.
    table : pyarrow.Table or None
        The same rows of a Parquet file, of just the types that it has.
    above : int
        Rows of the file before them; in CSV, lines, the header not counted.
    """

    frame: pd.DataFrame
    table: pa.Table | None
    above: int


def read_chunks(path: Path, rows: int) -> Iterator[Chunk]:
    """The same file, `rows` rows at a time, so that it need not fit into memory.

    Raises
    ------
    InputError
        As `read_table`, when the faulty place is reached.
    """
    with _readable(path) as file:
        if path.suffix.lower() == ".parquet":
            yield from _parquet_chunks(file, rows)
        else:
            yield from _csv_chunks(file, rows)


def _parquet_chunks(file: IO[bytes], rows: int) -> Iterator[Chunk]:
    above = 0
    for batch in pq.ParquetFile(file).iter_batches(rows):
        table = pa.Table.from_batches([batch])
        yield Chunk(table.to_pandas(), table, above)
        above += len(table)


def _csv_chunks(file: IO[bytes], rows: int) -> Iterator[Chunk]:
    """Blank lines at the end of a chunk go into the next: at the end of the file they are none."""
    above, held = 0, None
    with _parser_told(), pd.read_csv(file, dtype="str", chunksize=rows, **_CSV) as chunks:
        for chunk in chunks:
            frame = chunk if held is None else pd.concat([held, chunk])
            frame = frame.reset_index(drop=True)
            filled = len(frame) - _trailing(frame)
            held = frame.iloc[filled:]
            if filled:
                yield Chunk(frame.iloc[:filled], None, above)
            above += filled + _line_breaks(frame.iloc[:filled])


_CSV: Final[dict[str, Any]] = {
    "keep_default_na": False,
    "na_values": [""],
    "low_memory": False,  # one type a column, whatever its length
    "skip_blank_lines": False,  # so that rows are counted as an editor does
    "encoding": "utf-8-sig",
    "index_col": False,
}


@contextmanager
def _parser_told() -> Iterator[None]:
    """Cells beyond the header's are an error, not a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        yield


@contextmanager
def _readable(path: Path) -> Iterator[IO[bytes]]:
    """The opened file, or the one in a zip; what goes wrong with it is one line."""
    require_readable(path)
    try:
        with path.open("rb") as file:
            if path.suffix.lower() != ".zip":
                yield file
                return
            with ZipFile(file) as archive, archive.open(_only_member(archive)) as member:
                yield member
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty; give a header and rows") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InputError(f"{path}, {_misshapen(str(error))}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except BadZipFile as error:
        raise InputError(f"{path}: {error}; give a zip of one CSV file") from error
    except InputError:
        raise
    except (OSError, ValueError) as error:  # pyarrow's errors are either
        why = getattr(error, "strerror", None) or "not a Parquet file, or a damaged one"
        raise InputError(f"{path}: {why}; give a CSV or Parquet file") from error


def _only_member(archive: ZipFile) -> str:
    names = archive.namelist()
    if len(names) != 1:
        raise BadZipFile(f"holds {len(names)} files")
    return names[0]


def _misshapen(why: str) -> str:
    if quote := re.search(r"inside string starting at row (\d+)", why):
        return f"row {int(quote[1]) + 1}: a quote is opened but never closed"
    # The first row's surplus is pandas' warning, which names no line.
    line = re.search(r"line (\d+)", why)
    return f"row {line[1] if line else 2}: more cells than the header"


def _trailing(frame: pd.DataFrame) -> int:
    """Blank rows at the end."""
    filled = np.flatnonzero(frame.notna().any(axis=1).to_numpy())
    return len(frame) - (int(filled[-1]) + 1 if filled.size else 0)


def _line_breaks(frame: pd.DataFrame) -> int:
    """Line breaks within cells."""
    texts = [frame[name] for name in frame.columns if frame[name].dtype == "str"]
    return sum(int(text.str.count("\n").sum()) for text in texts)


def row_in_editor(path: Path, frame: pd.DataFrame, index: int) -> int:
    """Row `index` of `frame` as an editor counts: in CSV, line breaks within cells are lines too.

    Parameters
    ----------
    path : Path
    frame : DataFrame
        What `read_table` gave for `path`.
    index : int
        From 0.
    """
    if path.suffix.lower() == ".parquet":
        return index + 1
    in_header = sum(name.count("\n") for name in frame.columns)
    return index + 2 + _line_breaks(frame.iloc[:index]) + in_header
