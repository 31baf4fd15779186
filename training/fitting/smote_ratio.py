"""The SMOTE ratio, chosen in time folds of the fit window."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from training.data.rows import Rows
from training.data.timeline import NoCutError, Timeline
from training.fitting.boosting import fit_rows
from training.fitting.figures import RatioTrial
from training.fitting.resampling import frauds_wanted
from training.fitting.settings import Settings
from training.metrics.ranking import average_precision

RATIOS: Final = (0.01, 0.1, 0.5, 1.0)
FOLD_SHARES: Final = (0.5, 0.75)
"""Each fold is fitted on the rows up to a share of the frauds, and evaluated from there to the next
share, or to the last fraud."""


def choose_smote_ratio(
    rows: Rows,
    feature_set: str,
    settings: Settings,
    progress: Callable[[str], None],
) -> tuple[float, list[RatioTrial]]:
    """The ratio with the best mean average precision over time folds; the smallest if tied.

    Parameters
    ----------
    rows : Rows
        The rows of the fit window, so that no fold contains a row of a later window.
    feature_set, settings
        As of `fit_rows`.
    progress : callable

    Returns
    -------
    ratio : float in (0, 1]
        The ratio of `settings` if the frauds are too close together for folds.
    trials : list of RatioTrial
        `smote_ratio` and `average_precision` of each candidate.
    """
    folds = [(rows[fit], rows[later]) for fit, later in time_folds(rows)]
    if not folds:
        return settings.smote_ratio, []
    trials: list[RatioTrial] = []
    for ratio in _candidates(rows.is_fraud):
        progress(f"trying SMOTE to a ratio of {ratio:g}")
        tried = replace(settings, smote_ratio=ratio)
        reached = [_average_precision(*fold, feature_set, tried) for fold in folds]
        trials.append({"smote_ratio": ratio, "average_precision": float(np.mean(reached))})
    best = max(trials, key=lambda trial: (trial["average_precision"], -trial["smote_ratio"]))
    return best["smote_ratio"], trials


def time_folds(rows: Rows) -> list[tuple[np.ndarray, np.ndarray]]:
    """Indices of rows to fit on and of later ones to evaluate on; none if frauds are too close."""
    steps = rows.steps
    timeline = Timeline.of(steps, rows.is_fraud)
    end = timeline.step_at_fraud_share(1.0)
    try:
        first, second = timeline.until(end).nearest_cuts(
            [timeline.step_at_fraud_share(share) for share in FOLD_SHARES]
        )
    except NoCutError:
        return []
    return [
        (np.flatnonzero(steps <= cut), np.flatnonzero((steps > cut) & (steps <= last)))
        for cut, last in ((first, second), (second, end))
    ]


def _candidates(is_fraud: np.ndarray) -> list[float]:
    """The ratios that add at least one synthetic fraud, or the first one."""
    n_fraud = int(is_fraud.sum())
    adding = [ratio for ratio in RATIOS if frauds_wanted(is_fraud, ratio)[1] > n_fraud]
    return adding or [RATIOS[0]]


def _average_precision(earlier: Rows, later: Rows, feature_set: str, settings: Settings) -> float:
    boosted = fit_rows(earlier, feature_set, settings)
    return average_precision(later.labelled(boosted.margins(later)))
