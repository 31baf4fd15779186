"""A resampling is called better only by a sufficient and significant margin."""

from dataclasses import replace

import numpy as np
import pytest

from training.fitting.figures import Comparison, ResamplingComparison
from training.fitting.resampling_comparison import (
    best_resampling,
    comparison,
    log_loss_saved,
    verdict,
)
from training.metrics.labelled_scores import LabelledScores


def compared(
    name: str, *, better: bool, saved: float = 0.1, frauds: int = 230
) -> ResamplingComparison:
    return {
        "resampling": name,
        "frauds": frauds,
        "better": better,
        "log_loss_saved": saved,
        "log_loss_saved_low": saved - 0.04,
        "log_loss_saved_high": saved + 0.04,
        "average_precision_gain": 0.02,
        "average_precision_gain_low": -0.01,
        "average_precision_gain_high": 0.05,
    }


def test_the_best_resampling_saves_most_among_the_better_ones() -> None:
    arms = [
        compared("smotenc", better=False, saved=0.5),
        compared("weights", better=True, saved=0.06),
        compared("none", better=True, saved=0.08),
    ]

    assert best_resampling(arms) == "none"
    assert best_resampling(arms[:1]) is None


def test_the_verdict_names_the_published_resampling() -> None:
    arms = [compared("none", better=True)]
    worse = [compared("none", better=False)]

    assert "--resampling auto would publish it" in verdict(arms, arms, "smote")
    assert "It is published" in verdict(arms, arms, "none")
    assert verdict(worse, worse, "smote").startswith("No other method (none)")


def test_the_verdict_gives_frauds_intervals_and_the_result_of_the_test_window() -> None:
    decides = [compared("weights", better=False), compared("none", better=True)]
    agrees = [decides[0], compared("none", better=True, saved=0.08, frauds=41)]
    does_not = [compared("weights", better=True), compared("none", better=False, saved=-0.02)]

    assert verdict(decides, agrees, "smote") == (
        "none beats smote on the threshold window (230 frauds: log loss saved +10.0% "
        "(+6.0% to +14.0%), average precision +0.020 (-0.010 to +0.050)). The test window agrees "
        "(41 frauds: log loss saved +8.0% (+4.0% to +12.0%), average precision +0.020 (-0.010 to "
        "+0.050)). --resampling auto would publish it."
    )
    said = verdict(decides, does_not, "smote")
    assert "The test window disagrees (230 frauds: log loss saved -2.0%" in said


def test_a_score_has_no_saving_over_itself() -> None:
    predicted = LabelledScores(np.arange(1_000) < 10, np.full(1_000, 0.01), np.ones(1_000))

    assert log_loss_saved(predicted, predicted.scores) == (0, 0, 0)


def test_the_saving_has_the_interval_of_a_paired_poisson_bootstrap() -> None:
    random = np.random.default_rng(0)
    truth = 1 / (1 + np.exp(-random.normal(-4, 1.5, 20_000)))
    is_fraud = random.random(20_000) < truth
    blurred = np.clip(truth * random.lognormal(0, 0.7, 20_000), 1e-6, 0.99)
    predicted = LabelledScores(is_fraud, blurred, np.ones(20_000))
    drawn = []
    for _ in range(400):
        weights = random.poisson(1.0, 20_000).astype(float)
        saved, _, _ = log_loss_saved(replace(predicted, weights=weights), truth)
        drawn.append(saved)

    found = log_loss_saved(predicted, truth)

    np.testing.assert_allclose(found[1:], np.quantile(drawn, [0.025, 0.975]), atol=0.02)
    assert found[0] == pytest.approx(np.mean(drawn), abs=0.01)


def compared_arms(blur: float) -> Comparison:
    """Compare an arm with blurred scores to one with true probabilities."""
    random = np.random.default_rng(0)
    truth = 1 / (1 + np.exp(-random.normal(-4, 1.5, 20_000)))
    blurred = np.clip(truth * random.lognormal(0, blur, 20_000), 1e-6, 0.99)
    is_fraud = random.random(20_000) < truth
    return comparison(LabelledScores(is_fraud, blurred, np.ones(20_000)), truth, seed=0)


def test_a_clearly_better_resampling_is_called_better() -> None:
    found = compared_arms(1.0)

    assert found["log_loss_saved"] > 0.05
    assert found["better"]


@pytest.mark.parametrize("blur", [0.0, 0.1])
def test_a_hardly_better_resampling_is_not_called_better(blur: float) -> None:
    assert not compared_arms(blur)["better"]
