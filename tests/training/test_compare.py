"""Another arm is called better only where it is so by enough, and beyond chance."""

import numpy as np
import pytest

from training.compare import best_resampling, log_loss_saved, verdict


def compared(name: str, *, better: bool, saved: float = 0.1) -> dict[str, object]:
    return {
        "resampling": name,
        "better": better,
        "log_loss_saved": saved,
        "average_precision_gain": 0.02,
    }


def test_the_better_arm_that_saves_most_is_best() -> None:
    arms = [
        compared("smotenc", better=False, saved=0.5),
        compared("weights", better=True, saved=0.06),
        compared("none", better=True, saved=0.08),
    ]

    assert best_resampling(arms) == "none"
    assert best_resampling(arms[:1]) is None


def test_the_verdict_says_what_is_published() -> None:
    arms = [compared("none", better=True)]

    assert "--resampling auto would publish it" in verdict(arms, "smote")
    assert "It is published" in verdict(arms, "none")
    assert verdict([compared("none", better=False)], "smote").startswith("No other arm (none)")


def test_a_score_saves_nothing_over_itself() -> None:
    is_fraud, scores = np.arange(1_000) < 10, np.full(1_000, 0.01)

    assert log_loss_saved(is_fraud, scores, scores, np.ones(1_000)) == (0, 0, 0)


def test_the_saving_has_the_interval_of_a_paired_poisson_bootstrap() -> None:
    random = np.random.default_rng(0)
    truth = 1 / (1 + np.exp(-random.normal(-4, 1.5, 20_000)))
    is_fraud, weights = random.random(20_000) < truth, np.ones(20_000)
    blurred = np.clip(truth * random.lognormal(0, 0.7, 20_000), 1e-6, 0.99)
    drawn = []
    for _ in range(400):
        count = random.poisson(1.0, 20_000).astype(float)
        saved, _, _ = log_loss_saved(is_fraud, blurred, truth, count)
        drawn.append(saved)

    found = log_loss_saved(is_fraud, blurred, truth, weights)

    np.testing.assert_allclose(found[1:], np.quantile(drawn, [0.025, 0.975]), atol=0.02)
    assert found[0] == pytest.approx(np.mean(drawn), abs=0.01)
