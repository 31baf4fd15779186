"""Possible cuts in time: every window holds a fraud and a genuine row, and hours stay whole."""

from dataclasses import dataclass

import numpy as np


class NoCutError(Exception):
    """Raise when no cut in time leaves a fraud and a genuine row in every window."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps of a file's rows.

    Attributes
    ----------
    frauds : ndarray of shape (n_frauds,), int
        The step of each fraud, sorted.
    genuine : ndarray of shape (n_hours,), int
        Distinct steps with a genuine row, sorted.
    """

    frauds: np.ndarray
    genuine: np.ndarray

    @classmethod
    def of(cls, steps: np.ndarray, is_fraud: np.ndarray) -> "Timeline":
        """The timeline of labelled rows."""
        return cls(np.sort(steps[is_fraud]), np.unique(steps[~is_fraud]))

    @property
    def first(self) -> int:
        """The first step."""
        return min(int(steps[0]) for steps in (self.frauds, self.genuine) if steps.size)

    @property
    def last(self) -> int:
        """The last step."""
        return max(int(steps[-1]) for steps in (self.frauds, self.genuine) if steps.size)

    def until(self, step: int) -> "Timeline":
        """The timeline of the rows up to `step`, inclusive."""
        return Timeline(self.frauds[self.frauds <= step], self.genuine[self.genuine <= step])

    def step_at_fraud_share(self, share: float) -> int:
        """The step at which `share` of the frauds have occurred."""
        return int(self.frauds[min(int(share * len(self.frauds)), len(self.frauds) - 1)])

    def earliest_end(self, start: int, *, windows: int = 1) -> int:
        """The end of the shortest consecutive windows from `start` with both classes in each.

        Raises
        ------
        NoCutError
            If the data ends before the last of these windows.
        """
        for _ in range(windows):
            later = [kind[np.searchsorted(kind, start) :] for kind in (self.frauds, self.genuine)]
            if not all(map(len, later)):
                raise NoCutError
            start = max(int(steps[0]) for steps in later) + 1
        return start - 1

    def latest_start(self, end: int) -> int:
        """The start of the shortest window up to `end` with both classes.

        Raises
        ------
        NoCutError
            If there is no such window.
        """
        earlier = [
            kind[: np.searchsorted(kind, end, side="right")] for kind in (self.frauds, self.genuine)
        ]
        if not all(map(len, earlier)):
            raise NoCutError
        return min(int(steps[-1]) for steps in earlier)

    def nearest_cuts(self, wanted: list[int]) -> list[int]:
        """The last step of every window but the last, as near to `wanted` as possible.

        Raises
        ------
        NoCutError
            If no cuts leave both classes in every window.
        """
        start, cuts = self.first, []
        for step, latest in zip(wanted, self._latest_cuts(len(wanted)), strict=True):
            earliest = self.earliest_end(start)
            if earliest > latest:
                raise NoCutError
            cuts.append(min(max(step, earliest), latest))
            start = cuts[-1] + 1
        return cuts

    def _latest_cuts(self, n_cuts: int) -> list[int]:
        cuts, end = [], self.last
        for _ in range(n_cuts):
            end = self.latest_start(end) - 1
            cuts.append(end)
        return cuts[::-1]

    def nearest_bounds(self, test_from: int, gap: int, *, windows: int) -> tuple[int, int]:
        """The last training step and the first test step, as near to `test_from` as possible.

        Parameters
        ----------
        test_from : int
        gap : int
            Steps between the two.
        windows : int
            Number of windows before the test.

        Raises
        ------
        NoCutError
            If the data is too short for such a gap.
        """
        earliest = self.earliest_end(self.first, windows=windows) + gap + 1
        latest = self.latest_start(self.last)
        if earliest > latest:
            raise NoCutError
        test_from = min(max(test_from, earliest), latest)
        return test_from - gap - 1, test_from

    def longest_gap(self, *, windows: int) -> int:
        """The largest number of steps between training and test.

        Raises
        ------
        NoCutError
            If the data is too short for both.
        """
        gap = self.latest_start(self.last) - self.earliest_end(self.first, windows=windows) - 1
        if gap < 0:
            raise NoCutError
        return gap
