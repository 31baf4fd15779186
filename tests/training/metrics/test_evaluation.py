"""Evaluation figures of a window."""

import numpy as np
import pytest

from training.metrics.evaluation import at_threshold, evaluate
from training.metrics.labelled_scores import LabelledScores

ROWS = 200_000


@pytest.fixture(scope="module")
def honest() -> LabelledScores:
    """Labels drawn from the probabilities themselves: 0.5 % fraud."""
    random = np.random.default_rng(0)
    probabilities = 1 / (1 + np.exp(-random.normal(-6.5, 1.6, ROWS)))
    return LabelledScores(random.random(ROWS) < probabilities, probabilities, np.ones(ROWS))


def test_the_confusion_matrix_counts_weighted_transactions_at_or_above_the_threshold() -> None:
    predicted = LabelledScores(
        np.array([True, True, False, False]),
        np.array([0.5, 0.4, 0.5, 0.1]),
        np.array([1.0, 1.0, 3.0, 5.0]),
    )

    figures = at_threshold(predicted, 0.5)

    assert figures["true_positives"] == 1
    assert figures["false_positives"] == 3
    assert figures["false_negatives"] == 1
    assert figures["true_negatives"] == 5
    assert figures["recall"] == 0.5
    assert figures["precision"] == 0.25
    assert figures["genuine_rows_flagged"] == 1


def test_reviewing_more_payments_never_finds_fewer_frauds(honest: LabelledScores) -> None:
    figures = evaluate(honest, threshold=0.1, seed=0)

    one, two = (each["recall"] for each in figures["recall_at_reviews"])
    assert 0 < one < two < 1
    precisions = [each["precision"] for each in figures["precision_at_recall"]]
    assert precisions == sorted(precisions, reverse=True)
