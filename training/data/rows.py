"""Labelled transactions as columns, and the same with a model's scores."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fraud_api_lambda.features import Facts
from training.data.leaky_baseline import leaky_matrix
from training.data.matrix import derive, fact_matrix
from training.data.time_split import Window
from training.data.transactions import to_facts
from training.metrics.labelled_scores import LabelledScores
from training.option_values import LEAKY


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled transactions as columns, each of shape (n_transactions,).

    Attributes
    ----------
    frame : DataFrame
        The columns that `read_transactions` returns.
    facts : Facts
        The inputs of the features.
    steps : int
    is_fraud : bool
    weights : float
        Number of real transactions that each row represents.
    """

    frame: pd.DataFrame
    facts: Facts
    steps: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Rows":
        """The columns of a frame that `read_transactions` returned."""
        weights = frame["weight"] if "weight" in frame else pd.Series(1.0, frame.index)
        return cls(
            frame=frame,
            facts=to_facts(frame),
            steps=frame["step"].to_numpy(),
            is_fraud=frame["isFraud"].to_numpy(dtype=bool),
            weights=weights.to_numpy(dtype=np.float64),
        )

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.steps)

    def __getitem__(self, chosen: np.ndarray) -> "Rows":
        """Select rows by a mask or by indices."""
        return Rows(
            frame=self.frame.iloc[chosen],
            facts=Facts(*(column[chosen] for column in self.facts)),
            steps=self.steps[chosen],
            is_fraud=self.is_fraud[chosen],
            weights=self.weights[chosen],
        )

    def within(self, window: Window) -> "Rows":
        """Select the rows of a window."""
        return self[window.holds(self.steps)]

    @property
    def amounts(self) -> np.ndarray:
        """The amounts, in the data's currency."""
        return np.asarray(self.facts.amount)

    @property
    def has_both_classes(self) -> bool:
        """Whether there is a fraud and a genuine row."""
        return bool(self.is_fraud.any() and not self.is_fraud.all())

    def matrix(self, feature_set: str) -> np.ndarray:
        """The input of a feature set's pipeline, shape (n_transactions, n_facts), float64."""
        if feature_set == LEAKY:
            return leaky_matrix(self.frame)
        return fact_matrix(self.facts, feature_set)

    def features(self, feature_set: str) -> np.ndarray:
        """The input of a feature set's booster, shape (n_transactions, n_features), float32."""
        return derive(self.matrix(feature_set), feature_set)

    def labelled(self, scores: np.ndarray) -> LabelledScores:
        """Scores of these rows with their labels and weights."""
        return LabelledScores(self.is_fraud, scores, self.weights)


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Rows with a model's scores, each array of shape (n_transactions,).

    Attributes
    ----------
    rows : Rows
    margins : float
        Log-odds before calibration.
    probabilities : float in (0, 1)
        Calibrated.
    """

    rows: Rows
    margins: np.ndarray
    probabilities: np.ndarray

    @property
    def predicted(self) -> LabelledScores:
        """The probabilities with labels and weights: the input of every metric."""
        return self.rows.labelled(self.probabilities)
