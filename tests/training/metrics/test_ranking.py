"""Ranking figures equal scikit-learn's, and their intervals equal a bootstrap's."""

from dataclasses import replace

import numpy as np
import pytest

from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import (
    average_precision,
    average_precision_gain,
    ranking_figures,
)

ROWS = 60_000


@pytest.fixture(scope="module")
def honest() -> LabelledScores:
    """Labels drawn from the probabilities themselves: 0.5 % fraud."""
    random = np.random.default_rng(0)
    probabilities = 1 / (1 + np.exp(-random.normal(-6.5, 1.6, ROWS)))
    return LabelledScores(random.random(ROWS) < probabilities, probabilities, np.ones(ROWS))


def interval(scored: LabelledScores, *, seed: int) -> tuple[float, float]:
    found = ranking_figures(scored, seed=seed)
    return found["average_precision_low"], found["average_precision_high"]


def test_a_row_of_weight_n_counts_as_n_rows() -> None:
    is_fraud = np.array([True, False, True, False])
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    repeats = np.array([1, 3, 1, 5])

    weighted = LabelledScores(is_fraud, scores, repeats.astype(float))

    repeated = LabelledScores(is_fraud.repeat(repeats), scores.repeat(repeats), np.ones(10))
    assert average_precision(weighted) == pytest.approx(average_precision(repeated))


def test_the_interval_covers_the_average_precision_and_shrinks_with_more_frauds(
    honest: LabelledScores,
) -> None:
    low, high = interval(honest, seed=1)
    low_few, high_few = interval(honest[: ROWS // 16], seed=1)

    assert low < average_precision(honest) < high
    assert 2 * (high - low) < high_few - low_few


def test_the_interval_matches_a_row_by_row_bootstrap(honest: LabelledScores) -> None:
    few = honest[:20_000]
    random = np.random.default_rng(2)
    values = [
        average_precision(replace(few, weights=random.poisson(1.0, 20_000).astype(float)))
        for _ in range(300)
    ]

    found = interval(few, seed=3)

    np.testing.assert_allclose(found, np.quantile(values, [0.025, 0.975]), atol=0.04)


def test_the_interval_allows_for_the_absence_of_one_heavy_genuine_row() -> None:
    is_fraud = np.arange(2_001) > 0
    scores = np.where(is_fraud, 0.5, 0.9)

    low, high = interval(LabelledScores(is_fraud, scores, np.where(is_fraud, 1.0, 2_000.0)), seed=0)

    assert high == 1.0
    assert low < 0.4


def test_the_curve_falls_from_the_best_precision_and_lies_in_its_band(
    honest: LabelledScores,
) -> None:
    curve = ranking_figures(honest, seed=0)["curve"]

    precisions = [point["precision"] for point in curve]
    assert precisions == sorted(precisions, reverse=True)
    assert [curve[0]["recall"], curve[-1]["recall"]] == [0.02, 1.0]
    inside = [point["low"] <= point["precision"] <= point["high"] for point in curve]
    assert sum(inside) > 45


def test_a_score_has_no_gain_over_itself(honest: LabelledScores) -> None:
    assert average_precision_gain(honest, honest.scores, seed=0) == (0, 0, 0)


def test_the_gain_of_a_better_score_is_the_difference_with_an_interval_above_0(
    honest: LabelledScores,
) -> None:
    worse = honest.with_scores(honest.scores * np.random.default_rng(1).lognormal(0, 1, ROWS))

    gain, low, high = average_precision_gain(worse, honest.scores, seed=0)

    assert gain == pytest.approx(average_precision(honest) - average_precision(worse))
    assert 0 < low < gain < high


def test_the_interval_of_the_gain_matches_a_row_by_row_bootstrap(honest: LabelledScores) -> None:
    few = honest[:20_000]
    other = few.scores * np.random.default_rng(1).lognormal(0, 0.5, 20_000)
    random = np.random.default_rng(2)
    gains = []
    for _ in range(300):
        drawn = replace(few, weights=random.poisson(1.0, 20_000).astype(float))
        gains.append(average_precision(drawn.with_scores(other)) - average_precision(drawn))

    _, *found = average_precision_gain(few, other, seed=3)

    np.testing.assert_allclose(found, np.quantile(gains, [0.025, 0.975]), atol=0.03)
