"""Figures by part of a window: by peer group, amount, typology and day, and in money. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from training.metrics.evaluation import row_counts
from training.metrics.figures import (
    DailyMeans,
    MoneyFigures,
    Part,
    PartFigures,
    Slices,
    TopPerDay,
)
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision

BAND_BOUNDS: Final = 4
"""Powers of ten between bands of amounts."""

HIGHEST_BOUND: Final = 6
FEW_ABOVE: Final = 0.999
"""The quantile of the amounts at the highest bound, unless that is above a million."""

PER_DAY: Final = (10, 100)


@dataclass(frozen=True, slots=True)
class Parts:
    """The columns by which the rows of a window are sliced, each of shape (n_transactions,).

    Attributes
    ----------
    peers : Categorical, optional
        The peer group.
    amounts : ndarray
    days : ndarray
    typology : Series, optional
        The kind of each fraud in simulated data.
    """

    peers: pd.Categorical | None
    amounts: np.ndarray
    days: np.ndarray
    typology: pd.Series | None


def sliced(parts: Parts, predicted: LabelledScores, threshold: float | None) -> Slices:
    """Figures of the parts of a window, as plain data.

    Parameters
    ----------
    parts : Parts
    predicted : LabelledScores
        The same rows; its scores are probabilities, in (0, 1).
    threshold : float, optional
        None flags no row.

    Returns
    -------
    dict
        `by_type` (the peer groups), `by_amount` and, if the data has typologies, `by_typology`
        (one item per part); `top_per_day` and `money`.
    """
    cut = np.inf if threshold is None else threshold
    figures: Slices = {
        "by_type": [] if parts.peers is None else list(_by(parts.peers, predicted, cut)),
        "by_amount": list(_by(_band(parts.amounts), predicted, cut)),
        "top_per_day": _top_per_day(parts.days, predicted),
        "money": _money(parts.amounts, predicted, cut),
    }
    if parts.typology is not None:
        typology = pd.Categorical(parts.typology)
        figures["by_typology"] = list(_by(typology, predicted, cut))
    return figures


def _band(amount: np.ndarray) -> pd.Categorical:
    highest = np.log10(max(1.0, float(np.quantile(amount, FEW_ABOVE))))
    top = int(np.clip(highest, BAND_BOUNDS - 1, HIGHEST_BOUND))
    bounds = [0.0, *(10.0**power for power in range(top - BAND_BOUNDS + 1, top + 1))]
    names = [f"{low:,.0f} to {high:,.0f}" for low, high in pairwise(bounds)]
    names.append(f"{bounds[-1]:,.0f} or more")
    return pd.cut(amount, [*bounds, np.inf], right=False, labels=names)


def _by(part: pd.Categorical, predicted: LabelledScores, cut: float) -> Iterator[Part]:
    for name in part.categories:
        is_member = np.asarray(part == name)
        if is_member.any():
            yield {"name": str(name), **_part_figures(predicted[is_member], cut)}


def _part_figures(members: LabelledScores, cut: float) -> PartFigures:
    """Figures of one part; a figure is None if the part lacks a class that it needs."""
    is_fraud, weights = members.is_fraud, members.weights
    flagged = members.scores >= cut
    expected = float((members.scores * weights).sum())
    both = is_fraud.any() and not is_fraud.all()
    return {
        **row_counts(is_fraud, weights),
        "average_precision": average_precision(members) if both else None,
        "recall": _share(flagged[is_fraud], weights[is_fraud]),
        "false_positive_rate": _share(flagged[~is_fraud], weights[~is_fraud]),
        "observed_over_expected": float(weights[is_fraud].sum()) / expected if both else None,
    }


def _share(flagged: np.ndarray, weights: np.ndarray) -> float | None:
    return float(np.average(flagged, weights=weights)) if len(flagged) else None


def _top_per_day(day: np.ndarray, scored: LabelledScores) -> list[TopPerDay]:
    """Mean daily precision and recall of the k highest-scored transactions.

    A row that represents several transactions takes as many of the k places.
    """
    order = np.lexsort((-scored.scores, day))
    day, ordered = day[order], scored[order]
    weights = ordered.weights
    above = pd.Series(weights).groupby(day).cumsum().to_numpy() - weights
    return [
        {"per_day": k, **_daily_means(np.clip(k - above, 0, weights), day, ordered)}
        for k in PER_DAY
    ]


def _daily_means(reviewed: np.ndarray, day: np.ndarray, scored: LabelledScores) -> DailyMeans:
    columns = {
        "reviewed": reviewed,
        "caught": reviewed * scored.is_fraud,
        "frauds": scored.weights * scored.is_fraud,
    }
    sums = pd.DataFrame(columns).groupby(day).sum()
    with_frauds = sums[sums["frauds"] > 0]
    return {
        "precision": float((sums["caught"] / sums["reviewed"]).mean()),
        "recall": float((with_frauds["caught"] / with_frauds["frauds"]).mean()),
    }


def _money(amounts: np.ndarray, scored: LabelledScores, cut: float) -> MoneyFigures:
    """Amounts of fraud, of caught fraud and of flagged genuine payments, in the data's currency."""
    money, is_fraud = amounts * scored.weights, scored.is_fraud
    flagged = scored.scores >= cut
    return {
        "fraud_amount": float(money[is_fraud].sum()),
        "fraud_amount_caught": float(money[is_fraud & flagged].sum()),
        "genuine_amount_flagged": float(money[~is_fraud & flagged].sum()),
    }
