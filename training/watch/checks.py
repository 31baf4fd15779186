"""The numbers of payments then and now: which of them moved, or became constant. Pure."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from training.watch import budget
from training.watch.distributions import share_interval
from training.watch.histograms import NOTABLE, Histogram, Shift, shift
from training.watch.measured import Subject
from training.watch.reference import Reference
from training.watch.sample import SCORE_SUBJECT, Sample
from training.watch.words import bin_names, change_words, changed_bin, value_words

VISIBLE: Final = 0.25
"""The index of a large shift, in the usual reading. If the noise is larger, nothing can be told."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The comparison of one number.

    Attributes
    ----------
    subject : Subject
    before, now : Histogram
    shift : Shift
    constant : float or None
        The only value now, if that cannot be chance.
    """

    subject: Subject
    before: Histogram
    now: Histogram
    shift: Shift
    constant: float | None

    @property
    def is_alarm(self) -> bool:
        """Whether the number moved; a share of known frauds moves with each campaign."""
        if self.constant is not None:
            return True
        return self.shift.is_notable and not self.subject.follows_frauds

    @property
    def is_of_absent_values(self) -> bool:
        """Whether mostly missing or unknown values became more or fewer."""
        bins, place = self.before.bins, changed_bin(self.before, self.now)
        return place >= bins.size - (2 if bins.are_levels else 1)

    @property
    def usual(self) -> float:
        """The largest index that is no alarm."""
        return max(NOTABLE, self.shift.bound)

    @property
    def sentence(self) -> str:
        """The change in words."""
        if self.constant is not None:
            value = value_words(self.subject, self.constant)
            return f"{self.subject.words}: always {value}, which it was not in training"
        return f"{self.subject.words}: {change_words(self.subject, self.before, self.now)}"

    @property
    def detail(self) -> str:
        """The index in words."""
        if self.constant is not None:
            return ""
        return f" (stability index {self.shift.psi:.2f}, usual up to {self.usual:.2f})"

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.subject.name,
            "words": self.subject.words,
            "psi": self.shift.psi,
            "bound": None if np.isinf(self.shift.bound) else self.shift.bound,
            "is_alarm": self.is_alarm,
            "is_constant": self.constant is not None,
            "bins": bin_names(self.subject, self.before.bins),
            "before": list(self.before.shares),
            "now": list(self.now.shares),
        }


def moved(sample: Sample, reference: Reference, subjects: tuple[Subject, ...]) -> list[Moved]:
    """Compare each number, the score first."""
    watched = (SCORE_SUBJECT, *subjects)
    alpha = budget.HISTOGRAMS / len(watched)
    found = []
    for subject in watched:
        before = reference.histograms[subject.name]
        now = sample.histogram(subject, before.bins)
        only = _constant(sample.column(subject.name), before, now, budget.CONSTANTS / len(watched))
        found.append(Moved(subject, before, now, shift(now, before, alpha), only))
    return found


def _constant(values: np.ndarray, before: Histogram, now: Histogram, alpha: float) -> float | None:
    """The only value of a number that had several; None if that may be chance."""
    present = values[~np.isnan(values)]
    if not len(present) or (present != present[0]).any() or np.count_nonzero(before.counts) < 2:
        return None
    place = int(before.bins.numbers(present[:1])[0])
    usual = share_interval(before.n * before.shares[place], before.n, alpha).high
    n = now.at_least(before.effect).n * len(present) / len(values)
    return float(present[0]) if usual**n < alpha / 2 else None


def is_too_small(compared: list[Moved]) -> bool:
    """Whether there are too few payments to see a large shift in most of their own numbers."""
    visible = [
        each.shift.bound <= VISIBLE
        for each in compared
        if not each.subject.account and np.count_nonzero(each.before.counts) > 1
    ]
    return 2 * sum(visible) <= len(visible)
