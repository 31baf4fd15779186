"""Tables from files, and where a row stands in its file. Knows nothing of what the columns mean."""

import re
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile

import numpy as np
import pandas as pd

from training.errors import InputError


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
    readers: dict[str, Callable[[BinaryIO], pd.DataFrame]] = {
        ".csv": partial(_read_csv, text=text),
        ".zip": partial(_read_zip, text=text),  # as Kaggle hands it out
        ".parquet": pd.read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: not CSV or Parquet by its ending; name it .csv or .parquet")
    try:
        with path.open("rb") as file:
            return reader(file)
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty; give a header and rows") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InputError(f"{path}, {_misshapen(str(error))}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except BadZipFile as error:
        raise InputError(f"{path}: {error}; give a zip of one CSV file") from error
    except (OSError, ValueError) as error:  # pyarrow's errors are either
        why = getattr(error, "strerror", None) or "not a Parquet file, or a damaged one"
        raise InputError(f"{path}: {why}; give a CSV or Parquet file") from error


def _misshapen(why: str) -> str:
    if quote := re.search(r"inside string starting at row (\d+)", why):
        return f"row {int(quote[1]) + 1}: a quote is opened but never closed"
    # The first row's surplus is pandas' warning, which names no line.
    line = re.search(r"line (\d+)", why)
    return f"row {line[1] if line else 2}: more cells than the header"


def _read_zip(file: BinaryIO, *, text: Sequence[str]) -> pd.DataFrame:
    with ZipFile(file) as archive:
        names = archive.namelist()
        if len(names) != 1:
            raise BadZipFile(f"holds {len(names)} files")
        with archive.open(names[0]) as member:
            return _read_csv(member, text=text)


def _read_csv(file: IO[bytes], *, text: Sequence[str]) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header's
        frame = pd.read_csv(
            file,
            dtype=dict.fromkeys(text, "str"),
            keep_default_na=False,
            na_values=[""],
            low_memory=False,  # one type a column, whatever its length
            skip_blank_lines=False,  # so that rows are counted as an editor does
            encoding="utf-8-sig",
            index_col=False,
        )
    blank = frame.isna().all(axis=1).to_numpy()
    return frame.iloc[: len(frame) - _trailing(blank)]


def _trailing(blank: np.ndarray) -> int:
    filled = np.flatnonzero(~blank)
    return len(blank) - (int(filled[-1]) + 1 if filled.size else 0)


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
    above = frame.iloc[:index]
    texts = [above[name] for name in above.columns if above[name].dtype == "str"]
    breaks = sum(int(text.str.count("\n").sum()) for text in texts)
    return index + 2 + breaks + sum(name.count("\n") for name in frame.columns)
