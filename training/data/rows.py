"""Labelled transactions as columns, and the same with a model's scores."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.elementwise import Value
from fraud_api_lambda.domain.payment import Facts
from training.data.time_split import Window
from training.metrics.labelled_scores import LabelledScores
from training.reading.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled transactions as columns, each of shape (n_transactions,).

    Attributes
    ----------
    dataset : Dataset
        All rows of the file. Selections share it.
    places : int or None
        Positions of these rows in the file; None for all of them.
    facts : Facts
        The inputs of the features.
    steps : int
    is_fraud : bool
    weights : float
        Number of real transactions that each row represents.
    histories : tuple of str
        The names of the histories in `facts`.
    """

    dataset: Dataset
    places: np.ndarray | None
    facts: Facts
    steps: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray
    histories: tuple[str, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset) -> "Rows":
        """All rows of a file."""
        frame, roles = dataset.frame, dataset.schema.roles
        weights = frame[roles.weight] if roles.weight in frame else pd.Series(1.0, frame.index)
        return cls(
            dataset=dataset,
            places=None,
            facts=dataset.facts,
            steps=dataset.steps,
            is_fraud=frame[roles.label].to_numpy(dtype=bool),
            weights=weights.to_numpy(dtype=np.float64),
        )

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.steps)

    def __getitem__(self, chosen: np.ndarray) -> "Rows":
        """Select rows by a mask or by indices."""
        places = np.arange(len(self.dataset.frame)) if self.places is None else self.places
        return Rows(
            dataset=self.dataset,
            places=places[chosen],
            facts=_selected(self.facts, chosen),
            steps=self.steps[chosen],
            is_fraud=self.is_fraud[chosen],
            weights=self.weights[chosen],
            histories=self.histories,
        )

    def within(self, window: Window) -> "Rows":
        """Select the rows of a window."""
        return self[window.holds(self.steps)]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame, copied at every call unless they are all rows of the file."""
        frame = self.dataset.frame
        return frame if self.places is None else frame.iloc[self.places]

    def column(self, name: str) -> pd.Series:
        """A column of the frame."""
        column = self.dataset.frame[name]
        return column if self.places is None else column.iloc[self.places]

    def record(self, index: int) -> pd.Series:
        """A row of the frame."""
        return self.dataset.frame.iloc[index if self.places is None else int(self.places[index])]

    @property
    def amounts(self) -> np.ndarray:
        """The amounts, in the data's currency."""
        return np.asarray(self.facts.amount)

    @property
    def peers(self) -> pd.Categorical | None:
        """The peer group of each row; None if the schema has none."""
        group = self.dataset.schema.peer_group
        return None if group is None else self.attribute(group)

    def attribute(self, name: str) -> Value:
        """The facts of an attribute."""
        return self.facts.attributes[list(self.dataset.schema.attributes).index(name)]

    @property
    def has_both_classes(self) -> bool:
        """Whether there is a fraud and a genuine row."""
        return bool(self.is_fraud.any() and not self.is_fraud.all())

    def labelled(self, scores: np.ndarray) -> LabelledScores:
        """Scores of these rows with their labels and weights."""
        return LabelledScores(self.is_fraud, scores, self.weights)


def _selected(facts: Facts, chosen: np.ndarray) -> Facts:
    return Facts(
        amount=facts.amount[chosen],
        hour=facts.hour[chosen],
        balance=facts.balance[chosen] if isinstance(facts.balance, np.ndarray) else facts.balance,
        attributes=tuple(
            tuple(part[chosen] for part in column) if isinstance(column, tuple) else column[chosen]
            for column in facts.attributes
        ),
        histories=tuple(tuple(column[chosen] for column in history) for history in facts.histories),
    )


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
