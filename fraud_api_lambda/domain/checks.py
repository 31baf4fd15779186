"""Checks of values that may have been edited by hand. Pure.

Each raises `ValueError` with the name of the value and the rule that it breaks.
"""

import math
from collections.abc import Collection
from typing import Any, Final

LARGEST: Final = 1e100
"""The largest parameter of a model: sums and products with an amount stay finite."""

JsonObject = dict[str, Any]
"""A JSON object that is passed on unread. Not a `type`: Pydantic would name it in OpenAPI."""

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 100_000
MAX_INTEGER: Final = 2**63 - 1


def check_number(name: str, value: object, low: float = -LARGEST, high: float = LARGEST) -> float:
    """The value, if it is a float from `low` to `high`; NaN is in no range."""
    if not isinstance(value, float) or not low <= value <= high:
        raise ValueError(f"{name} is not a number from {low:g} to {high:g}")
    return value


def check_positive(name: str, value: object) -> float:
    """The value, if it is a float above 0, up to `LARGEST`."""
    if not isinstance(value, float) or not 0 < value <= LARGEST:
        raise ValueError(f"{name} is not a number above 0, up to {LARGEST:g}")
    return value


def check_fields(name: str, value: object, names: Collection[str]) -> dict[str, Any]:
    """The value, if it is a dict with these keys and no others."""
    keys = value.keys() if isinstance(value, dict) else set()
    if not isinstance(value, dict) or keys != set(names):
        differing = ", ".join(sorted(map(repr, keys ^ set(names))))
        raise ValueError(f"{name} is not a dict of its fields; these differ: {differing}")
    return value


def check_json(name: str, value: object) -> None:
    """Refuse values that JSON cannot represent: NaN, bytes, keys of other types, lone surrogates.

    Depth and number of values are limited, so data that refers to itself is refused as well.
    """
    pending: list[tuple[object, int]] = [(value, 0)]
    seen = 0
    while pending:
        item, depth = pending.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > MAX_VALUES:
            raise ValueError(f"{name} is deeper than {MAX_DEPTH} or over {MAX_VALUES} values")
        match item:
            case list():
                pending += [(child, depth + 1) for child in item]
            case dict():
                pending += [(child, depth + 1) for pair in item.items() for child in pair]
                if not all(isinstance(key, str) for key in item):
                    raise ValueError(f"{name} has a key that is not a string")
            case _ if not _is_scalar(item):
                raise ValueError(f"{name} holds a value that JSON cannot represent")


def _is_scalar(value: object) -> bool:
    match value:
        case None | bool():
            return True
        case int():
            return -MAX_INTEGER <= value <= MAX_INTEGER
        case float():
            return math.isfinite(value)
        case str():
            return value.isascii() or is_unicode(value)
    return False


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: it has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
