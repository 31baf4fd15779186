"""Files and folders that options name, looked at before anything heavy is imported or done."""

from pathlib import Path
from typing import Final

from training.errors import InputError

READABLE: Final = (".csv", ".zip", ".parquet")
WRITABLE: Final = (".csv", ".parquet")


def require_readable(path: Path) -> None:
    """Raise `InputError` unless `path` can be opened, and its ending is one that we read."""
    if path.suffix.lower() not in READABLE:
        raise InputError(f"{path}: not CSV or Parquet by its ending; name it .csv or .parquet")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a CSV or Parquet file") from error


def require_writable(path: Path) -> None:
    """Raise `InputError` unless a file can become `path`, and its ending is one that we write."""
    if path.suffix.lower() not in WRITABLE:
        raise InputError(f"{path}: ends neither in .csv nor in .parquet; choose one of the two")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    require_folder(path.parent)


def require_folder(path: Path) -> None:
    """Raise `InputError` unless `path` is a folder, or can be made."""
    there = next(each for each in (path, *path.parents) if each.exists())
    if not there.is_dir():
        raise InputError(f"cannot write to {path}: {there} is no folder; choose another")


def require_event(path: Path) -> None:
    """Raise `InputError` unless `path` is a file."""
    if not path.is_file():
        raise InputError(f"{path} is not a file; name a recorded API Gateway event")
