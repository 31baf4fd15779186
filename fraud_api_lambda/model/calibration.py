"""Calibration: from the margin (log-odds) to a fraud probability.

Training and serving share this code. It uses `math` for columns too, because NumPy's `exp` differs
in the last bit.

References
----------
J. Platt: Probabilistic outputs for support vector machines, 1999.
M. Kull, T. Silva Filho, P. Flach: Beta calibration, AISTATS 2017, equation 6.
B. Zadrozny, C. Elkan: Transforming classifier scores, KDD 2002 (isotonic).
"""

import math
from bisect import bisect_right
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar, Final

from fraud_api_lambda.domain.checks import check_fields, check_number, check_positive

SURE: Final = 1e-12
"""The smallest distance of a probability from 0 and 1: no model is certain."""


@dataclass(frozen=True, slots=True)
class NoCalibration:
    """No calibration: the margin is the log-odds."""

    method: ClassVar[str] = "none"

    def log_odds_of(self, margin: float) -> float:
        """The log-odds of fraud for a margin."""
        return margin


@dataclass(frozen=True, slots=True)
class Platt:
    """Platt scaling: an increasing line."""

    method: ClassVar[str] = "platt"
    slope: float
    intercept: float

    def __post_init__(self) -> None:
        check_positive("slope", self.slope)
        check_number("intercept", self.intercept)

    def log_odds_of(self, margin: float) -> float:
        """The log-odds of fraud for a margin."""
        return self.slope * margin + self.intercept


@dataclass(frozen=True, slots=True)
class Beta:
    """Beta calibration: a slope for the log of the probability, and one for its complement."""

    method: ClassVar[str] = "beta"
    a: float
    b: float
    c: float

    def __post_init__(self) -> None:
        check_positive("a", self.a)
        check_positive("b", self.b)
        check_number("c", self.c)

    def log_odds_of(self, margin: float) -> float:
        """The log-odds of fraud for a margin."""
        return self.b * softplus(margin) - self.a * softplus(-margin) + self.c


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Isotonic regression: lines between knots with increasing coordinates.

    Attributes
    ----------
    margins, log_odds : tuple of float, shape (n_knots,)
        The knots: margins and their log-odds of fraud.
    """

    method: ClassVar[str] = "isotonic"
    margins: tuple[float, ...]
    log_odds: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_rising("margins", self.margins)
        _check_rising("log_odds", self.log_odds)
        if len(self.margins) != len(self.log_odds):
            raise ValueError("margins and log_odds are not of one length")

    def log_odds_of(self, margin: float) -> float:
        """The log-odds of fraud; outside the knots the slope is 1."""
        margins, log_odds = self.margins, self.log_odds
        above = bisect_right(margins, margin)
        if above == 0:
            return log_odds[0] + (margin - margins[0])
        if above == len(margins):
            return log_odds[-1] + (margin - margins[-1])
        share = (margin - margins[above - 1]) / (margins[above] - margins[above - 1])
        return log_odds[above - 1] + share * (log_odds[above] - log_odds[above - 1])


type Calibration = NoCalibration | Platt | Beta | Isotonic
"""The four kinds; all are strictly increasing."""

KINDS: Final[tuple[type[Calibration], ...]] = (NoCalibration, Platt, Beta, Isotonic)


def from_dict(value: object) -> Calibration:
    """The calibration that `as_dict` wrote.

    Raises
    ------
    ValueError
        If its method is none of the four, or its numbers are not finite or would not increase.
    """
    method = value.get("method") if isinstance(value, dict) else None
    kind = next((kind for kind in KINDS if kind.method == method), None)
    if kind is None:
        raise ValueError(f"method is none of {', '.join(kind.method for kind in KINDS)}")
    given = check_fields("it", value, ("method", *kind.__match_args__))
    values = [given[name] for name in kind.__match_args__]
    frozen: list[Any] = [tuple(value) if isinstance(value, list) else value for value in values]
    return kind(*frozen)


def as_dict(calibration: Calibration) -> dict[str, object]:
    """Plain data, as bundles hold it and ``GET /model`` serves it."""
    return {"method": calibration.method, **asdict(calibration)}


def calibrated(margin: float, calibration: Calibration) -> float:
    """The fraud probability of a margin (the booster's log-odds), in [`SURE`, 1 - `SURE`]."""
    log_odds = calibration.log_odds_of(margin)
    if log_odds >= 0:
        return min(1.0 / (1.0 + math.exp(-log_odds)), 1.0 - SURE)
    odds = math.exp(log_odds)
    return max(odds / (1.0 + odds), SURE)


def softplus(margin: float) -> float:
    """``log(1 + exp(margin))``, which is minus the log of the probability of genuine."""
    return max(margin, 0.0) + math.log1p(math.exp(-abs(margin)))


def _check_rising(name: str, values: object) -> None:
    if not isinstance(values, tuple) or not values:
        raise ValueError(f"{name} is not a list of at least one number")
    for index, value in enumerate(values):
        check_number(f"{name}[{index}]", value)
    if not all(low < high for low, high in pairwise(values)):
        raise ValueError(f"{name} does not rise from each number to the next")
