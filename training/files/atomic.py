"""Atomic writes: a crash leaves the old file or the new one, never half of one."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from training.errors import InputError


@contextmanager
def replaced(*paths: Path, remove: Iterable[Path] = ()) -> Iterator[Sequence[Path]]:
    """Yield a temporary file beside each path; once all are written, rename them in order.

    Parameters
    ----------
    *paths : Path
        Their directories are created if need be.
    remove : iterable of Path
        Files that are deleted before the first rename.

    Raises
    ------
    InputError
        If a file cannot be written. The temporary files are deleted in any case.
    """
    waiting = [path.with_name(f".{path.name}.new") for path in paths]
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield waiting
        for path in remove:
            path.unlink(missing_ok=True)
        for new, path in zip(waiting, paths, strict=True):
            new.replace(path)
    except OSError as error:
        place = os.path.commonpath(paths)
        raise InputError(f"{place}: cannot be written: {error.strerror}; choose another") from error
    finally:
        with suppress(OSError):
            for new in waiting:
                new.unlink(missing_ok=True)


def write_files(directory: Path, files: Mapping[str, bytes], *, remove: Iterable[str] = ()) -> None:
    """Write `files` into `directory`, each by one rename, in order.

    Parameters
    ----------
    directory : Path
        Created if need be.
    files : mapping of name to content
    remove : iterable of str
        Files of an earlier run to delete, unless `files` replaces them.

    Raises
    ------
    InputError
        If the directory cannot be written.
    """
    stale = [directory / name for name in remove if name not in files]
    with replaced(*(directory / name for name in files), remove=stale) as waiting:
        for path, content in zip(waiting, files.values(), strict=True):
            path.write_bytes(content)
