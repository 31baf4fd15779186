"""Where a model is good and where it is not: by type, amount, typology, day, and in money. Pure."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from training.metrics.evaluation import rows_of
from training.metrics.ranking import average_precision

AMOUNT_BANDS: Final = (0.0, 1e3, 1e4, 1e5, 1e6, np.inf)
PER_DAY: Final = (10, 100)


def sliced(
    frame: pd.DataFrame, probabilities: np.ndarray, weights: np.ndarray, threshold: float | None
) -> dict[str, Any]:
    """Figures of the parts of a window, as plain data.

    Parameters
    ----------
    frame : DataFrame of shape (n_transactions, n_columns)
        PaySim's columns, and `typology` where the data has it.
    probabilities : ndarray of shape (n_transactions,), float in (0, 1)
    weights : ndarray of shape (n_transactions,), float
    threshold : float, optional

    Returns
    -------
    dict
        `by_type`, `by_amount` and `by_typology` (lists, one item a part), `top_per_day` and
        `money`.
    """
    parts = {"by_type": frame["type"], "by_amount": _band(frame["amount"])}
    if "typology" in frame:
        parts["by_typology"] = frame["typology"].astype("category")
    is_fraud = frame["isFraud"].to_numpy(dtype=bool)
    flagged = np.zeros(len(frame), bool) if threshold is None else probabilities >= threshold
    figures: dict[str, Any] = {
        name: list(_by(part, is_fraud, probabilities, weights, flagged))
        for name, part in parts.items()
    }
    figures["top_per_day"] = _top_per_day(
        frame["step"].to_numpy() // 24, is_fraud, probabilities, weights
    )
    figures["money"] = _money(frame["amount"].to_numpy() * weights, is_fraud, flagged)
    return figures


def _band(amount: pd.Series) -> pd.Series:
    names = [f"{low:,.0f} to {high:,.0f}" for low, high in pairwise(AMOUNT_BANDS[:-1])]
    names.append(f"{AMOUNT_BANDS[-2]:,.0f} or more")
    return pd.cut(amount, AMOUNT_BANDS, right=False, labels=names)


def _by(
    part: pd.Series,
    is_fraud: np.ndarray,
    probabilities: np.ndarray,
    weights: np.ndarray,
    flagged: np.ndarray,
) -> Iterator[dict[str, Any]]:
    for name in part.cat.categories:
        here = (part == name).to_numpy()
        if here.any():
            columns = (is_fraud[here], probabilities[here], weights[here], flagged[here])
            yield {"name": str(name), **rows_of(columns[0], columns[2]), **_of_part(*columns)}


def _of_part(
    is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray, flagged: np.ndarray
) -> dict[str, float | None]:
    """What both classes are needed for is None where one is missing."""
    expected = float((probabilities * weights).sum())
    both = is_fraud.any() and not is_fraud.all()
    return {
        "average_precision": average_precision(is_fraud, probabilities, weights) if both else None,
        "recall": _share(flagged[is_fraud], weights[is_fraud]),
        "false_positive_rate": _share(flagged[~is_fraud], weights[~is_fraud]),
        "observed_over_expected": float(weights[is_fraud].sum()) / expected if both else None,
    }


def _share(flagged: np.ndarray, weights: np.ndarray) -> float | None:
    return float(np.average(flagged, weights=weights)) if len(flagged) else None


def _top_per_day(
    day: np.ndarray, is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> list[dict[str, float]]:
    """Precision and recall where so many transactions can be looked at each day, the mean of days.

    A row that stands for many transactions fills as many places.
    """
    order = np.lexsort((-scores, day))
    day, weights, is_fraud = day[order], weights[order], is_fraud[order]
    above = pd.Series(weights).groupby(day).cumsum().to_numpy() - weights
    return [
        {"per_day": k, **_looked_at(np.clip(k - above, 0, weights), day, is_fraud, weights)}
        for k in PER_DAY
    ]


def _looked_at(
    looked_at: np.ndarray, day: np.ndarray, is_fraud: np.ndarray, weights: np.ndarray
) -> dict[str, float]:
    columns = {"looked_at": looked_at, "hits": looked_at * is_fraud, "frauds": weights * is_fraud}
    sums = pd.DataFrame(columns).groupby(day).sum()
    with_frauds = sums[sums["frauds"] > 0]
    return {
        "precision": float((sums["hits"] / sums["looked_at"]).mean()),
        "recall": float((with_frauds["hits"] / with_frauds["frauds"]).mean()),
    }


def _money(amounts: np.ndarray, is_fraud: np.ndarray, flagged: np.ndarray) -> dict[str, float]:
    """What moves at the threshold, in the data's currency."""
    return {
        "fraud_amount": float(amounts[is_fraud].sum()),
        "fraud_amount_caught": float(amounts[is_fraud & flagged].sum()),
        "genuine_amount_flagged": float(amounts[~is_fraud & flagged].sum()),
    }
