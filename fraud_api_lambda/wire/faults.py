"""The faults of a request: the place, and what to send instead.

A fault never repeats a value or Pydantic's wording, and names only fields of this API.
"""

import json
import re
from collections.abc import Container, Iterable, Sequence
from typing import Final

type Fault = dict[str, str]

GIVEN_TWICE: Final = "give this query parameter once"
MAX_ERRORS: Final = 10
"""Faults of one problem."""

LONGEST_NAME: Final = 64
"""Longer names resemble no field, and comparing them would take time."""

MOST_COMPARED: Final = 200
"""With more fields, a name is compared only without its case and its separators."""

LARGEST: Final = 1_700
"""Bytes of the faults of a problem, which has at most 2 KiB."""


def of_query(names: Iterable[str], known: Sequence[str]) -> list[Fault]:
    """The faults of a query with parameters of these names."""
    names = list(names)
    twice = [fault(GIVEN_TWICE, "query", name) for name in known if names.count(name) > 1]
    parameters = {normalised(name): name for name in known}
    unknown = [
        fault(unknown_name("query parameter", name, parameters), "query", name)
        for name in names
        if name not in known
    ]
    return limited([*unknown, *twice])


def not_a_boolean(name: str) -> Fault:
    """The fault of a query parameter that is neither true nor false."""
    return fault(f"{name}: write true or false", "query", name)


def fault(detail: str, *location: str | int, known: Container[object] = ()) -> Fault:
    """A fault at a location in the body."""
    return {"detail": detail, "pointer": _pointer(location, known)}


def limited(faults: Iterable[Fault]) -> list[Fault]:
    """The first faults: at most ten, and no more than fit into a problem."""
    kept: list[Fault] = []
    size = 0
    for each in faults:
        size += len(json.dumps(each))
        if kept and (size > LARGEST or len(kept) == MAX_ERRORS):
            break
        kept.append(each)
    return kept


def unknown_name(kind: str, name: str, known: dict[str, str]) -> str:
    """The sentence on an unknown name; `known` has the known ones by their normalised form."""
    near = _nearest(name, known)
    return f"this {kind} is not known" + (f"; did you mean {near}?" if near else "")


def normalised(name: str) -> str:
    """A name without its case and its separators."""
    return re.sub("[_ -]", "", name).lower()


def _nearest(name: str, known: dict[str, str]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415  # not needed at a cold start

    if len(name) > LONGEST_NAME:
        return None
    plain = normalised(name)
    if plain in known or len(known) > MOST_COMPARED:
        return known.get(plain)
    near = get_close_matches(plain, known, n=1)
    return known[near[0]] if near else None


def _pointer(location: Sequence[str | int], known: Container[object]) -> str:
    """A JSON pointer (RFC 6901).

    It ends before an unknown name with characters other than letters and underscores.
    """
    parts = []
    for part in location:
        is_plain = not isinstance(part, str) or re.fullmatch(r"[A-Za-z_]{1,32}", part)
        if not is_plain and part not in known:
            break
        parts.append(str(part).replace("~", "~0").replace("/", "~1"))
    return "/".join(["#", *parts])
