"""Arithmetic that serves one payment and a column of millions alike. Pure."""

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

type Value = Any
"""A float, int or bool, or a NumPy column of them. The image has no NumPy to name it by."""

type Where = Callable[[Value, Value, Value], Value]
"""Chooses by a condition: `choose` for one payment, `numpy.where` for columns."""


def choose(condition: Value, yes: Value, no: Value) -> Value:
    """Return `yes` or `no`, by the condition of one payment."""
    return yes if condition else no


class Arithmetic(NamedTuple):
    """The operations beside ``+ - * /``, ``abs`` and comparisons.

    All of them round correctly, so one payment and a column give the same bits on every machine.
    """

    where: Where
    sqrt: Callable[[Value], Value]


SINGLE: Final = Arithmetic(choose, math.sqrt)
"""Arithmetic on one payment."""
