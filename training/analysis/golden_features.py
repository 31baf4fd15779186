"""The leak alarm: if one column has all of a good model's skill, it knows the answer, or is it."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from training.data.matrix import features_of
from training.data.rows import Data
from training.data.time_split import Split, Window
from training.fitting.fitted_model import Arm
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision

SHARE_OF_MODEL: Final = 0.95
LEAK_BAR: Final = 0.5
"""Of the way from chance to perfect, so that it asks the same of any base rate. An honest column
stays far below at a fraud rate of 0.1 %, where half the way means precision 500 times the rate."""
TOO_GOOD: Final = 0.995
LEAVES: Final = 32
ENOUGH: Final = 200_000
"""Genuine rows that a tree of one feature is fitted on; more would change nothing."""


def leak_figures(arm: Arm, data: Data, split: Split) -> dict[str, Any]:
    """What each feature reaches alone beside the model, on rows that neither was fitted on.

    A feature alone is a tree of at most 32 leaves on it, so that it need not be monotone.

    Returns
    -------
    dict
        `average_precision` of the model on the threshold window, `alone` of each feature, the best
        first, `base_rate` there, and `sentences`: see `leak_sentences`.
    """
    later = _Rows.of(data, arm.feature_set, split.threshold)
    reached = average_precision(later.scored(arm.probabilities(later.columns)))
    fitted = _Rows.of(data, arm.feature_set, split.fit).thinned()
    names = features_of(arm.feature_set)
    alone = sorted(
        ((_alone(index, fitted, later), name) for index, name in enumerate(names)), reverse=True
    )
    base_rate = float(np.average(later.is_fraud, weights=later.weights))
    return {
        "average_precision": reached,
        "base_rate": base_rate,
        "alone": [{"feature": name, "average_precision": each} for each, name in alone],
        "sentences": leak_sentences(reached, *alone[0], base_rate=base_rate),
    }


def leak_sentences(reached: float, alone: float, best: str, *, base_rate: float) -> list[str]:
    """What to be warned of, if anything.

    Parameters
    ----------
    reached, alone : float
        Average precision of the model, and of its strongest feature `best` alone.
    base_rate : float
        The fraud rate: what chance reaches.
    """
    sentences = []
    if alone >= SHARE_OF_MODEL * reached:
        leaks = alone >= base_rate + LEAK_BAR * (1 - base_rate)
        sentences.append((_leak if leaks else _adds_nothing)(reached, alone, best))
    if reached > TOO_GOOD:
        sentences.append(
            f"Leak alarm: an average precision of {reached:.3f} on later data is too good to be "
            f"true; the strongest single feature is {best} ({alone:.3f} alone). Ask where the "
            "answer hides."
        )
    return sentences


def _leak(reached: float, alone: float, best: str) -> str:
    return (
        f"Leak alarm: {best} alone reaches an average precision of {alone:.3f}, "
        f"{alone / reached:.0%} of the model's {reached:.3f}. Ask whether it is known before "
        "the payment is decided, and whether frauds are labelled by it."
    )


def _adds_nothing(reached: float, alone: float, best: str) -> str:
    adds = "nothing" if alone >= reached else "almost nothing"
    return (
        f"The model adds {adds} to {best}: it reaches an average precision of {reached:.3f}, and "
        f"{best} alone {alone:.3f}. There are too few frauds, or too little in the columns."
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    columns: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, data: Data, feature_set: str, window: Window) -> "_Rows":
        inside = window.holds(data.steps)
        return cls(data.rows(feature_set, window), data.is_fraud[inside], data.weights[inside])

    def scored(self, scores: np.ndarray) -> LabelledScores:
        """The labels and weights with scores of the same rows."""
        return LabelledScores(self.is_fraud, scores, self.weights)

    def thinned(self) -> "_Rows":
        """All frauds and every so many genuine rows, which then stand for the others too."""
        every = max(1, int((~self.is_fraud).sum()) // ENOUGH)
        kept = self.is_fraud | (np.arange(len(self.is_fraud)) % every == 0)
        weights = np.where(self.is_fraud, self.weights, every * self.weights)
        return _Rows(self.columns[kept], self.is_fraud[kept], weights[kept])


def _alone(index: int, fitted: _Rows, later: _Rows) -> float:
    tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, criterion="log_loss", random_state=0)
    tree.fit(fitted.columns[:, [index]], fitted.is_fraud, sample_weight=fitted.weights)
    scores = tree.predict_proba(later.columns[:, [index]])[:, 1]
    return average_precision(later.scored(scores))
