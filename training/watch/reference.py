"""The reference of a model, which its bundle holds: distributions of payments in training. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from training.watch.distributions import Counted
from training.watch.histograms import DIGITS, Bins, Histogram
from training.watch.measured import Subject
from training.watch.sample import SCORE_SUBJECT, Sample

REVIEW, BLOCK = 1, 2
DECISIONS: Final = {"review": REVIEW, "block": BLOCK}


class NoReferenceError(Exception):
    """Raise when a model has no reference that can be compared with."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Payments that a model was not fitted on, scored by it.

    Attributes
    ----------
    shown : str
        Their period in words.
    rows : int
    histograms : dict of Histogram
        By subject, the score among them.
    unseen : dict of Counted
        Values that the model does not know, by open category.
    decided : dict of Counted
        Payments to review and to block; empty if the rows lack some that were blocked.
    frauds : Counted or None
        Among all labelled rows of the training; None if the rows lack some that were blocked.
    """

    shown: str
    rows: int
    histograms: Mapping[str, Histogram]
    unseen: Mapping[str, Counted]
    decided: Mapping[str, Counted]
    frauds: Counted | None

    @classmethod
    def of(
        cls, sample: Sample, subjects: tuple[Subject, ...], shown: str, *, frauds: Counted | None
    ) -> Self:
        """Describe a sample; without a count of frauds, its decisions are left out too."""
        watched = (*subjects, SCORE_SUBJECT)
        decided = {} if frauds is None else decided_in(sample)
        return cls(
            shown=shown,
            rows=len(sample),
            histograms={each.name: sample.histogram(each, sample.bins(each)) for each in watched},
            unseen={name: sample.counted(column) for name, column in sample.unseen.items()},
            decided=decided,
            frauds=frauds,
        )

    def of_log(self) -> Self:
        """What can be compared with an exported log, which lacks payments that were blocked."""
        return replace(self, decided={}, frauds=None)

    def to_bytes(self) -> bytes:
        """JSON, the same bytes for the same payments."""
        content = {
            "shown": self.shown,
            "rows": self.rows,
            "histograms": {name: _histogram(each) for name, each in self.histograms.items()},
            "unseen": _all(self.unseen, _counted),
            "decided": _all(self.decided, _counted),
            "frauds": None if self.frauds is None else _counted(self.frauds),
        }
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()

    @classmethod
    def of_bytes(cls, data: bytes | None, subjects: tuple[Subject, ...]) -> Self:
        """Read the reference of a bundle with these subjects.

        Raises
        ------
        NoReferenceError
            If the bundle has none, or one of other numbers.
        """
        if data is None:
            raise NoReferenceError("it was trained before models had one")
        try:
            found = cls._read(json.loads(data))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise NoReferenceError("its reference cannot be read") from error
        if found.histograms.keys() != {each.name for each in (*subjects, SCORE_SUBJECT)}:
            raise NoReferenceError("its reference is of other features")
        return found

    @classmethod
    def _read(cls, content: dict[str, Any]) -> Self:
        frauds = content["frauds"]
        return cls(
            shown=str(content["shown"]),
            rows=int(content["rows"]),
            histograms=_all(content["histograms"], _read_histogram),
            unseen=_all(content["unseen"], _read_counted),
            decided=_all(content["decided"], _read_counted),
            frauds=None if frauds is None else _read_counted(frauds),
        )


def decided_in(sample: Sample) -> dict[str, Counted]:
    """The payments of a sample to review and to block."""
    return {
        name: sample.counted_in_bursts((sample.decided == number).astype(float))
        for name, number in DECISIONS.items()
    }


def _histogram(histogram: Histogram) -> dict[str, object]:
    bins = histogram.bins
    return {
        "levels" if bins.are_levels else "edges": bins.cuts,
        "counts": [_plain(count) for count in histogram.counts],
        "n": _plain(histogram.n),
    }


def _read_histogram(content: Mapping[str, Any]) -> Histogram:
    are_levels = "levels" in content
    bins = Bins(tuple(map(float, content["levels" if are_levels else "edges"])), are_levels)
    counts = tuple(map(float, content["counts"]))
    if len(counts) != bins.size:
        raise ValueError("not a count for each bin")
    return Histogram(bins, counts, float(content["n"]))


def _counted(counted: Counted) -> list[float]:
    return [_plain(number) for number in counted]


def _read_counted(content: list[float]) -> Counted:
    cases, n, effect = map(float, content)
    return Counted(cases, n, effect)


def _all[T, U](given: Mapping[str, T], change: Callable[[T], U]) -> dict[str, U]:
    return {name: change(each) for name, each in given.items()}


def _plain(number: float) -> float:
    """A number with few digits, whole if it can be."""
    rounded = float(f"{number:.{max(DIGITS, len(str(round(number))))}g}")
    return int(rounded) if rounded.is_integer() else rounded
