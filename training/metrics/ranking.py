"""How well scores put fraud first. Pure; every figure honours the rows' weights.

Intervals come from a Poisson bootstrap: each row is drawn a Poisson(1) number of times. Genuine
rows matter only by where they stand among the frauds, and a sum of Poisson counts is one Poisson
count, so a replicate costs as much as there are places, however many rows there are.
"""

from typing import Any, Final

import numpy as np
from sklearn.metrics import average_precision_score

REPLICATES: Final = 500
CURVE_RECALLS: Final = np.linspace(0.02, 1.0, 50)


def average_precision(is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    """Average precision, the area under the step-wise precision-recall curve."""
    return float(average_precision_score(is_fraud, scores, sample_weight=weights))


def precision_recall_curve(
    is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray, *, seed: int
) -> dict[str, Any]:
    """The average precision and the curve it is the area of, with 95 % intervals.

    Returns
    -------
    dict
        `average_precision`, `average_precision_low`, `average_precision_high`, and `curve`: at each
        of 50 recalls the best `precision` and its `low` and `high`.
    """
    drawn = [
        (_average_precision_of(fraud, genuine), _precision_at(fraud, genuine))
        for fraud, genuine in _replicates(is_fraud, scores, weights, seed)
    ]
    low, high = np.nanquantile([area for area, _ in drawn], [0.025, 0.975])
    curve_low, curve_high = np.nanquantile([line for _, line in drawn], [0.025, 0.975], axis=0)
    _, precision, recall = precision_recall(is_fraud, scores, weights)
    curve = _at_recalls(precision, recall)
    return {
        "average_precision": average_precision(is_fraud, scores, weights),
        "average_precision_low": float(low),
        "average_precision_high": float(high),
        "curve": [
            {"recall": round(float(at), 2), "precision": each, "low": below, "high": above}
            for at, each, below, above in zip(
                CURVE_RECALLS,
                curve.tolist(),
                curve_low.tolist(),
                curve_high.tolist(),
                strict=True,
            )
        ],
    }


def average_precision_gain(
    is_fraud: np.ndarray,
    scores: np.ndarray,
    other: np.ndarray,
    weights: np.ndarray,
    *,
    seed: int,
) -> tuple[float, float, float]:
    """By how much `other` beats `scores`, with the 95 % interval of the paired bootstrap.

    Returns
    -------
    gain, low, high : float
        Differences of average precision; both scores judge the same drawn rows.
    """
    frauds = weights[is_fraud]
    places = [_places(is_fraud, each) for each in (scores, other)]
    pairs = np.column_stack([gap for _, _, gap in places])
    # Below every fraud in both rankings, a genuine row counts for neither.
    counts = (pairs < [n for n, _, _ in places]).any(axis=1)
    groups, place, rows = np.unique(pairs[counts], axis=0, return_inverse=True, return_counts=True)
    mean_weight = np.bincount(place.ravel(), weights[~is_fraud][counts], len(groups)) / rows
    random = np.random.default_rng(seed)
    gains = np.empty(REPLICATES)
    for replicate in range(REPLICATES):
        drawn = random.poisson(1.0, len(frauds)) * frauds
        above = mean_weight * random.poisson(rows)
        first, second = (
            _average_precision_of(
                np.bincount(group, drawn, n), np.bincount(groups[:, side], above, n + 1)[:n]
            )
            for side, (n, group, _) in enumerate(places)
        )
        gains[replicate] = second - first
    low, high = np.nanquantile(gains, [0.025, 0.975])
    gain = average_precision(is_fraud, other, weights) - average_precision(
        is_fraud, scores, weights
    )
    return gain, float(low), float(high)


def _places(is_fraud: np.ndarray, scores: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """How many distinct fraud scores, which of them each fraud has, and what each genuine row tops.

    A genuine row at place k stands above or level with the k-th highest fraud score, below the one
    before it; at the last place below all frauds.
    """
    cuts, group = np.unique(-scores[is_fraud], return_inverse=True)
    return len(cuts), group, np.searchsorted(cuts, -scores[~is_fraud], side="left")


def _replicates(is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray, seed: int) -> Any:
    n, group, gap = _places(is_fraud, scores)
    rows = np.bincount(gap, minlength=n + 1)[:n]
    totals = np.bincount(gap, weights[~is_fraud], n + 1)[:n]
    mean_weight = np.divide(totals, rows, out=np.zeros(n), where=rows > 0)
    random = np.random.default_rng(seed)
    for _ in range(REPLICATES):
        drawn = random.poisson(1.0, len(group)) * weights[is_fraud]
        yield np.bincount(group, drawn, n), mean_weight * random.poisson(rows)


def _average_precision_of(fraud: np.ndarray, genuine: np.ndarray) -> float:
    """Average precision of weights by place, the highest score first; nan without fraud."""
    if fraud.sum() == 0:
        return float("nan")
    return float((fraud * _precision(fraud, genuine)).sum() / fraud.sum())


def _precision(fraud: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    found = np.cumsum(fraud)
    flagged = found + np.cumsum(genuine)
    precision: np.ndarray = np.divide(found, flagged, out=np.zeros(len(found)), where=flagged > 0)
    return precision


def _precision_at(fraud: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    if fraud.sum() == 0:
        return np.full(len(CURVE_RECALLS), np.nan)
    return _at_recalls(_precision(fraud, genuine), np.cumsum(fraud) / fraud.sum())


def _at_recalls(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """The best precision at each of the curve's recalls or above."""
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, CURVE_RECALLS - 1e-9, side="left")
    curve: np.ndarray = best[np.minimum(at, len(best) - 1)]
    return curve


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
