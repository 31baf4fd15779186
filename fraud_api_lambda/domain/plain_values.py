"""Values of plain data that may have been edited by hand. Pure.

Each function gives the value if it is as named, and raises `ValueError` with the name of the field
and the rule that it breaks.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, Final

from fraud_api_lambda.domain.checks import JsonObject, check_fields, check_number

LONGEST: Final = 128
"""Characters of a name or a value."""

MOST: Final = 100_000
"""Entries of a list or a table."""

_UNSHOWN: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and surrogates, which no JSON can hold."""


def plain(value: object) -> Any:
    """A copy in which tuples are lists and members of enumerations are texts."""
    match value:
        case StrEnum():
            return str(value)
        case tuple() | list():
            return [plain(each) for each in value]
        case dict():
            return {key: plain(each) for key, each in value.items()}
    return value


def dataclass_fields(kind: type, name: str, value: object) -> JsonObject:
    """A dict of the fields of a dataclass."""
    return check_fields(name, value, [field.name for field in fields(kind)])


def text(name: str, value: object, *, least: int = 1) -> str:
    """A text of up to `LONGEST` characters."""
    if not isinstance(value, str) or not least <= len(value) <= LONGEST:
        raise ValueError(f"{name} is not a text of {least} to {LONGEST} characters")
    if not value.isprintable() and _UNSHOWN.search(value):
        raise ValueError(f"{name} has control characters")
    return value


def choice[T: StrEnum](kind: type[T], name: str, value: object) -> T:
    """A member of an enumeration."""
    if not isinstance(value, str) or value not in list(kind):
        raise ValueError(f"{name} is none of {', '.join(kind)}")
    return kind(value)


def whole(name: str, value: object, most: int) -> int:
    """A whole number from 0."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{name} is not a whole number from 0 to {most:,}")
    return value


def flag(name: str, value: object) -> bool:
    """The value, if it is true or false."""
    if type(value) is not bool:
        raise ValueError(f"{name} is neither true nor false")
    return value


def share(name: str, value: object) -> float:
    """A number from 0 to 1."""
    return check_number(name, value, 0.0, 1.0)


def items(name: str, value: object) -> list[Any]:
    """A list."""
    if not isinstance(value, list) or len(value) > MOST:
        raise ValueError(f"{name} is not a list of up to {MOST:,}")
    return value


def texts(name: str, value: object) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(name, each) for each in items(name, value))


def numbers(name: str, value: object) -> tuple[float, ...]:
    """A list of numbers."""
    return tuple(check_number(name, each) for each in items(name, value))


def optional[T](read: Callable[[str, Any], T], name: str, value: object) -> T | None:
    """None, or a value that `read` accepts."""
    return None if value is None else read(name, value)


def table[T](read: Callable[[str, Any], T], name: str, value: object) -> Mapping[str, T]:
    """A dict of values that `read` accepts."""
    if not isinstance(value, dict) or len(value) > MOST:
        raise ValueError(f"{name} is not a table of up to {MOST:,}")
    return {text(f"a key of {name}", key): read(f"{name}.{key}", it) for key, it in value.items()}
