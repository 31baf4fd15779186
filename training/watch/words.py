"""Changes and values in words. Pure."""

from itertools import pairwise
from math import exp
from typing import Final

import numpy as np

from training.watch.histograms import Bins, Histogram
from training.watch.measured import Subject
from training.watch.sample import SCORE

MISSING: Final = "missing"
OTHER: Final = "other values"
UNKNOWN: Final = "unknown values"
HOUR: Final = "hour"

CLEAR: Final = 0.55
"""The probability that a payment of now has a larger value than one of then, for "larger"."""


def bin_names(subject: Subject, bins: Bins) -> list[str]:
    """The names of the bins of a subject."""
    if bins.are_levels:
        return [*(_value(subject, cut) for cut in bins.cuts), _other(subject), MISSING]
    cuts = [_value(subject, cut) for cut in bins.cuts]
    between = [f"{low} to {high}" for low, high in pairwise(cuts)]
    return [f"up to {cuts[0]}", *between, f"over {cuts[-1]}", MISSING]


def value_words(subject: Subject, value: float) -> str:
    """A value of a subject in words."""
    is_unknown = bool(subject.levels) and value >= len(subject.levels)
    return "a value that the model does not know" if is_unknown else _value(subject, value)


def change_words(subject: Subject, before: Histogram, now: Histogram) -> str:
    """The change of a subject in words."""
    then, today = np.array(before.shares), np.array(now.shares)
    most = changed_bin(before, now)
    larger = _larger(then[:-1], today[:-1])
    if not before.bins.are_levels and most < before.bins.size - 1 and larger is not None:
        return f"values are {'larger' if larger else 'smaller'} than in training"
    name = bin_names(subject, before.bins)[most]
    return f"{name}: {percent(today[most])} of payments, {percent(then[most])} in training"


def changed_bin(before: Histogram, now: Histogram) -> int:
    """The bin whose share changed most."""
    return int(np.abs(np.array(now.shares) - np.array(before.shares)).argmax())


def percent(share: float) -> str:
    """A share in percent."""
    if share == 0 or share >= 0.0995:
        return f"{100 * share:.0f} %"
    return f"{100 * share:.1f} %" if share >= 0.00995 else f"{100 * share:.2g} %"


def _larger(then: np.ndarray, today: np.ndarray) -> bool | None:
    """Whether values are larger, by the order of their bins; None if they are neither."""
    if not then.sum() or not today.sum():
        return None
    then, today = then / then.sum(), today / today.sum()
    below = np.cumsum(then) - then / 2
    larger = float((today * below).sum())
    return None if 1 - CLEAR < larger < CLEAR else larger > CLEAR


def _other(subject: Subject) -> str:
    return UNKNOWN if subject.levels else OTHER


def _value(subject: Subject, value: float) -> str:
    if subject.levels:
        return subject.levels[int(value)] if value < len(subject.levels) else UNKNOWN
    if subject.name == SCORE:
        return percent(1 / (1 + exp(-value)))
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
