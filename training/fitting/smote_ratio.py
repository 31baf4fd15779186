"""How much SMOTE: the ratio chosen in time-ordered folds of the fit window."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from training.data.matrix import derive
from training.data.rows import Data
from training.data.time_split import Split
from training.data.timeline import NoCutError, Timeline
from training.fitting.boosting import fit_rows, margins_of
from training.fitting.resampling import frauds_wanted
from training.fitting.settings import Settings
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision

RATIOS: Final = (0.01, 0.1, 0.5, 1.0)
FOLD_SHARES: Final = (0.5, 0.75)
"""Fit until a share of the fit window's frauds, judge on those until the next share, or all."""


def choose_smote_ratio(
    data: Data,
    split: Split,
    feature_set: str,
    settings: Settings,
    progress: Callable[[str], None],
) -> tuple[float, list[dict[str, Any]]]:
    """The ratio with the best mean average precision over time folds, and what each reached.

    The folds end with the fit window, so nothing that is judged later has been seen. Ties go to the
    smaller ratio. Frauds too close together to be put into folds leave the ratio as it is.

    Returns
    -------
    ratio : float in (0, 1]
    trials : list of dict
        `smote_ratio` and `average_precision` of each candidate.
    """
    inside = split.fit.holds(data.steps)
    rows = FitRows(
        data.matrix(feature_set)[inside], data.is_fraud[inside], data.weights[inside], feature_set
    )
    folds = time_folds(data.steps[inside], rows.is_fraud)
    if not folds:
        return settings.smote_ratio, []
    trials = []
    for ratio in _worth_trying(rows.is_fraud):
        progress(f"trying SMOTE to a ratio of {ratio:g}")
        tried = replace(settings, smote_ratio=ratio)
        reached = [_judge(rows, tried, *fold) for fold in folds]
        trials.append({"smote_ratio": ratio, "average_precision": float(np.mean(reached))})
    best = max(trials, key=lambda trial: (trial["average_precision"], -trial["smote_ratio"]))
    return best["smote_ratio"], trials


@dataclass(frozen=True, slots=True)
class FitRows:
    """The rows of the fit window, as `fit_rows` takes them."""

    matrix: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray
    feature_set: str


def time_folds(steps: np.ndarray, is_fraud: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Indices of rows to fit on and of later ones to judge on; none if frauds are too close."""
    timeline = Timeline.of(steps, is_fraud)
    end = timeline.step_at_fraud_share(1.0)
    try:
        first, second = timeline.until(end).nearest_cuts(
            [timeline.step_at_fraud_share(share) for share in FOLD_SHARES]
        )
    except NoCutError:
        return []
    return [
        (np.flatnonzero(steps <= until), np.flatnonzero((steps > until) & (steps <= judge_until)))
        for until, judge_until in ((first, second), (second, end))
    ]


def _worth_trying(is_fraud: np.ndarray) -> list[float]:
    """The candidates that would invent any fraud, and at least the first."""
    n_fraud = int(is_fraud.sum())
    adding = [ratio for ratio in RATIOS if frauds_wanted(is_fraud, ratio)[1] > n_fraud]
    return adding or [RATIOS[0]]


def _judge(rows: FitRows, settings: Settings, fit: np.ndarray, judge: np.ndarray) -> float:
    booster, _ = fit_rows(
        rows.matrix[fit], rows.is_fraud[fit], rows.weights[fit], rows.feature_set, settings
    )
    margins = margins_of(booster, derive(rows.matrix[judge], rows.feature_set))
    return average_precision(LabelledScores(rows.is_fraud[judge], margins, rows.weights[judge]))
