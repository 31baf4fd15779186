"""Ranking figures are those of scikit-learn, and their intervals those of drawing rows."""

import numpy as np
import pytest

from training.metrics.ranking import (
    average_precision,
    average_precision_gain,
    precision_recall_curve,
)

ROWS = 200_000


@pytest.fixture(scope="module")
def honest() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels drawn from the very probabilities that are judged: 0.5 % fraud."""
    random = np.random.default_rng(0)
    probabilities = 1 / (1 + np.exp(-random.normal(-6.5, 1.6, ROWS)))
    return random.random(ROWS) < probabilities, probabilities, np.ones(ROWS)


def interval(
    is_fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray, *, seed: int
) -> tuple[float, float]:
    found = precision_recall_curve(is_fraud, scores, weights, seed=seed)
    return found["average_precision_low"], found["average_precision_high"]


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

    low, high = interval(*honest, seed=1)
    low_few, high_few = interval(is_fraud[few], probabilities[few], weights[few], seed=1)

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

    found = interval(is_fraud, probabilities, np.ones(20_000), seed=3)

    np.testing.assert_allclose(found, np.quantile(values, [0.025, 0.975]), atol=0.04)


def test_the_interval_knows_that_one_heavy_genuine_row_may_not_have_been_drawn() -> None:
    is_fraud = np.arange(2_001) > 0
    scores = np.where(is_fraud, 0.5, 0.9)

    low, high = interval(is_fraud, scores, np.where(is_fraud, 1.0, 2_000.0), seed=0)

    assert high == 1.0
    assert low < 0.4


def test_the_curve_falls_from_the_best_precision_and_lies_in_its_band(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    curve = precision_recall_curve(*honest, seed=0)["curve"]

    precisions = [point["precision"] for point in curve]
    assert precisions == sorted(precisions, reverse=True)
    assert [curve[0]["recall"], curve[-1]["recall"]] == [0.02, 1.0]
    inside = [point["low"] <= point["precision"] <= point["high"] for point in curve]
    assert sum(inside) > 45


def test_a_score_gains_nothing_over_itself(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, scores, weights = honest

    assert average_precision_gain(is_fraud, scores, scores, weights, seed=0) == (0, 0, 0)


def test_a_better_score_gains_by_the_difference_with_an_interval_above_0(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, scores, weights = honest
    worse = scores * np.random.default_rng(1).lognormal(0, 1, ROWS)

    gain, low, high = average_precision_gain(is_fraud, worse, scores, weights, seed=0)

    assert gain == pytest.approx(
        average_precision(is_fraud, scores, weights) - average_precision(is_fraud, worse, weights)
    )
    assert 0 < low < gain < high


def test_the_gains_interval_is_that_of_drawing_rows_one_by_one(
    honest: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    is_fraud, scores, _ = (column[:20_000] for column in honest)
    other = scores * np.random.default_rng(1).lognormal(0, 0.5, 20_000)
    random = np.random.default_rng(2)
    gains = []
    for _ in range(300):
        drawn = random.poisson(1.0, 20_000).astype(float)
        ours, theirs = (average_precision(is_fraud, each, drawn) for each in (scores, other))
        gains.append(theirs - ours)

    _, *found = average_precision_gain(is_fraud, scores, other, np.ones(20_000), seed=3)

    np.testing.assert_allclose(found, np.quantile(gains, [0.025, 0.975]), atol=0.03)
