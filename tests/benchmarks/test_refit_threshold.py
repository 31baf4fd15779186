"""How the ways to give a refitted model its threshold are judged."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.refit_threshold import judged, off, share_flagged, threshold_for_share
from training.data.rows import Data
from training.data.time_split import Window
from training.simulator.simulate import simulate

ALL = Window(1, 720)


class Arm:
    """Probabilities that rise with the row."""

    def probabilities_in(self, data: Data, window: Window) -> np.ndarray:
        inside = window.holds(data.steps)
        rising: np.ndarray = np.arange(1, inside.sum() + 1) / (inside.sum() + 1)
        return rising


@pytest.fixture(scope="module")
def data() -> Data:
    frame: pd.DataFrame = simulate(1_000, 0, days=3)
    return Data.of(frame)


@pytest.mark.parametrize("share", [0.002, 0.25, 1.0])
def test_the_threshold_for_a_share_flags_that_share(data: Data, share: float) -> None:
    arm: Any = Arm()

    threshold = threshold_for_share(arm, data, ALL, share)

    assert share_flagged(arm, data, ALL, threshold) == pytest.approx(share)


def test_a_threshold_is_evaluated_by_recall_precision_and_alerts(data: Data) -> None:
    arm: Any = Arm()

    assert judged(arm, data, ALL, 0.0) == {
        "threshold": 0.0,
        "recall": 1.0,
        "precision": pytest.approx(data.is_fraud.mean()),
        "alerts": 1_000.0,
    }


def test_the_error_of_a_method_is_its_mean_distance_from_the_promised_figures() -> None:
    found = {
        "seed 0": {"promised": {"recall": 0.7}, "way": {"recall": 0.8}},
        "seed 1": {"promised": {"recall": 0.7}, "way": {"recall": 0.4}},
    }

    assert off(found, "way", "recall") == "0.200 (worst 0.300)"
