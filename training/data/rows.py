"""The rows of a file as columns."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fraud_api_lambda.features import Facts
from training.arm_names import LEAKY
from training.data.leaky_baseline import leaky_matrix
from training.data.matrix import derive, fact_matrix
from training.data.time_split import Window
from training.data.transactions import to_facts
from training.policy.costs import Priced, median_amount


@dataclass(frozen=True, slots=True)
class Data:
    """The rows of a file as columns, each of shape (n_transactions,)."""

    frame: pd.DataFrame
    facts: Facts
    steps: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Data":
        """The columns of a frame that `read_transactions` gave."""
        weights = frame["weight"] if "weight" in frame else pd.Series(1.0, frame.index)
        return cls(
            frame=frame,
            facts=to_facts(frame),
            steps=frame["step"].to_numpy(),
            is_fraud=frame["isFraud"].to_numpy(dtype=bool),
            weights=weights.to_numpy(dtype=np.float64),
        )

    def matrix(self, feature_set: str) -> np.ndarray:
        """What the pipeline of a feature set is fitted on, float64."""
        if feature_set == LEAKY:
            return leaky_matrix(self.frame)
        return fact_matrix(self.facts, feature_set)

    def median_amount(self, window: Window) -> float:
        """The median amount of the genuine transactions of a window."""
        genuine = ~self.is_fraud & window.holds(self.steps)
        return median_amount(self.frame["amount"].to_numpy()[genuine], self.weights[genuine])

    def priced(self, window: Window, probabilities: np.ndarray) -> Priced:
        """The rows of a window with what decisions on them need."""
        inside = window.holds(self.steps)
        return Priced(
            probabilities,
            self.frame["amount"].to_numpy()[inside],
            self.is_fraud[inside],
            self.weights[inside],
        )

    def rows(self, feature_set: str, window: Window) -> np.ndarray:
        """What the booster of a feature set sees of a window, float32."""
        return derive(self.matrix(feature_set)[window.holds(self.steps)], feature_set)
