"""The goal of the threshold, as in `train --goal`."""

from dataclasses import dataclass
from typing import Final

from training.errors import InputError

COST: Final = "cost"
"""The goal of the least cost: see `costs.cheapest_threshold`."""

GOALS: Final = ("recall:SHARE", "precision:SHARE", COST)
"""The forms that `--help` shows."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal of the threshold: at least `minimum` of recall or precision, at the best of the other.

    The metric "cost" has no minimum: the threshold is the one with the least cost.
    """

    metric: str
    minimum: float

    @classmethod
    def parse(cls, text: str) -> "Goal":
        """Parse ``recall:0.75``, ``precision:0.9`` or ``cost``.

        Raises
        ------
        InputError
            If the text has another form.
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
