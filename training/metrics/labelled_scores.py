"""Scores with the labels and weights of their rows: the input of every metric."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class LabelledScores:
    """Scores of labelled rows, each array of shape (n_transactions,).

    Attributes
    ----------
    is_fraud : bool
    scores : float
        Probabilities or margins (log-odds): the higher, the more likely a fraud.
    weights : float
        Number of real transactions that each row represents.
    """

    is_fraud: np.ndarray
    scores: np.ndarray
    weights: np.ndarray

    def __getitem__(self, chosen: np.ndarray | slice) -> "LabelledScores":
        """Select rows by a mask, by indices or by a slice."""
        return LabelledScores(self.is_fraud[chosen], self.scores[chosen], self.weights[chosen])

    def with_scores(self, scores: np.ndarray) -> "LabelledScores":
        """Return the same rows with other scores."""
        return replace(self, scores=scores)

    def joined(self, other: "LabelledScores") -> "LabelledScores":
        """Return these rows followed by those of `other`."""
        return LabelledScores(
            np.concatenate([self.is_fraud, other.is_fraud]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.weights, other.weights]),
        )
