"""Labelled transactions as columns, and the same with a model's scores."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fraud_api_lambda.features.payment import Facts
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
    file : DataFrame
        All rows of the file, as `read_transactions` returns them. Selections share it.
    places : int or None
        Positions of these rows in the file; None for all of them.
    facts : Facts
        The inputs of the features.
    steps : int
    is_fraud : bool
    weights : float
        Number of real transactions that each row represents.
    """

    file: pd.DataFrame
    places: np.ndarray | None
    facts: Facts
    steps: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Rows":
        """The columns of a frame that `read_transactions` returned."""
        weights = frame["weight"] if "weight" in frame else pd.Series(1.0, frame.index)
        return cls(
            file=frame,
            places=None,
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
        places = np.arange(len(self.file)) if self.places is None else self.places
        return Rows(
            file=self.file,
            places=places[chosen],
            facts=Facts(*(column[chosen] for column in self.facts)),
            steps=self.steps[chosen],
            is_fraud=self.is_fraud[chosen],
            weights=self.weights[chosen],
        )

    def within(self, window: Window) -> "Rows":
        """Select the rows of a window."""
        return self[window.holds(self.steps)]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame, copied at every call unless they are all rows of the file."""
        return self.file if self.places is None else self.file.iloc[self.places]

    def column(self, name: str) -> pd.Series:
        """A column of the frame."""
        column = self.file[name]
        return column if self.places is None else column.iloc[self.places]

    def record(self, index: int) -> pd.Series:
        """A row of the frame."""
        return self.file.iloc[index if self.places is None else int(self.places[index])]

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
