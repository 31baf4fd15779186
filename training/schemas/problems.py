"""Problems of a schema file, in plain words and with line numbers."""

import re
from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic_core import ErrorDetails

UNDECIDED: Final = "?"
"""The placeholder in a drafted schema for a decision that only a person can make."""

WANTED: Final = {
    "string_type": "one text, in quotes",
    "list_type": 'a list, such as ["a", "b"]',
    "tuple_type": 'a list, such as ["a", "b"]',
    "dict_type": "a table of lines NAME = VALUE",
    "model_type": "a table of lines NAME = VALUE",
    "model_attributes_type": "a table of lines NAME = VALUE",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "less_than_equal": "{le} or less",
    "greater_than_equal": "{ge} or more",
    "too_long": "at most {max_length}",
    "too_short": "at least {min_length}",
    "string_too_short": "a text that is not empty",
}
"""The value to write instead, by Pydantic's type of an error."""

type Problem = tuple[tuple[str, ...], str]
"""The keys that lead to a value, and a message with the fault and the remedy."""


def problem_of(
    error: ErrorDetails, keys_beside: Callable[[tuple[str, ...]], Sequence[str]]
) -> Problem:
    """Translate an error of Pydantic into the file's terms; `keys_beside` lists a table's keys."""
    path, given = _keys(tuple(map(str, error["loc"]))), error["input"]
    match error["type"]:
        case "missing":
            fault = _missing(path)
        case "extra_forbidden":
            fault = f"unknown key; {hint(path[-1], keys_beside(path[:-1]))}"
        case "literal_error":
            options = re.findall(r"'(\w+)'", error["msg"])
            fault = f"{shown(given)} is not known; {hint(str(given), options)}"
            if given == UNDECIDED:
                fault = f"'?' is undecided: write one of {', '.join(options)}"
        case "value_error":
            fault = error["msg"].removeprefix("Value error, ")
        case "union_tag_not_found":
            fault = f"{shown(given)} is not a kind; write number, flag or category"
        case kind if kind in WANTED:
            wanted = WANTED[kind].format(**error.get("ctx", {}))
            fault = f"{shown(given)} is not allowed; write {wanted}"
        case _:
            fault = f"{shown(given)}: {error['msg']}"
    return path, fault


def _missing(path: tuple[str, ...]) -> str:
    match path:
        case ("roles", *_):
            return "missing; name the column"
        case ("attributes", _, "kind"):
            return "missing; write number, flag or category"
        case ("attributes", _, _):
            return "missing; write both columns of the place"
    return "missing; write it"


def _keys(location: tuple[str, ...]) -> tuple[str, ...]:
    """The file's keys that lead to a value, without Pydantic's tag of the union's member."""
    has_form = location[:1] == ("attributes",) or location[:2] == ("roles", "time")
    return location[:2] + location[3:] if has_form else location


def in_file(path: Path, text: str, problem: Problem) -> str:
    """The message of a problem, after its file, line and keys."""
    keys, message = problem
    number = line_number(text, keys)
    where = f"{path}, line {number}" if number else str(path)
    return f"{where}, {'.'.join(keys)}: {message}" if keys else f"{where}: {message}"


def line_number(text: str, keys: tuple[str, ...]) -> int | None:
    """The line of the innermost key that has a line of its own; `tomllib` reports no lines."""
    table: tuple[str, ...] = ()
    here: tuple[str, ...]
    found = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            here = table = tuple(header[1].strip().split("."))
        elif key := re.match(r"""\s*["']?([^"'=#]+?)["']?\s*=""", line):
            here = (*table, key[1])
        else:
            continue
        if here == keys[: len(here)]:
            found = number
    return found


def hint(given: str, names: Collection[str]) -> str:
    """Suggest the closest name to a given one, or list all names."""
    near = get_close_matches(given, list(names), 1)
    return f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names) or 'none'}"


def shown(value: Any) -> str:
    """A value for a message, on one line and cut off if long."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
