"""The threshold: from which probability on a payment counts as fraud."""

import numpy as np

from training.errors import CheckFailedError
from training.fitting.goal import Goal
from training.metrics.ranking import precision_recall


class ThresholdNotFoundError(CheckFailedError):
    """Raise when no threshold reaches the goal."""


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
