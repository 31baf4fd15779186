"""Problems of a schema's file, in words and with their lines."""

import re
from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic_core import ErrorDetails

UNDECIDED: Final = "?"
"""What a drafted schema says where only a person can decide."""

type Problem = tuple[tuple[str, ...], str]
"""The keys that lead to a value, and what is wrong with it and what would be right."""


def problem_of(
    error: ErrorDetails, keys_beside: Callable[[tuple[str, ...]], Sequence[str]]
) -> Problem:
    """Say in the words of the file what Pydantic found; `keys_beside` lists a table's keys."""
    path, given = _keys(tuple(map(str, error["loc"]))), error["input"]
    match error["type"]:
        case "missing":
            what = "missing; name the column" if path[0] == "roles" else "missing"
        case "extra_forbidden":
            what = f"unknown key; {hint(path[-1], keys_beside(path[:-1]))}"
        case "literal_error":
            options = re.findall(r"'(\w+)'", error["msg"])
            what = f"{shown(given)} is not known; {hint(str(given), options)}"
            if given == UNDECIDED:
                what = f"'?' is undecided: write one of {', '.join(options)}"
        case "value_error":
            what = error["msg"].removeprefix("Value error, ")
        case "union_tag_not_found":
            what = f"{shown(given)} is no kind; write number, flag or category"
        case _:
            what = f"{shown(given)}: {error['msg']}"
    return path, what


def _keys(location: tuple[str, ...]) -> tuple[str, ...]:
    """The file's keys that lead to a value, without the name of the form that was tried."""
    has_form = location[:1] == ("attributes",) or location[:2] == ("roles", "time")
    return location[:2] + location[3:] if has_form else location


def in_file(path: Path, text: str, problem: Problem) -> str:
    """A problem with its file, its line and its keys."""
    keys, message = problem
    number = _line_number(text, keys)
    where = f"{path}, line {number}" if number else str(path)
    return f"{where}, {'.'.join(keys)}: {message}" if keys else f"{where}: {message}"


def _line_number(text: str, keys: tuple[str, ...]) -> int | None:
    """The line of the innermost key that has one of its own; `tomllib` gives none."""
    table: tuple[str, ...] = ()
    here: tuple[str, ...]
    found, depth = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            here = table = tuple(header[1].strip().split("."))
        elif key := re.match(r"""\s*["']?([^"'=#]+?)["']?\s*=""", line):
            here = (*table, key[1])
        else:
            continue
        if len(here) > depth and here == keys[: len(here)]:
            found, depth = number, len(here)
    return found


def hint(given: str, names: Collection[str]) -> str:
    """The name that is nearest to a given one, or all of them."""
    near = get_close_matches(given, list(names), 1)
    return f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names) or 'none'}"


def shown(value: Any) -> str:
    """A value as it can stand in a line."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
