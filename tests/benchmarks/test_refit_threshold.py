"""How the benchmark evaluates thresholds for a refitted model."""

import numpy as np
import pytest

from benchmarks.refit_threshold import (
    absolute_error,
    alert_figures,
    share_flagged,
    threshold_for_share,
)
from training.metrics.labelled_scores import LabelledScores

PREDICTED = LabelledScores(np.arange(1_000) % 50 == 0, np.arange(1, 1_001) / 1_001, np.ones(1_000))
"""Probabilities that rise with the row."""


@pytest.mark.parametrize("share", [0.002, 0.25, 1.0])
def test_the_threshold_for_a_share_flags_that_share(share: float) -> None:
    threshold = threshold_for_share(PREDICTED, share)

    assert share_flagged(PREDICTED, threshold) == pytest.approx(share)


def test_a_threshold_is_evaluated_by_recall_precision_and_alerts() -> None:
    assert alert_figures(PREDICTED, 0.0) == {
        "threshold": 0.0,
        "recall": 1.0,
        "precision": 0.02,
        "alerts": 1_000.0,
    }


def test_the_error_of_a_method_is_its_mean_distance_from_the_evaluated_model() -> None:
    found = {
        "seed 0": {"evaluated model": {"recall": 0.7}, "way": {"recall": 0.8}},
        "seed 1": {"evaluated model": {"recall": 0.7}, "way": {"recall": 0.4}},
    }

    assert absolute_error(found, "way", "recall") == "0.200 (worst 0.300)"
