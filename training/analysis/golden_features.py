"""Golden features: one column with all of a good model's skill probably leaks the label."""

from dataclasses import replace
from typing import Final, TypedDict

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from training.analysis.feature_words import feature_words
from training.analysis.findings import Finding, warning
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.fitting.fitted_model import FittedModel
from training.metrics.ranking import average_precision

SHARE_OF_MODEL: Final = 0.95
LEAK_BAR: Final = 0.5
"""Share of the distance from the base rate to 1, so that the bar is as high at any base rate. A
feature that does not leak stays far below it: at a fraud rate of 0.1 %, half of the distance is an
average precision of 500 times the base rate."""
TOO_GOOD: Final = 0.995
LEAVES: Final = 32
ENOUGH: Final = 200_000
"""Genuine rows to fit the tree of a single feature on; more would hardly change it."""


class FeatureAlone(TypedDict):
    """The average precision of a tree that sees one feature only, and the words for the feature."""

    feature: str
    words: str
    average_precision: float


class LeakFigures(TypedDict):
    """The model's average precision on the threshold window, and each feature's, best first."""

    average_precision: float
    base_rate: float
    alone: list[FeatureAlone]


def leak_figures(model: FittedModel, rows: SplitRows) -> LeakFigures:
    """Compare the model with each of its features alone, on rows that neither was fitted on.

    A feature alone is a tree of at most 32 leaves, so its effect need not be monotone.
    """
    later, earlier = rows.threshold, _thinned(rows.fit)
    reached = average_precision(model.score(later).predicted)
    encoder = model.boosted.encoder
    fitted, scored = (encoder.encoded(part) for part in (earlier, later))
    columns = zip(encoder.features, fitted.T, scored.T, strict=True)
    alone = [(_alone(earlier, later, *values), feature) for feature, *values in columns]
    alone.sort(key=lambda each: (each[0], each[1].name), reverse=True)
    schema = later.dataset.schema
    return {
        "average_precision": reached,
        "base_rate": float(np.average(later.is_fraud, weights=later.weights)),
        "alone": [
            {
                "feature": feature.name,
                "words": feature_words(feature, schema),
                "average_precision": value,
            }
            for value, feature in alone
        ],
    }


def leak_findings(figures: LeakFigures) -> list[Finding]:
    """Warn of a feature that may leak the label, and of a model that is too good to be true."""
    best, reached = figures["alone"][0], figures["average_precision"]
    alone, base_rate = best["average_precision"], figures["base_rate"]
    findings = []
    if alone >= SHARE_OF_MODEL * reached:
        leaks = alone >= base_rate + LEAK_BAR * (1 - base_rate)
        findings.append((_leak if leaks else _adds_nothing)(reached, alone, best["feature"]))
    if reached > TOO_GOOD:
        findings.append(_too_good(reached, alone, best["feature"]))
    return findings


def _leak(reached: float, alone: float, best: str) -> Finding:
    return warning(
        "leak",
        "Leak alarm",
        f"{best} alone reaches an average precision of {alone:.3f}, {alone / reached:.0%} of the "
        f"model's {reached:.3f}. Check whether it is known before the payment is decided, and "
        "whether frauds are labelled by it.",
    )


def _too_good(reached: float, alone: float, best: str) -> Finding:
    return warning(
        "too-good",
        "Leak alarm",
        f"an average precision of {reached:.3f} on later data is too good to be true; the "
        f"strongest single feature is {best} ({alone:.3f} alone). Look for a column that reveals "
        "the label.",
    )


def _adds_nothing(reached: float, alone: float, best: str) -> Finding:
    adds = "nothing" if alone >= reached else "almost nothing"
    return warning(
        "adds-nothing",
        f"The model adds {adds} to {best}",
        f"it reaches an average precision of {reached:.3f}, and {best} alone {alone:.3f}. There "
        "are too few frauds, or the columns tell too little about them.",
    )


def _thinned(rows: Rows) -> Rows:
    """All frauds and every n-th genuine row, with n times its weight."""
    n = max(1, int((~rows.is_fraud).sum()) // ENOUGH)
    kept = rows.is_fraud | (np.arange(len(rows)) % n == 0)
    return replace(rows, weights=np.where(rows.is_fraud, rows.weights, n * rows.weights))[kept]


def _alone(earlier: Rows, later: Rows, fitted: np.ndarray, scored: np.ndarray) -> float:
    tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, criterion="log_loss", random_state=0)
    tree.fit(fitted.reshape(-1, 1), earlier.is_fraud, sample_weight=earlier.weights)
    scores = tree.predict_proba(scored.reshape(-1, 1))[:, 1]
    return average_precision(later.labelled(scores))
