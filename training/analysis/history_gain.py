"""What account histories add: the model with them against the second model, on later data."""

from typing import TypedDict

import numpy as np

from training.data.rows import Rows
from training.fitting.fitted_model import FittedModel
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision, average_precision_gain
from training.reading.calendar import HOUR_S
from training.reading.columns import TYPOLOGY


class HistoryGain(TypedDict):
    """Average precision without and with histories, and the gain with its 95 % interval."""

    frauds: int
    without: float
    history: float
    gain: float
    gain_low: float
    gain_high: float


class TypologyGain(HistoryGain):
    """The same of the frauds of one typology among all genuine rows."""

    name: str


class HistoryFigures(HistoryGain):
    """What account histories add on the test window.

    Attributes
    ----------
    accounts : list of str
        The histories that a payment sees.
    label_delay_hours : float
    by_typology : list of TypologyGain
        Empty unless the data is simulated.
    """

    accounts: list[str]
    label_delay_hours: float
    by_typology: list[TypologyGain]


def history_figures(
    model: FittedModel, second: FittedModel, test: Rows, *, seed: int
) -> HistoryFigures:
    """Compare a model with histories with the second model, pair by pair on the test window."""
    scores = model.score(test).probabilities
    without = second.score(test).predicted
    return {
        **_gain(without, scores, seed),
        "accounts": list(test.histories),
        "label_delay_hours": test.dataset.schema.label_delay_s / HOUR_S,
        "by_typology": _by_typology(test, without, scores, seed),
    }


def _by_typology(
    test: Rows, without: LabelledScores, scores: np.ndarray, seed: int
) -> list[TypologyGain]:
    if TYPOLOGY not in test.dataset.frame:
        return []
    typology = test.column(TYPOLOGY).astype("str").to_numpy()
    gains: list[TypologyGain] = []
    for name in sorted(set(typology[test.is_fraud])):
        kept = ~test.is_fraud | (typology == name)
        gains.append({"name": name, **_gain(without[kept], scores[kept], seed)})
    return gains


def _gain(without: LabelledScores, scores: np.ndarray, seed: int) -> HistoryGain:
    gain, low, high = average_precision_gain(without, scores, seed=seed)
    before = average_precision(without)
    return {
        "frauds": int(without.is_fraud.sum()),
        "without": before,
        "history": before + gain,
        "gain": gain,
        "gain_low": low,
        "gain_high": high,
    }
