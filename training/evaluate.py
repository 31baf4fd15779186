"""How good a model is on later data: ranking, work at the threshold, calibration. Pure.

Every figure honours the rows' weights: how many real transactions each row stands for.
"""

from typing import Any, Final

import numpy as np
from sklearn.metrics import average_precision_score

from training.calibrate import logistic_line
from training.threshold import precision_recall

RECALLS: Final = (0.5, 0.75, 0.9)
REVIEWS_PER_THOUSAND: Final = (1, 2)
REPLICATES: Final = 500


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
    low, high = average_precision_interval(is_fraud, probabilities, weights, seed=seed)
    return {
        "rows": len(is_fraud),
        "transactions": float(weights.sum()),
        "frauds": int(is_fraud.sum()),
        "fraud_rate": float(np.average(is_fraud, weights=weights)),
        "average_precision": average_precision(is_fraud, probabilities, weights),
        "average_precision_low": low,
        "average_precision_high": high,
        "precision_at_recall": _precision_at_recall(is_fraud, probabilities, weights),
        "recall_at_reviews": _recall_at_reviews(is_fraud, probabilities, weights),
        "at_threshold": None
        if threshold is None
        else at_threshold(is_fraud, probabilities, weights, threshold),
        "calibration": calibration_figures(is_fraud, probabilities, weights),
    }


def average_precision(is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    """Average precision, the area under the step-wise precision-recall curve."""
    return float(average_precision_score(is_fraud, scores, sample_weight=weights))


def average_precision_interval(
    is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray, *, seed: int
) -> tuple[float, float]:
    """The 95 % Poisson-bootstrap interval of the average precision.

    Genuine rows matter only by how many lie between two frauds, and a sum of Poisson counts is one
    Poisson count: a replicate costs as much as there are frauds, however many rows there are.
    """
    fraud_scores = scores[is_fraud]
    cuts, group = np.unique(-fraud_scores, return_inverse=True)
    gap = np.searchsorted(cuts, -scores[~is_fraud], side="left")
    rows = np.bincount(gap, minlength=len(cuts) + 1)[: len(cuts)]
    totals = np.bincount(gap, weights=weights[~is_fraud], minlength=len(cuts) + 1)[: len(cuts)]
    mean_weight = np.divide(totals, rows, out=np.zeros(len(cuts)), where=rows > 0)

    random = np.random.default_rng(seed)
    values = np.empty(REPLICATES)
    for replicate in range(REPLICATES):
        drawn = random.poisson(1.0, len(fraud_scores)) * weights[is_fraud]
        fraud = np.bincount(group, weights=drawn, minlength=len(cuts))
        genuine = mean_weight * random.poisson(rows)
        values[replicate] = _average_precision_of_groups(fraud, genuine)
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def _average_precision_of_groups(fraud: np.ndarray, genuine: np.ndarray) -> float:
    """Average precision of weights by group, the highest score first; nan without fraud."""
    if fraud.sum() == 0:
        return float("nan")
    found = np.cumsum(fraud)
    flagged = found + np.cumsum(genuine)
    precision = np.divide(found, flagged, out=np.zeros(len(found)), where=flagged > 0)
    return float((fraud * precision).sum() / fraud.sum())


def _precision_at_recall(
    is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> list[dict[str, float]]:
    thresholds, precision, recall = precision_recall(is_fraud, scores, weights)
    figures = []
    for wanted in RECALLS:
        reached = np.flatnonzero(recall >= wanted)
        best = reached[np.argmax(precision[reached])]
        above = int((scores[~is_fraud] >= thresholds[best]).sum())
        figures.append(
            {"recall": wanted, "precision": float(precision[best]), "genuine_rows_above": above}
        )
    return figures


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
        "threshold": threshold,
        "recall": true_positives / frauds,
        "precision": true_positives / alerts if alerts else 0.0,
        "f1": 2 * true_positives / (alerts + frauds),
        "true_positives": true_positives,
        "false_positives": false_positives,
        "false_negatives": false_negatives,
        "true_negatives": true_negatives,
        "genuine_rows_flagged": int((flagged & ~is_fraud).sum()),
    }


def calibration_figures(
    is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> dict[str, float]:
    """Whether the probabilities can be believed.

    Returns
    -------
    dict
        `observed_over_expected` frauds and calibration `slope`, both 1 at best; `brier_skill`
        against always saying the base rate, above 0 if better; `log_loss` and that constant's.
    """
    rate = np.average(is_fraud, weights=weights)
    log_odds = np.log(probabilities) - np.log1p(-probabilities)
    slope, _ = logistic_line(log_odds, is_fraud.astype(float), weights)
    brier = np.average((probabilities - is_fraud) ** 2, weights=weights)
    losses = -np.where(is_fraud, np.log(probabilities), np.log1p(-probabilities))
    expected = np.average(probabilities, weights=weights)
    return {
        "observed_over_expected": float(rate / expected),
        "slope": slope,
        "brier_skill": float(1 - brier / (rate * (1 - rate))),
        "log_loss": float(np.average(losses, weights=weights)),
        "log_loss_of_base_rate": float(-rate * np.log(rate) - (1 - rate) * np.log1p(-rate)),
    }
