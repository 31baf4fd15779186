"""The header of a file: whether it has the columns of a schema."""

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from training.errors import InputError

TYPOLOGY: Final = "typology"
"""The column in which our simulators name the kind of each fraud."""

LOG: Final = "log:"
"""The beginning of the columns that an exported log has beside those of its schema."""


def is_export(names: Collection[str]) -> bool:
    """Whether a header is that of an exported log."""
    return any(name.startswith(LOG) for name in names)


def require_columns(
    path: Path,
    names: Sequence[str],
    required: Sequence[str],
    optional: Sequence[str] = (),
    known: Collection[str] = (),
) -> None:
    """Raise `InputError` unless a header has `required` once each, and `optional` at most once.

    A column that is `known` is no misspelling of a required one.
    """
    twice = [name for name in (*required, *optional) if names.count(name) > 1]
    if twice:
        raise InputError(f"{path}: column {twice[0]} is there twice; keep one")
    missing = [name for name in required if name not in names]
    if not missing:
        return
    renamed = all_renamed([name for name in names if name not in known], missing)
    if renamed:
        unknown = ", ".join(map(shown, renamed.values()))
        columns = "column" if len(renamed) == 1 else "columns"
        raise InputError(f"{path}: unknown {columns} {unknown}; did you mean {', '.join(renamed)}?")
    raise InputError(
        f"{path}: no column {', '.join(missing)}; the header needs {', '.join(required)} and is "
        f"{excerpt(names)}"
    )


def all_renamed(unknown: list[str], absent: list[str]) -> dict[str, str]:
    """The `renamings` if they give each absent column another one; else none."""
    renamed = renamings(unknown, absent)
    return renamed if len(set(renamed.values())) == len(absent) else {}


def renamings(unknown: list[str], absent: list[str]) -> dict[str, str]:
    """Map each absent column to an unknown one that may be a misspelling of it."""
    plain = {re.sub(r"[\W_]", "", name.lower()): name for name in unknown}
    near = {name: get_close_matches(name.lower(), plain, 1, 0.8) for name in absent}
    return {name: plain[match[0]] for name, match in near.items() if match}


def shown(name: str) -> str:
    """A column name for a message, quoted if it is not plain."""
    return name if re.fullmatch(r"\S+", name) and name.isprintable() else repr(name)


def excerpt(names: Sequence[str]) -> str:
    """A header for a message, cut off if it is long."""
    listed = ", ".join(map(shown, names))
    return listed if len(listed) <= 200 else f"{listed[:200]}... ({len(names):,} columns)"
