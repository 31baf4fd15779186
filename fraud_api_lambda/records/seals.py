"""Seals of items, which show a change by somebody without the secret. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from fraud_api_lambda.records.keys import Keys

type _Item = Mapping[str, str | int | bytes]

SEALED: Final = ("pk", "t", "f", "e", "d", "h", "c", "a", "v", "n", "s", "x")
"""The attributes under a seal; those that an item lacks are empty."""

OPTIONAL: Final = ("k", "g", "b", "r")
"""Further attributes under it; those that an item lacks are left out."""

LATER: Final = ("o", "y", "q", "l", "w")
"""The attributes of a record that come later or change, under a seal of their own."""


def seal(item: _Item, keys: Keys) -> bytes:
    """The seal of an item's attributes, but for the later ones."""
    parts = (_part(item.get(name, "")) for name in SEALED)
    return keys.seal("item", [*parts, *_named(item, OPTIONAL)])


def seal_later(item: _Item, keys: Keys) -> bytes:
    """The seal of the later attributes of a record that has its first seal."""
    return keys.seal("later", [_part(item["pk"]), _part(item["m"]), *_named(item, LATER)])


def is_sealed(item: _Item, keys: Keys) -> bool:
    """Whether an item is as it was sealed."""
    if item.get("m") != seal(item, keys):
        return False
    has_later = any(name in item for name in LATER)
    return item.get("u") == (seal_later(item, keys) if has_later else None)


def _named(item: _Item, names: Iterable[str]) -> Iterator[bytes]:
    """Yield the names and values of those attributes that an item has."""
    for name in names:
        if name in item:
            yield name.encode()
            yield _part(item[name])


def _part(value: str | int | bytes) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
