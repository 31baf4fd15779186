"""Ranking metrics: how well scores put frauds above genuine payments.

Pure. Every figure is weighted by the rows' weights. Intervals come from a Poisson bootstrap, which
draws each row a Poisson(1) number of times. Genuine rows between the same two fraud scores are
drawn together, because a sum of Poisson counts is itself Poisson. A replicate therefore costs time
in the number of distinct fraud scores, not in the number of rows.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve

from training.metrics.figures import RankingFigures
from training.metrics.labelled_scores import LabelledScores

REPLICATES: Final = 500
CURVE_RECALLS: Final = np.linspace(0.02, 1.0, 50)


def average_precision(scored: LabelledScores) -> float:
    """Average precision: the area under the step-wise precision-recall curve."""
    return float(
        average_precision_score(scored.is_fraud, scored.scores, sample_weight=scored.weights)
    )


def precision_recall(scored: LabelledScores) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision and recall at every distinct score as a threshold, highest first.

    Returns
    -------
    thresholds, precision, recall : ndarray of shape (n_distinct,)
    """
    precision, recall, thresholds = precision_recall_curve(
        scored.is_fraud, scored.scores, sample_weight=scored.weights
    )
    return thresholds[::-1], precision[-2::-1], recall[-2::-1]


def ranking_figures(scored: LabelledScores, *, seed: int) -> RankingFigures:
    """Average precision and the precision-recall curve, with 95 % intervals.

    Returns
    -------
    dict
        `average_precision`, `average_precision_low`, `average_precision_high`, and `curve`: at each
        of 50 recalls the best `precision` and its `low` and `high`.
    """
    drawn = [
        (_average_precision_of(fraud, genuine), _precision_at(fraud, genuine))
        for fraud, genuine in _replicates(scored, seed)
    ]
    area_low, area_high = np.nanquantile([area for area, _ in drawn], [0.025, 0.975])
    curve_low, curve_high = np.nanquantile([line for _, line in drawn], [0.025, 0.975], axis=0)
    _, precisions, recalls = precision_recall(scored)
    columns = (CURVE_RECALLS.round(2), _at_recalls(precisions, recalls), curve_low, curve_high)
    points = zip(*(column.tolist() for column in columns), strict=True)
    return {
        "average_precision": average_precision(scored),
        "average_precision_low": float(area_low),
        "average_precision_high": float(area_high),
        "curve": [
            {"recall": recall, "precision": precision, "low": low, "high": high}
            for recall, precision, low, high in points
        ],
    }


def average_precision_gain(
    scored: LabelledScores, other: np.ndarray, *, seed: int
) -> tuple[float, float, float]:
    """The gain in average precision of `other` over `scored`, with its paired 95 % interval.

    Parameters
    ----------
    scored : LabelledScores
    other : ndarray of shape (n_transactions,), float
        Other scores of the same rows.
    seed : int

    Returns
    -------
    gain, low, high : float
        Differences of average precision; each replicate draws the same rows for both.
    """
    frauds = scored.weights[scored.is_fraud]
    places = [_places(ranking) for ranking in (scored, scored.with_scores(other))]
    pairs = np.column_stack([gap for _, _, gap in places])
    # Genuine rows below every fraud in both rankings change neither average precision.
    matters = (pairs < [n for n, _, _ in places]).any(axis=1)
    groups, place, rows = np.unique(pairs[matters], axis=0, return_inverse=True, return_counts=True)
    weights = scored.weights[~scored.is_fraud][matters]
    mean_weight = np.bincount(place.ravel(), weights, len(groups)) / rows
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
    gain = average_precision(scored.with_scores(other)) - average_precision(scored)
    return gain, float(low), float(high)


def _places(scored: LabelledScores) -> tuple[int, np.ndarray, np.ndarray]:
    """The number of distinct fraud scores, the rank of each fraud, the place of each genuine row.

    Rank 0 is the highest fraud score. A genuine row at place k scores at least as high as the
    frauds of rank k and lower than those of rank k - 1; at the last place, lower than every fraud.
    """
    is_fraud = scored.is_fraud
    cuts, group = np.unique(-scored.scores[is_fraud], return_inverse=True)
    return len(cuts), group, np.searchsorted(cuts, -scored.scores[~is_fraud], side="left")


def _replicates(scored: LabelledScores, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw the total weights of frauds and of genuine rows at each place, once per replicate."""
    n, group, gap = _places(scored)
    fraud_weights, genuine_weights = (
        scored.weights[kind] for kind in (scored.is_fraud, ~scored.is_fraud)
    )
    rows = np.bincount(gap, minlength=n + 1)[:n]
    totals = np.bincount(gap, genuine_weights, n + 1)[:n]
    mean_weight = np.divide(totals, rows, out=np.zeros(n), where=rows > 0)
    random = np.random.default_rng(seed)
    for _ in range(REPLICATES):
        drawn = random.poisson(1.0, len(group)) * fraud_weights
        yield np.bincount(group, drawn, n), mean_weight * random.poisson(rows)


def _average_precision_of(fraud: np.ndarray, genuine: np.ndarray) -> float:
    """Average precision from the weights at each place, highest score first; nan without fraud."""
    if fraud.sum() == 0:
        return float("nan")
    return float((fraud * _precision(fraud, genuine)).sum() / fraud.sum())


def _precision(fraud: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    caught = np.cumsum(fraud)
    flagged = caught + np.cumsum(genuine)
    precision: np.ndarray = np.divide(caught, flagged, out=np.zeros(len(caught)), where=flagged > 0)
    return precision


def _precision_at(fraud: np.ndarray, genuine: np.ndarray) -> np.ndarray:
    if fraud.sum() == 0:
        return np.full(len(CURVE_RECALLS), np.nan)
    return _at_recalls(_precision(fraud, genuine), np.cumsum(fraud) / fraud.sum())


def _at_recalls(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """The best precision at a recall of at least each of `CURVE_RECALLS`."""
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, CURVE_RECALLS - 1e-9, side="left")
    curve: np.ndarray = best[np.minimum(at, len(best) - 1)]
    return curve
