"""What the threshold has to reach, as `train --goal` names it. Knows no data."""

from dataclasses import dataclass
from typing import Final

from training.errors import InputError

COST: Final = "cost"
"""The goal of the threshold that costs least: see `costs.cheapest_threshold`."""

GOALS: Final = ("recall:SHARE", "precision:SHARE", COST)
"""As help shows them."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the threshold has to reach: at least `minimum` of `metric`, at the best of the other.

    For the metric "cost" it is the least.
    """

    metric: str
    minimum: float

    @classmethod
    def parse(cls, text: str) -> "Goal":
        """The goal written as ``recall:0.75``, ``precision:0.9`` or ``cost``.

        Raises
        ------
        InputError
            If it is written otherwise.
        """
        if text == COST:
            return cls(COST, 0.0)
        metric, _, number = text.partition(":")
        try:
            minimum = float(number)
        except ValueError:
            minimum = -1.0
        if metric not in {"recall", "precision"} or not 0 < minimum <= 1:
            raise InputError(
                f"--goal {text}: write cost, or recall:0.75 or precision:0.9 with a number above 0 "
                "up to 1"
            )
        return cls(metric, minimum)

    def __str__(self) -> str:
        return COST if self.metric == COST else f"{self.metric}:{self.minimum:g}"
