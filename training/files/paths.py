"""Files and folders that options name, looked at before anything heavy is imported or done."""

from pathlib import Path
from typing import Final

from training.errors import InputError
from training.files.sources import opened

WRITABLE: Final = (".csv", ".parquet")


def require_readable(path: Path) -> None:
    """Raise `InputError` unless `path` holds rows, as far as its first bytes tell."""
    with opened(path):
        pass


def require_writable(path: Path) -> None:
    """Raise `InputError` unless a file can become `path`, and its ending is one that we write."""
    if path.suffix.lower() not in WRITABLE:
        raise InputError(f"{path}: ends neither in .csv nor in .parquet; choose one of the two")
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):  # bytes that are no text
        raise InputError(f"{str(path)!a}: no UTF-8 name; choose another")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    require_folder(path.parent)


def scorable(folder: Path) -> list[Path]:
    """The CSV and Parquet files of a folder, none if it is no folder."""
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in files if path.suffix.lower() in WRITABLE)


def require_apart(path: Path, read: Path) -> None:
    """Raise `InputError` where writing `path` would replace the file that is to be read."""
    if path.exists() and read.exists() and path.samefile(read):
        raise InputError(f"{path}: the file to be read itself; choose another --out")


def require_folder(path: Path) -> None:
    """Raise `InputError` unless `path` is a folder, or can be made."""
    there = next(each for each in (path, *path.parents) if each.exists())
    if not there.is_dir():
        raise InputError(f"cannot write to {path}: {there} is no folder; choose another")


def require_event(path: Path) -> None:
    """Raise `InputError` unless `path` is a file."""
    if not path.is_file():
        raise InputError(f"{path} is not a file; name a recorded API Gateway event")
