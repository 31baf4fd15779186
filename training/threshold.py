"""The threshold: from which probability on a payment counts as fraud."""

from dataclasses import dataclass

import numpy as np

from training.errors import CheckFailedError, InputError

COST = "cost"
"""The goal of the threshold that costs least: see `costs.cheapest_threshold`."""


class ThresholdNotFoundError(CheckFailedError):
    """Raise when no threshold reaches the goal."""


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


def choose_threshold(
    is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray, goal: Goal
) -> float:
    """The threshold that reaches the goal at the best of the other metric; ties to the lower one.

    Parameters
    ----------
    is_fraud : ndarray of shape (n_transactions,), bool
    probabilities : ndarray of shape (n_transactions,), float in (0, 1)
    weights : ndarray of shape (n_transactions,), float
        How many real transactions each row stands for.
    goal : Goal

    Returns
    -------
    float
        Compare with ``probability >= threshold``.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold reaches the goal.

    Examples
    --------
    >>> y = np.array([False, True, True])
    >>> choose_threshold(y, np.array([0.1, 0.4, 0.9]), np.ones(3), Goal("recall", 1.0))
    0.4
    """
    thresholds, precision, recall = precision_recall(is_fraud, probabilities, weights)
    reached, other = (recall, precision) if goal.metric == "recall" else (precision, recall)
    eligible = np.flatnonzero(reached >= goal.minimum)
    if not eligible.size:
        raise ThresholdNotFoundError(
            f"no threshold reaches {goal} on the threshold window; the best {goal.metric} there "
            f"is {reached.max():.3f}: choose a lower goal with --goal"
        )
    best = eligible[other[eligible] == other[eligible].max()]
    return float(thresholds[best[-1]])


def precision_recall(
    is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every distinct score as a threshold, highest first, with its precision and recall.

    Returns
    -------
    thresholds, precision, recall : ndarray of shape (n_distinct,)
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    fraud = np.cumsum(weights[order] * is_fraud[order])[last_of_tie]
    flagged = np.cumsum(weights[order])[last_of_tie]
    return ordered[last_of_tie], fraud / flagged, fraud / fraud[-1]
