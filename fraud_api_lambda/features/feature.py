"""The properties of a feature and of an input. Pure."""

from enum import StrEnum, auto
from typing import NamedTuple


class Family(StrEnum):
    """The facts that a feature is made of."""

    PAYMENT = auto()
    """The amount and the attributes."""

    CLOCK = auto()
    """The hour. Never the day: a few weeks of data name single days by it."""

    BALANCE = auto()
    """The balance, and the amount's relation to it."""

    HISTORY = auto()
    """Earlier payments of the accounts, and those known as frauds."""


class Measure(StrEnum):
    """The observation that a feature can stand for; reasons, resampling and plots go by it."""

    AMOUNT = auto()
    LEVEL = auto()
    """Whether a category has this value."""

    RATE = auto()
    """The fraud rate of a category's value."""

    FLAG = auto()
    NUMBER = auto()
    COORDINATE = auto()
    DISTANCE = auto()
    """In kilometres."""

    HOUR = auto()
    BALANCE = auto()
    SHARE = auto()
    """The amount against the balance."""

    COUNT = auto()
    """Of payments; an input only."""

    HISTORY = auto()
    """A number of an account's history."""


DISCRETE = frozenset({Measure.LEVEL, Measure.FLAG, Measure.HOUR})
"""These have few values, and none between them."""


class Feature(NamedTuple):
    """A number that the booster takes.

    Attributes
    ----------
    name : str
    measure : Measure
    attribute : str
        The attribute that it is made of; empty for a role.
    level : str
        The value of a category that it stands for.
    other : str
        The other place of a distance.
    derived : bool
        Follows from the inputs, so it is computed again after resampling.
    account : str
        The account whose history it is of, by its name in `Learned.histories`.
    number : str
        The number of that history.
    """

    name: str
    measure: Measure
    attribute: str = ""
    level: str = ""
    other: str = ""
    derived: bool = False
    account: str = ""
    number: str = ""


class Input(NamedTuple):
    """A number that the features are computed from, and that SMOTE interpolates.

    Attributes
    ----------
    name : str
    measure : Measure
    attribute : str
        The attribute that it belongs to; empty for a role. The levels of one category exclude each
        other.
    """

    name: str
    measure: Measure
    attribute: str = ""


def missing(attribute: str) -> Input:
    """The input that tells whether an attribute is missing."""
    return Input(f"{attribute}_missing", Measure.FLAG)
