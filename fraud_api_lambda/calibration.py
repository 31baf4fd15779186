"""From a margin (log-odds) to a fraud probability, by plain data: the same arithmetic everywhere.

Plain `math`, for a column too: NumPy's own `exp` differs from it in the last bit.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Final

SURE: Final = 1e-12
"""How near to 0 or 1 a probability may come: a model never knows."""


def calibrated(margin: float, calibration: dict[str, Any]) -> float:
    """The fraud probability of a margin, in [`SURE`, 1 - `SURE`].

    Parameters
    ----------
    margin : float
        The booster's log-odds.
    calibration : dict
        ``{"method": "none"}``, ``{"method": "platt", "slope", "intercept"}``,
        ``{"method": "beta", "a", "b", "c"}`` or ``{"method": "isotonic", "margins", "log_odds"}``,
        all of them increasing.

    References
    ----------
    J. Platt: Probabilistic outputs for support vector machines, 1999.
    M. Kull, T. Silva Filho, P. Flach: Beta calibration, AISTATS 2017, equation 6.
    B. Zadrozny, C. Elkan: Transforming classifier scores, KDD 2002 (isotonic).
    """
    log_odds = LOG_ODDS[calibration["method"]](margin, calibration)
    if log_odds >= 0:
        return min(1.0 / (1.0 + math.exp(-log_odds)), 1.0 - SURE)
    odds = math.exp(log_odds)
    return max(odds / (1.0 + odds), SURE)


def softplus(margin: float) -> float:
    """``log(1 + exp(margin))``, which is minus the log of the probability of genuine."""
    return max(margin, 0.0) + math.log1p(math.exp(-abs(margin)))


def _platt(margin: float, calibration: dict[str, Any]) -> float:
    log_odds: float = calibration["slope"] * margin + calibration["intercept"]
    return log_odds


def _beta(margin: float, calibration: dict[str, Any]) -> float:
    log_odds: float = (
        calibration["b"] * softplus(margin)
        - calibration["a"] * softplus(-margin)
        + calibration["c"]
    )
    return log_odds


def _isotonic(margin: float, calibration: dict[str, Any]) -> float:
    """On the line between two knots; beyond the last of them as steep as the margin itself."""
    margins: Sequence[float] = calibration["margins"]
    log_odds: Sequence[float] = calibration["log_odds"]
    above = bisect_right(margins, margin)
    if above == 0:
        return log_odds[0] + (margin - margins[0])
    if above == len(margins):
        return log_odds[-1] + (margin - margins[-1])
    share = (margin - margins[above - 1]) / (margins[above] - margins[above - 1])
    return log_odds[above - 1] + share * (log_odds[above] - log_odds[above - 1])


LOG_ODDS: Final[dict[str, Callable[[float, dict[str, Any]], float]]] = {
    "none": lambda margin, _: margin,
    "platt": _platt,
    "beta": _beta,
    "isotonic": _isotonic,
}
"""The log-odds of fraud for a margin, by method."""
