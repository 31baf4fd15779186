"""How good a model is on later data: ranking, work at the threshold, calibration. Pure.

Every figure honours the rows' weights: how many real transactions each row stands for.
"""

from typing import Any, Final

import numpy as np

from training.metrics.calibration import calibration_figures, reliability
from training.metrics.ranking import precision_recall, precision_recall_curve

RECALLS: Final = (0.5, 0.75, 0.9)
REVIEWS_PER_THOUSAND: Final = (1, 2)


def evaluate(
    is_fraud: np.ndarray,
    probabilities: np.ndarray,
    weights: np.ndarray,
    *,
    threshold: float | None,
    seed: int,
) -> dict[str, Any]:
    """All figures of one model on one window, as plain data.

    Parameters
    ----------
    is_fraud : ndarray of shape (n_transactions,), bool
        Natural fraud rate, both classes present.
    probabilities : ndarray of shape (n_transactions,), float in (0, 1)
    weights : ndarray of shape (n_transactions,), float
    threshold : float, optional
        None where no threshold reached the goal: then `at_threshold` is None too.
    seed : int
        For the bootstrap.
    """
    columns = (is_fraud, probabilities, weights)
    return {
        **rows_of(is_fraud, weights),
        **precision_recall_curve(*columns, seed=seed),
        "precision_at_recall": [precision_at_recall(*columns, recall) for recall in RECALLS],
        "recall_at_reviews": _recall_at_reviews(*columns),
        "at_threshold": None if threshold is None else at_threshold(*columns, threshold),
        "calibration": calibration_figures(*columns),
        "reliability": reliability(*columns),
    }


def rows_of(is_fraud: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """How much data a figure stands on: belongs beside every one."""
    return {
        "rows": len(is_fraud),
        "transactions": float(weights.sum()),
        "frauds": int(is_fraud.sum()),
        "fraud_rate": float(np.average(is_fraud, weights=weights)),
    }


def precision_at_recall(
    is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray, wanted: float
) -> dict[str, float]:
    """The best precision at a recall of `wanted` or more, and the genuine rows above that cut."""
    thresholds, precision, recall = precision_recall(is_fraud, scores, weights)
    reached = np.flatnonzero(recall >= wanted)
    best = reached[np.argmax(precision[reached])]
    above = int((scores[~is_fraud] >= thresholds[best]).sum())
    return {"recall": wanted, "precision": float(precision[best]), "genuine_rows_above": above}


def _recall_at_reviews(
    is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> list[dict[str, float]]:
    """Recall where only so many in 1,000 payments can be looked at, the highest scores first."""
    order = np.argsort(-scores, kind="stable")
    looked_at = np.cumsum(weights[order]) / weights.sum()
    found = np.cumsum(weights[order] * is_fraud[order]) / weights[is_fraud].sum()
    return [
        {"reviews_per_thousand": k, "recall": float(np.interp(k / 1000, looked_at, found))}
        for k in REVIEWS_PER_THOUSAND
    ]


def at_threshold(
    is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray, threshold: float
) -> dict[str, float]:
    """The confusion matrix at a threshold, in weighted transactions, with its usual ratios."""
    flagged = probabilities >= threshold
    true_positives = float(weights[flagged & is_fraud].sum())
    false_positives = float(weights[flagged & ~is_fraud].sum())
    false_negatives = float(weights[~flagged & is_fraud].sum())
    true_negatives = float(weights[~flagged & ~is_fraud].sum())
    alerts, frauds = true_positives + false_positives, true_positives + false_negatives
    return {
        "evaluated_threshold": threshold,
        "recall": true_positives / frauds,
        "precision": true_positives / alerts if alerts else 0.0,
        "f1": 2 * true_positives / (alerts + frauds),
        "true_positives": true_positives,
        "false_positives": false_positives,
        "false_negatives": false_negatives,
        "true_negatives": true_negatives,
        "genuine_rows_flagged": int((flagged & ~is_fraud).sum()),
    }
