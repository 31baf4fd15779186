"""What outcomes say, and the end that they come to by definition, without the code under test."""

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

STRONGEST_FIRST: Final = ("chargeback", "customer", "analyst")


class Told(NamedTuple):
    """A word of a source on a payment; `at` in microseconds since the epoch."""

    source: str
    at: int
    is_fraud: bool


class End(NamedTuple):
    """What words come to.

    Attributes
    ----------
    words : str
        The latest of each source, as a record has them.
    source : str or None
        Whose word is the label.
    is_fraud : bool
        Whether that is a fraud; an unknown payment is none.
    """

    words: str
    source: str | None
    is_fraud: bool


def end_of(told: Iterable[Told]) -> End:
    """What words come to, in whatever order."""
    latest: dict[str, list[int]] = {}
    for source in STRONGEST_FIRST:
        of_source = sorted([at, int(is_fraud)] for who, at, is_fraud in told if who == source)
        if of_source:
            latest[source] = of_source[-1]
    strongest = next(iter(latest), None)
    is_fraud = strongest is not None and latest[strongest][1] == 1
    return End(json.dumps(latest, separators=(",", ":")), strongest, is_fraud)


def flips(told: Iterable[Told]) -> int:
    """How often the label of a payment changes between fraud and none while words come in."""
    so_far: list[Told] = []
    labels = [False]
    for each in told:
        so_far.append(each)
        labels.append(end_of(so_far).is_fraud)
    return sum(one != other for one, other in pairwise(labels))
