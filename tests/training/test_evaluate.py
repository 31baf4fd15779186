"""The figures mean what they say, and a bad score fails them."""

import numpy as np
import pytest

from training.evaluate import (
    at_threshold,
    average_precision,
    average_precision_interval,
    calibration_figures,
    evaluate,
)

ROWS = 200_000


@pytest.fixture(scope="module")
def honest() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels drawn from the very probabilities that are judged: 0.5 % fraud."""
    random = np.random.default_rng(0)
    probabilities = 1 / (1 + np.exp(-random.normal(-6.5, 1.6, ROWS)))
    return random.random(ROWS) < probabilities, probabilities, np.ones(ROWS)


def test_a_true_probability_is_well_calibrated(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    figures = calibration_figures(*honest)

    assert figures["observed_over_expected"] == pytest.approx(1, abs=0.1)
    assert figures["slope"] == pytest.approx(1, abs=0.1)
    assert figures["brier_skill"] > 0.03
    assert figures["log_loss"] < figures["log_loss_of_base_rate"]


def test_a_tenfold_score_is_seen_in_observed_over_expected(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, probabilities, weights = honest

    figures = calibration_figures(is_fraud, np.minimum(10 * probabilities, 0.99), weights)

    assert figures["observed_over_expected"] < 0.2


def test_a_constant_score_has_no_skill(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, _, weights = honest
    constant = np.full(ROWS, is_fraud.mean())

    figures = calibration_figures(is_fraud, constant, weights)

    assert figures["brier_skill"] == pytest.approx(0, abs=1e-9)
    assert figures["log_loss"] == pytest.approx(figures["log_loss_of_base_rate"])


def test_a_weight_counts_as_that_many_rows() -> None:
    is_fraud = np.array([True, False, True, False])
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    repeats = np.array([1, 3, 1, 5])

    weighted = average_precision(is_fraud, scores, repeats.astype(float))

    assert weighted == pytest.approx(
        average_precision(is_fraud.repeat(repeats), scores.repeat(repeats), np.ones(10))
    )


def test_the_interval_covers_the_average_precision_and_shrinks_with_more_frauds(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, probabilities, weights = honest
    few = slice(0, ROWS // 16)

    low, high = average_precision_interval(*honest, seed=1)
    low_few, high_few = average_precision_interval(
        is_fraud[few], probabilities[few], weights[few], seed=1
    )

    assert low < average_precision(*honest) < high
    assert 2 * (high - low) < high_few - low_few


def test_the_interval_is_that_of_drawing_rows_one_by_one(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, probabilities, _ = (column[:20_000] for column in honest)
    random = np.random.default_rng(2)
    values = [
        average_precision(is_fraud, probabilities, random.poisson(1.0, 20_000).astype(float))
        for _ in range(300)
    ]

    interval = average_precision_interval(is_fraud, probabilities, np.ones(20_000), seed=3)

    np.testing.assert_allclose(interval, np.quantile(values, [0.025, 0.975]), atol=0.04)


def test_the_interval_knows_that_one_heavy_genuine_row_may_not_have_been_drawn() -> None:
    is_fraud = np.arange(2_001) > 0
    scores = np.where(is_fraud, 0.5, 0.9)

    low, high = average_precision_interval(
        is_fraud, scores, np.where(is_fraud, 1.0, 2_000.0), seed=0
    )

    assert high == 1.0
    assert low < 0.4


def test_the_confusion_matrix_counts_weighted_transactions_at_or_above_the_threshold() -> None:
    figures = at_threshold(
        np.array([True, True, False, False]),
        np.array([0.5, 0.4, 0.5, 0.1]),
        np.array([1.0, 1.0, 3.0, 5.0]),
        0.5,
    )

    assert figures["true_positives"] == 1
    assert figures["false_positives"] == 3
    assert figures["false_negatives"] == 1
    assert figures["true_negatives"] == 5
    assert figures["recall"] == 0.5
    assert figures["precision"] == 0.25
    assert figures["genuine_rows_flagged"] == 1


def test_looking_at_more_payments_never_finds_fewer_frauds(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    figures = evaluate(*honest, threshold=0.1, seed=0)

    one, two = (each["recall"] for each in figures["recall_at_reviews"])
    assert 0 < one < two < 1
    precisions = [each["precision"] for each in figures["precision_at_recall"]]
    assert precisions == sorted(precisions, reverse=True)
