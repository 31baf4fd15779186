"""Writing results so that a crash leaves the old file or the new one, never half of one."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from training.errors import InputError


def write_files(directory: Path, files: Mapping[str, bytes], *, remove: Iterable[str] = ()) -> None:
    """Write `files` into `directory`, each by one rename, in order.

    Parameters
    ----------
    directory : Path
        Created if need be.
    files : mapping of name to content
    remove : iterable of str
        Names of an earlier run that must not stay if they are not written anew.

    Raises
    ------
    InputError
        If the directory cannot be written.
    """
    waiting = {name: directory / f".{name}.new" for name in files}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, path in waiting.items():
            path.write_bytes(files[name])
        for name in remove:
            if name not in files:
                (directory / name).unlink(missing_ok=True)
        for name, path in waiting.items():
            path.replace(directory / name)
    except OSError as error:
        raise InputError(
            f"cannot write to {directory}: {error.strerror}; choose another"
        ) from error
    finally:
        with suppress(OSError):
            for path in waiting.values():
                path.unlink(missing_ok=True)
