"""Checks of the files and folders in options, before any heavy import or work."""

from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from training.errors import InputError
from training.files.sources import PARQUET, opened

WRITABLE: Final = (".csv", ".parquet")


def require_readable(path: Path) -> None:
    """Raise `InputError` unless `path` opens and its first bytes look like a readable table."""
    with opened(path):
        pass


def require_writable(path: Path) -> None:
    """Raise `InputError` unless `path` can be written and ends in one of `WRITABLE`."""
    if path.suffix.lower() not in WRITABLE:
        raise InputError(f"{path}: ends neither in .csv nor in .parquet; choose one of the two")
    _require_place(path)


def require_page(path: Path) -> None:
    """Raise `InputError` unless `path` can be written and ends in .html."""
    if path.suffix.lower() != ".html":
        raise InputError(f"{path}: does not end in .html; choose such a name")
    _require_place(path)


def _require_place(path: Path) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):  # a name that is not UTF-8
        raise InputError(f"{str(path)!a}: the name is not UTF-8; choose another")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    require_folder(path.parent)


def require_parquet(path: Path) -> None:
    """Raise `InputError` unless `path` can be written and ends in .parquet."""
    if path.suffix.lower() != PARQUET:
        raise InputError(f"{path}: does not end in .parquet; choose such a name")
    require_writable(path)


def scorable(folder: Path) -> list[Path]:
    """The CSV and Parquet files of a folder; none if `folder` is not a folder."""
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in files if path.suffix.lower() in WRITABLE)


def require_apart(path: Path, read: Path) -> None:
    """Raise `InputError` if writing `path` would replace `read`, the file to be read."""
    if path.exists() and read.exists() and path.samefile(read):
        raise InputError(f"{path}: this is the file to read; choose another --out")


def require_folder(path: Path) -> None:
    """Raise `InputError` unless `path` is a folder or can become one, and can be written."""
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not existing.is_dir():
        raise InputError(f"cannot write to {path}: {existing} is not a folder; choose another")
    try:
        with TemporaryFile(dir=existing):  # permissions say nothing of a read-only file system
            pass
    except OSError as error:
        raise InputError(f"cannot write to {path}: {error.strerror}; choose another") from error


def require_event(path: Path) -> None:
    """Raise `InputError` unless `path` is a file."""
    if not path.is_file():
        raise InputError(f"{path} is not a file; name a recorded API Gateway event")
