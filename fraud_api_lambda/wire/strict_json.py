"""Standard JSON: refuses the extensions that Python's reader accepts."""

import json
import math
from collections.abc import Iterable
from typing import Final, NoReturn

BOM: Final = b"\xef\xbb\xbf"

LONGEST_INTEGER: Final = 20
"""Digits. Longer integers are read as floats: `int` is slow for a hostile length."""

DEEPEST: Final = 32
"""The depth of nested arrays and objects; a batch needs three."""


class MalformedJsonError(ValueError):
    """Raise when bytes are not JSON; the message is fixed and repeats none of them."""


def loads(body: bytes) -> object:
    """The value of a JSON text in UTF-8.

    Raises
    ------
    MalformedJsonError
        If it is not JSON, or has a duplicate key, NaN, Infinity, a number beyond binary64, a lone
        surrogate, a byte order mark, or nests too deeply.
    """
    if body.startswith(BOM):
        raise MalformedJsonError("the body begins with a byte order mark")
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
        if b"\\u" in body:
            # A lone surrogate can be read but not written.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise MalformedJsonError("the body is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise MalformedJsonError(f"the body is not JSON at character {error.pos}") from error
    except RecursionError as error:
        raise MalformedJsonError("the body nests too deeply") from error
    if _is_deeper(value, DEEPEST):
        raise MalformedJsonError("the body nests too deeply")
    return value


def _is_deeper(value: object, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [child for parent in level for child in _children(parent)]
    return any(isinstance(child, dict | list) for child in level)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedJsonError("a key occurs twice in one object")
    return value


def _integer(text: str) -> float:
    return int(text) if len(text) <= LONGEST_INTEGER else _number(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise MalformedJsonError("a number is too large")
    return value


def _constant(_: str) -> NoReturn:
    raise MalformedJsonError("NaN and Infinity are not JSON")
