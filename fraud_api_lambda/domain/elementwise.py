"""Arithmetic that serves one payment and a column of millions alike. Pure."""

from collections.abc import Callable, Mapping
from math import nan, sqrt
from typing import Any, Final, NamedTuple

type Value = Any
"""A float, int, bool or text, or a column of them. The image has no NumPy to name it by."""


type Where = Callable[[Value, Value, Value], Value]
"""Chooses by a condition: `choose` for one payment, `numpy.where` for columns."""


class Arithmetic(NamedTuple):
    """The operations beside ``+ - * /``, ``abs`` and comparisons.

    All of them round correctly, so one payment and a column give the same bits on every machine.

    Attributes
    ----------
    where : callable
    sqrt : callable
    look : callable
        Looks a text up in a table, with a default; a missing text gives NaN.
    """

    where: Where
    sqrt: Callable[[Value], Value]
    look: Callable[[Value, Mapping[str, float], float], Value]


def choose(condition: Value, yes: Value, no: Value) -> Value:
    """Return `yes` or `no`, by the condition of one payment."""
    return yes if condition else no


def is_missing(number: Value) -> Value:
    """Whether a number is NaN."""
    return number != number  # noqa: PLR0124  # the one test for NaN that serves columns too


def look_up(text: Value, table: Mapping[str, float], default: float) -> Value:
    """Return the number of a text of one payment."""
    return nan if text is None else table.get(text, default)


SINGLE: Final = Arithmetic(choose, sqrt, look_up)
"""Arithmetic on one payment."""
