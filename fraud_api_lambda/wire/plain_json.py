"""The fast path: parses and validates a correct body in one pass of Pydantic.

It is five times as fast as `strict_json` and a later validation. All other bodies are left to
`strict_json`, which explains the fault.
"""

from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

SPACES_AFTER_A_QUOTE: Final = (b'" ', b'"\n', b'"\t', b'"\r')


def read[T](
    body: bytes, validate: Callable[[bytes], T], count_keys: Callable[[T], int]
) -> T | None:
    """The valid value of a body, or None if `strict_json` has to read it.

    Pydantic's parser refuses everything that `strict_json` refuses, except a repeated key.

    Parameters
    ----------
    body : bytes
    validate : callable
        Parses and validates JSON; raises `ValidationError`.
    count_keys : callable
        The number of distinct keys in a value.
    """
    try:
        value = validate(body)
    except ValidationError:
        return None
    return value if _has_as_few_keys(body, count_keys(value)) else None


def _has_as_few_keys(body: bytes, n_keys: int) -> bool:
    """Whether a JSON text has exactly `n_keys` keys; it has at least that many.

    A colon follows each key. If the number of colons is equal, no key is repeated. A text value,
    such as a timestamp, may hold colons; then a quote followed by a colon is counted instead. That
    count may be too high, for values with a quote and a colon, but is never too low.
    """
    if body.count(b":") == n_keys:
        return True
    if any(space in body for space in SPACES_AFTER_A_QUOTE):
        return False
    return body.count(b'":') == n_keys
