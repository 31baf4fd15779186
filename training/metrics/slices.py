"""Figures by part of a window: by type, amount, typology and day, and in money. Pure."""

from collections.abc import Iterator
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

AMOUNT_BANDS: Final = (0.0, 1e3, 1e4, 1e5, 1e6, np.inf)
PER_DAY: Final = (10, 100)


def sliced(frame: pd.DataFrame, predicted: LabelledScores, threshold: float | None) -> Slices:
    """Figures of the parts of a window, as plain data.

    Parameters
    ----------
    frame : DataFrame of shape (n_transactions, n_columns)
        PaySim's columns, and optionally `typology`.
    predicted : LabelledScores
        The same rows; its scores are probabilities, in (0, 1).
    threshold : float, optional
        None flags no row.

    Returns
    -------
    dict
        `by_type`, `by_amount` and, if the data has typologies, `by_typology` (one item per part);
        `top_per_day` and `money`.
    """
    cut = np.inf if threshold is None else threshold
    figures: Slices = {
        "by_type": list(_by(frame["type"], predicted, cut)),
        "by_amount": list(_by(_band(frame["amount"]), predicted, cut)),
        "top_per_day": _top_per_day(frame["step"].to_numpy() // 24, predicted),
        "money": _money(frame["amount"].to_numpy(), predicted, cut),
    }
    if "typology" in frame:
        typology = frame["typology"].astype("category")
        figures["by_typology"] = list(_by(typology, predicted, cut))
    return figures


def _band(amount: pd.Series) -> pd.Series:
    names = [f"{low:,.0f} to {high:,.0f}" for low, high in pairwise(AMOUNT_BANDS[:-1])]
    names.append(f"{AMOUNT_BANDS[-2]:,.0f} or more")
    return pd.cut(amount, AMOUNT_BANDS, right=False, labels=names)


def _by(part: pd.Series, predicted: LabelledScores, cut: float) -> Iterator[Part]:
    for name in part.cat.categories:
        is_member = (part == name).to_numpy()
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
