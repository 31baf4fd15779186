"""Open files for reading: decompress, recognise, and report every failure in one line."""

import csv
import gzip
import lzma
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import IO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from training.errors import InputError
from training.files.file_kind import EXCEL, HEAD, first_lines_fault, known_kind

SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}
PARQUET: Final = ".parquet"
_PACKED: Final = {".zip": b"PK", ".gz": b"\x1f\x8b"}
READABLE: Final = "give .csv, .tsv, .csv.gz, .parquet or a .zip of one CSV file"
_ENCRYPTED: Final = 0x1
_NO_MEMBERS: Final = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._|Thumbs\.db$|desktop\.ini$)")
"""Files that macOS and Windows add to zips."""


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file of rows.

    Attributes
    ----------
    file : IO[bytes]
        Decompressed, at its beginning, seekable.
    separator : str or None
        The separator of cells; None for Parquet.
    """

    file: IO[bytes]
    separator: str | None


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a CSV, TSV or Parquet file, a gzip file, or the only file of a zip.

    Raises
    ------
    InputError
        If the file cannot be read, now or while it is open, or is of another kind.
    """
    with _errors_in_one_line(path):
        if path.is_dir():
            raise InputError(f"{path}: a folder; {_one_of(path)}")
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: not a regular file; write its rows to a file, and give that")
        with path.open("rb") as file, _unpacked(path, file) as (inner, name):
            yield _recognised(path, inner, name)


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its ending."""
    return path.suffix.lower() == PARQUET


def _one_of(folder: Path) -> str:
    endings = (*SEPARATORS, PARQUET)
    names = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in endings)
    return (
        f"give one file of it: {_listed(names)}"
        if names
        else f"it holds no readable file; {READABLE}"
    )


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(name if name.isprintable() else ascii(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


@contextmanager
def _unpacked(path: Path, file: IO[bytes]) -> Iterator[tuple[IO[bytes], str]]:
    """The decompressed file, and the ending that names its kind."""
    name = PurePosixPath(path.name.lower())
    magic = _PACKED.get(name.suffix)
    if magic is None:
        yield file, name.suffix
        return
    head = file.read(HEAD)
    file.seek(0)
    kind = known_kind(head)
    if not head.startswith(magic) or kind == EXCEL:
        raise InputError(f"{path}: {_unlike(head, name.suffix)}")
    if name.suffix == ".gz":
        with gzip.open(file) as plain:
            yield BufferedReader(plain), PurePosixPath(name.stem).suffix or ".csv"
        return
    with ZipFile(file) as archive, archive.open(_only_member(archive)) as member:
        yield member, ".tsv" if member.name.lower().endswith(".tsv") else ".csv"


def _only_member(archive: ZipFile) -> ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not _NO_MEMBERS.search(member.filename)
    ]
    if len(members) != 1:
        names = _listed([member.filename for member in members])
        raise BadZipFile(f"holds {len(members):,} files{': ' if names else ''}{names}")
    if members[0].flag_bits & _ENCRYPTED:
        raise BadZipFile("encrypted with a password")
    return members[0]


def _recognised(path: Path, file: IO[bytes], ending: str) -> Source:
    head = file.read(HEAD)
    file.seek(0)
    if not head:
        raise InputError(f"{path}: the file is empty; give a header and rows")
    kind, packed = known_kind(head), path.suffix.lower() in _PACKED
    if packed and kind:
        raise InputError(f"{path}: it holds {kind[0]}; unpack it, and give a CSV file")
    if ending == PARQUET and head.startswith(b"PAR1"):
        return Source(file, None)
    separator = SEPARATORS.get(ending)
    if separator is None or kind:
        raise InputError(f"{path}: {_unlike(head, ending)}")
    if fault := first_lines_fault(head, separator):
        raise InputError(f"{path}, {fault}")
    return Source(file, separator)


def _unlike(head: bytes, ending: str) -> str:
    """The kind of a file with a wrong or unknown ending, and what to do with it."""
    if kind := known_kind(head):
        return f"{kind[0]}; {kind[1]}"
    first = head.partition(b"\n")[0]
    if b"," in first and 0 not in first and ending not in {".gz", ".zip"}:
        return "lines of text with commas; if it is CSV, name it .csv"
    if ending in {PARQUET, *_PACKED}:
        return f"not a {ending} file, or a damaged one; {READABLE}"
    return f"not CSV or Parquet by its ending; {READABLE}"


@contextmanager
def _errors_in_one_line(path: Path) -> Iterator[None]:
    """Turn every error of reading into a one-line `InputError`."""
    try:
        yield
    except InputError:
        raise
    except csv.Error as error:
        raise InputError(f"{path}, row 1: {error}; give a header of names and commas") from error
    except UnicodeDecodeError as error:
        row = _undecodable_row(path)
        raise InputError(f"{path}, row {row}: not UTF-8 text; save it as UTF-8") from error
    except BadZipFile as error:
        raise InputError(f"{path}: {error}; give a zip of one CSV file") from error
    except NotImplementedError as error:
        raise InputError(
            f"{path}: compressed by a method that cannot be read; unpack it, and give the CSV file"
        ) from error
    except (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        if why := getattr(error, "strerror", None):
            raise InputError(f"{path}: {why}; {READABLE}") from error
        raise InputError(f"{path}: damaged, or cut off at its end; copy it again") from error


def _undecodable_row(path: Path) -> int:
    with path.open("rb") as file, _unpacked(path, file) as (inner, _):
        lines = enumerate(inner, 1)
        return next((number for number, line in lines if not _is_utf8(line)), 1)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
