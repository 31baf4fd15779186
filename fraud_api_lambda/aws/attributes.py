"""The attributes of items as DynamoDB writes them in JSON: texts, whole numbers and bytes. Pure."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Final

type Values = Mapping[str, str | int | bytes]


def encoded(values: Values) -> dict[str, dict[str, str]]:
    """Values with their types."""
    return dict(_attributes(values.items()))


def _attributes(
    values: Iterable[tuple[str, str | int | bytes]],
) -> Iterable[tuple[str, dict[str, str]]]:
    for name, value in values:
        if isinstance(value, str):
            yield name, {"S": value}
        elif isinstance(value, bytes):
            yield name, {"B": b64encode(value).decode()}
        else:
            yield name, {"N": str(value)}


def decoded(attributes: Mapping[str, Mapping[str, str]]) -> Values:
    """The values of those attributes that have one of the three types."""
    return {
        name: _DECODERS[kind](value)
        for name, attribute in attributes.items()
        for kind, value in attribute.items()
        if kind in _DECODERS
    }


_DECODERS: Final[Mapping[str, Any]] = {"S": str, "N": int, "B": b64decode}
