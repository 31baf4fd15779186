"""Measures, their statistics, and the targets to meet. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from training.errors import CheckFailedError

(
    COLD,
    APPROVED,
    BLOCKED,
    EXPLAIN,
    BATCH,
    READ,
    WRITE,
    OWN,
    CPU,
    HTTP,
    MEMORY,
    PEAK,
    PACKAGES,
) = (
    "cold start",
    "approved payment",
    "blocked payment",
    "?explain=true",
    "batch of 100",
    "empty BatchGetItem",
    "empty TransactWriteItems",
    "own part of an answer with memory",
    "CPU time of an answer with memory",
    "requests on one core",
    "memory after the warm run",
    "peak memory",
    "packages",
)

UNITS: Final = {
    **dict.fromkeys((COLD, APPROVED, BLOCKED, EXPLAIN, BATCH), "ms"),
    **dict.fromkeys((READ, WRITE, OWN, CPU), "ms"),
    HTTP: "/s",
    **dict.fromkeys((MEMORY, PEAK, PACKAGES), "MB"),
}

LIKE: Final = {EXPLAIN: APPROVED, BATCH: APPROVED, OWN: APPROVED, CPU: APPROVED}
"""Measures without a counterpart in the tutorial are compared with its approved payment."""

Samples = Mapping[tuple[str, str], Sequence[float]]
"""By measure and stack, in the measure's unit."""

Statistic = Literal["median", "p99", "p99.9"]

QUANTILES: Final[dict[Statistic, float]] = {"median": 0.5, "p99": 0.99, "p99.9": 0.999}
FEWEST: Final[dict[Statistic, int]] = {"median": 1, "p99": 100, "p99.9": 1_000}


def statistic(samples: Sequence[float], which: Statistic) -> float | None:
    """The statistic of the samples, or None if they are too few for it."""
    if len(samples) < FEWEST[which]:
        return None
    return float(np.quantile(samples, QUANTILES[which]))


def ratio(samples: Samples, measure: str, stack: str, to: str) -> float | None:
    """A stack's median divided by another's, of the same measure or its counterpart in `LIKE`."""
    other = samples.get((measure, to)) or samples.get((LIKE.get(measure, measure), to))
    if not other or stack == to:
        return None
    return float(np.median(samples[measure, stack]) / np.median(other))


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure: a statistic of a measure of a stack."""

    measure: str
    stack: str
    statistic: Statistic = "median"

    def of(self, samples: Samples) -> float | None:
        """Its value."""
        return statistic(samples[self.measure, self.stack], self.statistic)


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a figure may be, by itself or relative to another figure."""

    reading: Reading
    most: float
    per: Reading | None = None
    aim: float | None = None

    def value(self, samples: Samples) -> float | None:
        """The value to compare with `most`; None if samples are too few."""
        value = self.reading.of(samples)
        other = self.per.of(samples) if self.per else 1.0
        return value / other if value is not None and other else None

    def is_met(self, samples: Samples) -> bool | None:
        """Whether the target is met; None if samples are too few."""
        value = self.value(samples)
        return None if value is None else value <= self.most

    def __str__(self) -> str:
        of = self.reading.statistic
        if self.per is None:
            return f"{self.reading.measure}, {self.reading.stack}, {UNITS[self.reading.measure]}"
        if self.reading.measure == self.per.measure:
            return f"{self.reading.measure}, {of}, {self.reading.stack} / {self.per.stack}"
        return (
            f"{self.reading.measure}, {of}, {self.reading.stack} / "
            f"{self.per.measure}, {self.per.stack}"
        )


_TUTORIALS: Final = Reading(APPROVED, "tutorial")
_OURS: Final = Reading(APPROVED, "ours")

TARGETS: Final = (
    Target(Reading(COLD, "ours"), 0.30, Reading(COLD, "tutorial"), aim=0.20),
    Target(_OURS, 1 / 12, _TUTORIALS, aim=1 / 15),
    Target(_OURS, 1.5, Reading(APPROVED, "floor")),
    Target(Reading(APPROVED, "ours", "p99"), 0.25, Reading(APPROVED, "tutorial", "p99"), aim=0.10),
    Target(Reading(EXPLAIN, "ours"), 1.0, _TUTORIALS),
    Target(Reading(BLOCKED, "ours"), 1.0, _TUTORIALS),
    Target(Reading(BATCH, "ours"), 3.0, _OURS),
    Target(Reading(PACKAGES, "ours"), 120.0, aim=60.0),
    Target(Reading(OWN, "ours with memory"), 1.5),
    Target(Reading(COLD, "ours with memory"), 1.10, Reading(COLD, "ours")),
)


def require_targets(samples: Samples) -> None:
    """Raise `CheckFailedError` if a target is missed; one with too few samples does not count."""
    missed = [str(target) for target in TARGETS if target.is_met(samples) is False]
    if missed:
        raise CheckFailedError(
            f"{len(missed)} of {len(TARGETS)} targets missed: {'; '.join(missed)}"
        )


def as_data(samples: Samples) -> dict[str, Any]:
    """Every figure and target as JSON-ready data."""
    figures = [
        {
            "measure": measure,
            "stack": stack,
            "unit": UNITS[measure],
            "samples": len(values),
            **{which: statistic(values, which) for which in QUANTILES},
            "to_tutorial": ratio(samples, measure, stack, "tutorial"),
            "to_floor": ratio(samples, measure, stack, "floor"),
        }
        for (measure, stack), values in samples.items()
    ]
    targets = [
        {
            "target": str(target),
            "value": target.value(samples),
            "most": target.most,
            "aim": target.aim,
            "is_met": target.is_met(samples),
        }
        for target in TARGETS
    ]
    return {"figures": figures, "targets": targets}
