"""All figures of one model on one window: ranking, alerts at the threshold, calibration.

Pure. Every figure is weighted by the rows' weights.
"""

from typing import Final

import numpy as np

from training.metrics.calibration import calibration_figures, reliability
from training.metrics.figures import (
    Evaluation,
    PrecisionAtRecall,
    RecallAtReviews,
    RowCounts,
    ThresholdFigures,
)
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import precision_recall, ranking_figures

RECALLS: Final = (0.5, 0.75, 0.9)
REVIEWS_PER_THOUSAND: Final = (1, 2)


def evaluate(predicted: LabelledScores, *, threshold: float | None, seed: int) -> Evaluation:
    """All figures of one model on one window, as plain data.

    Parameters
    ----------
    predicted : LabelledScores
        Its scores are probabilities, in (0, 1). At the natural fraud rate, with both classes.
    threshold : float, optional
        None if no threshold reached the goal; `at_threshold` is then None too.
    seed : int
        Seed of the bootstrap.
    """
    return {
        **row_counts(predicted.is_fraud, predicted.weights),
        **ranking_figures(predicted, seed=seed),
        "precision_at_recall": [precision_at_recall(predicted, recall) for recall in RECALLS],
        "recall_at_reviews": _recall_at_reviews(predicted),
        "at_threshold": None if threshold is None else at_threshold(predicted, threshold),
        "calibration": calibration_figures(predicted),
        "reliability": reliability(predicted),
    }


def row_counts(is_fraud: np.ndarray, weights: np.ndarray) -> RowCounts:
    """The numbers of rows, transactions and frauds, and the fraud rate."""
    return {
        "rows": len(is_fraud),
        "transactions": float(weights.sum()),
        "frauds": int(is_fraud.sum()),
        "fraud_rate": float(np.average(is_fraud, weights=weights)),
    }


def precision_at_recall(scored: LabelledScores, minimum: float) -> PrecisionAtRecall:
    """The best precision at a recall of at least `minimum`, and the genuine rows flagged there."""
    thresholds, precision, recall = precision_recall(scored)
    reached = np.flatnonzero(recall >= minimum)
    best = reached[np.argmax(precision[reached])]
    above = int((scored.scores[~scored.is_fraud] >= thresholds[best]).sum())
    return {"recall": minimum, "precision": float(precision[best]), "genuine_rows_above": above}


def _recall_at_reviews(scored: LabelledScores) -> list[RecallAtReviews]:
    """Recall when only k in 1,000 payments, those with the highest scores, are reviewed."""
    ordered = scored[np.argsort(-scored.scores, kind="stable")]
    weights = ordered.weights
    reviewed = np.cumsum(weights) / scored.weights.sum()
    caught = np.cumsum(weights * ordered.is_fraud) / scored.weights[scored.is_fraud].sum()
    return [
        {"reviews_per_thousand": k, "recall": float(np.interp(k / 1000, reviewed, caught))}
        for k in REVIEWS_PER_THOUSAND
    ]


def at_threshold(scored: LabelledScores, threshold: float) -> ThresholdFigures:
    """The confusion matrix at a threshold, in weighted transactions, and its usual ratios."""
    is_fraud, weights = scored.is_fraud, scored.weights
    flagged = scored.scores >= threshold
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
