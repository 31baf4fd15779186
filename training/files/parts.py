"""The folder for the parts of an unfinished result, locked by the run that writes them."""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from training.errors import InputError
from training.files.atomic import write_files

LOCK: Final = "fraud-score.lock"
"""Marks a folder that a run made. Only the run that holds its lock writes there."""

JOB: Final = "job.json"
STATES: Final = "states.sqlite"
"""Account histories as of the end of the parts."""

_PART: Final = re.compile(r"\d{6,}\.(csv|parquet)")
_TEMPORARY: Final = re.compile(r"\..*\.new|states\.sqlite(-.*)?")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a result: their folder, and the names of those already written."""

    folder: Path
    done: frozenset[str]

    @property
    def states(self) -> Path:
        """The path of a file of account histories."""
        return self.folder / STATES

    def path(self, number: int, ending: str) -> Path:
        """The path of a part, written or not."""
        return self.folder / f"{number:06}{ending}"


@contextmanager
def parts_of(out: Path, job: dict[str, Any]) -> Iterator[Parts]:
    """Lock the parts folder of `out` for a job; delete it on success, keep its parts on failure.

    Parts from an interrupted run of the same job are kept; those of another job are deleted.

    Raises
    ------
    InputError
        If another run writes `out`, or the folder was not made by a run or cannot be written.
    """
    folder = out.with_name(f".{out.name}.parts")
    with _locked(folder, out), _swept(folder):
        yield Parts(folder, _kept_parts(folder, job))
        _remove(folder, _named(folder, _PART))


@contextmanager
def _locked(folder: Path, out: Path) -> Iterator[None]:
    try:
        lock = _lock(folder, out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror}; choose another") from error
    with lock:
        yield


def _lock(folder: Path, out: Path) -> IO[bytes]:
    """Open and lock the lock file; try again if another run deleted it in between."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        _require_ours(folder)
        with suppress(FileNotFoundError), ExitStack() as stack:
            lock = stack.enter_context((folder / LOCK).open("ab"))
            _acquire(lock, out)
            if os.path.samestat(os.fstat(lock.fileno()), (folder / LOCK).stat()):
                stack.pop_all()
                return lock


def _acquire(lock: IO[bytes], out: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"{out}: another run is writing it; wait for its end, or choose another --out"
        ) from None


@contextmanager
def _swept(folder: Path) -> Iterator[None]:
    """Delete the folder at the end if it holds no part."""
    try:
        yield
    finally:
        with suppress(OSError):
            if not _named(folder, _PART):
                _remove(folder, [*_named(folder, _TEMPORARY), JOB, LOCK])
                folder.rmdir()


def _require_ours(folder: Path) -> None:
    if any(folder.iterdir()) and not (folder / LOCK).exists():
        raise InputError(
            f"{folder}: this folder was not made by a run; move it, or choose another --out"
        )


def _kept_parts(folder: Path, job: dict[str, Any]) -> frozenset[str]:
    description = (json.dumps(job, indent=2) + "\n").encode()
    with suppress(FileNotFoundError):
        if (folder / JOB).read_bytes() == description:
            return frozenset(_named(folder, _PART))
    _remove(folder, [*_named(folder, _PART), *_named(folder, _TEMPORARY)])
    write_files(folder, {JOB: description})
    return frozenset()


def _named(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    return [path.name for path in folder.iterdir() if pattern.fullmatch(path.name)]


def _remove(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
