"""Histograms of a number then and now, and the population stability index between them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from training.watch.clusters import design_effect, effective
from training.watch.distributions import Counted, chi2_quantile

QUANTILES: Final = tuple(number / 10 for number in range(1, 10))
TAIL: Final = (0.95, 0.99)
"""Quantiles between bins; those of the tail for scores, where frauds are."""

MOST_LEVELS: Final = 24
"""A number with more values has bins between quantiles. An hour has as many."""

DIGITS: Final = 6
"""Significant digits of an edge: any number near the quantile serves."""

LEAST: Final = 5.0
"""Payments to expect in a bin; the chi-squared distribution fits badly to fewer."""

NOTABLE: Final = 0.1
"""The index up to which a population counts as stable, in the usual reading."""

HALF: Final = 0.5
"""Added to each bin, so that an empty one has a logarithm."""


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins of a number: intervals, or single levels and all other values; missing is the last.

    Attributes
    ----------
    cuts : tuple of float
        Upper ends of the intervals, included, without that of the last; or the levels.
    are_levels : bool
    """

    cuts: tuple[float, ...]
    are_levels: bool

    @classmethod
    def of(cls, values: np.ndarray, weights: np.ndarray, *, tail: bool = False) -> "Bins":
        """Choose bins for values: each its own if they are few, else with equal shares."""
        present = ~np.isnan(values)
        distinct = np.unique(values[present])
        if len(distinct) <= MOST_LEVELS:
            return cls(tuple(distinct.tolist()), are_levels=True)
        shares = (*QUANTILES, *TAIL) if tail else QUANTILES
        edges = np.quantile(
            values[present], shares, weights=weights[present], method="inverted_cdf"
        )
        rounded = dict.fromkeys(float(f"{edge:.{DIGITS}g}") for edge in edges)
        return cls(tuple(sorted(rounded)), are_levels=False)

    @property
    def size(self) -> int:
        """The number of bins."""
        return len(self.cuts) + 2

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """The bin of each value, shape (n_payments,), int."""
        cuts = np.array(self.cuts)
        found = np.searchsorted(cuts, values, side="left")
        if self.are_levels and len(cuts):
            nearest = cuts[np.minimum(found, len(cuts) - 1)]
            found = np.where(nearest == values, found, len(cuts))
        return np.where(np.isnan(values), self.size - 1, found)


@dataclass(frozen=True, slots=True)
class Histogram:
    """A number's distribution.

    Attributes
    ----------
    bins : Bins
    counts : tuple of float
        Of each bin, weighted.
    n : float
        Effective number of payments.
    """

    bins: Bins
    counts: tuple[float, ...]
    n: float

    @classmethod
    def of(
        cls, values: np.ndarray, weights: np.ndarray, clusters: np.ndarray, bins: Bins
    ) -> "Histogram":
        """Count values in bins."""
        numbers = bins.numbers(values)
        counts = np.bincount(numbers, weights, bins.size)
        effect = design_effect(numbers, bins.size, weights, clusters)
        return cls(bins, tuple(counts.tolist()), effective(weights) / effect)

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of each bin; all 0 without payments."""
        total = sum(self.counts)
        return tuple(count / total if total else 0.0 for count in self.counts)

    @property
    def effect(self) -> float:
        """The number of payments over the effective one."""
        return max(1.0, sum(self.counts) / self.n) if self.n else 1.0

    def at_least(self, effect: float) -> "Histogram":
        """The same with a design effect that is at least so large."""
        return replace(self, n=self.n * min(self.effect / effect, 1.0))

    @property
    def missing(self) -> Counted:
        """The effective count of missing values."""
        return Counted(self.n * self.shares[-1], self.n, self.effect)


@dataclass(frozen=True, slots=True)
class Shift:
    """The difference of two histograms.

    Attributes
    ----------
    psi : float
        The population stability index.
    bound : float
        The index that equal populations exceed with the given probability.
    """

    psi: float
    bound: float

    @property
    def is_notable(self) -> bool:
        """Whether it is more than noise, and large."""
        return self.psi > max(NOTABLE, self.bound)


def shift(now: Histogram, before: Histogram, alpha: float) -> Shift:
    """Compare two histograms of the same bins.

    Both have at least the design effect of the other: rare values may show none in one of them.

    References
    ----------
    B. Yurdakul: Statistical properties of population stability index, Western Michigan University
    2018: the index of equal populations is about chi-squared, times the sum of 1/n.
    J. Rao, A. Scott: The analysis of categorical data from complex sample surveys, Journal of the
    American Statistical Association 1981: effective numbers of clustered payments.
    """
    now, before = now.at_least(before.effect), before.at_least(now.effect)
    pairs = _merged(_counts(before), _counts(now), min(before.n, now.n))
    if len(pairs) < 2:
        return Shift(0.0, np.inf)
    was, is_now = np.array(pairs).T + HALF
    was, is_now = was / was.sum(), is_now / is_now.sum()
    psi = float(((is_now - was) * np.log(is_now / was)).sum())
    noise = 1.0 / now.n + 1.0 / before.n
    return Shift(psi, chi2_quantile(alpha, len(pairs) - 1) * noise)


def _counts(histogram: Histogram) -> list[float]:
    return [share * histogram.n for share in histogram.shares]


def _merged(
    before: Sequence[float], now: Sequence[float], fewest: float
) -> list[tuple[float, float]]:
    """The counts of both, with neighbours joined until each bin has `LEAST` to expect in both."""
    total = sum(before) + sum(now)
    merged: list[tuple[float, float]] = []
    was = is_now = 0.0
    for pair in zip(before, now, strict=True):
        was, is_now = was + pair[0], is_now + pair[1]
        if total and (was + is_now) / total * fewest >= LEAST:
            merged.append((was, is_now))
            was = is_now = 0.0
    if merged and was + is_now:
        last = merged.pop()
        merged.append((last[0] + was, last[1] + is_now))
    return merged
