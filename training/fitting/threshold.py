"""The decision threshold: the probability at or above which a payment is flagged as fraud."""

import numpy as np

from training.errors import CheckFailedError
from training.fitting.goal import Goal
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import precision_recall


class ThresholdNotFoundError(CheckFailedError):
    """Raise when no threshold reaches the goal."""


def choose_threshold(predicted: LabelledScores, goal: Goal) -> float:
    """The threshold that reaches the goal at the best of the other metric; the lowest if tied.

    Parameters
    ----------
    predicted : LabelledScores
        Its scores are probabilities, in (0, 1).
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
    >>> is_fraud, probabilities = np.array([False, True, True]), np.array([0.1, 0.4, 0.9])
    >>> choose_threshold(LabelledScores(is_fraud, probabilities, np.ones(3)), Goal("recall", 1.0))
    0.4
    """
    thresholds, precision, recall = precision_recall(predicted)
    reached, other = (recall, precision) if goal.metric == "recall" else (precision, recall)
    eligible = np.flatnonzero(reached >= goal.minimum)
    if not eligible.size:
        raise ThresholdNotFoundError(
            f"no threshold reaches {goal} on the threshold window; the best {goal.metric} there "
            f"is {reached.max():.3f}: choose a lower goal with --goal"
        )
    best = eligible[other[eligible] == other[eligible].max()]
    return float(thresholds[best[-1]])
