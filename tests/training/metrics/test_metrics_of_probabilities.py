"""Calibration figures pass true probabilities and fail zero, constant and tenfold scores."""

import numpy as np
import pytest

from fraud_api_lambda.model.calibration import SURE
from training.metrics.calibration import calibration_figures, log_loss, reliability
from training.metrics.labelled_scores import LabelledScores

ROWS = 200_000


@pytest.fixture(scope="module")
def honest() -> LabelledScores:
    """Labels drawn from the probabilities themselves: 0.5 % fraud."""
    random = np.random.default_rng(0)
    probabilities = 1 / (1 + np.exp(-random.normal(-6.5, 1.6, ROWS)))
    return LabelledScores(random.random(ROWS) < probabilities, probabilities, np.ones(ROWS))


def passes(predicted: LabelledScores) -> dict[str, bool]:
    """The four calibration checks of a published model."""
    figures = calibration_figures(predicted)
    return {
        "observed_over_expected": 0.75 <= figures["observed_over_expected"] <= 1.33,
        "slope": 0.8 <= figures["slope"] <= 1.25,
        "brier_skill": figures["brier_skill"] >= 0.03,
        "log_loss": figures["log_loss"] < figures["log_loss_of_base_rate"],
    }


def test_true_probabilities_pass_every_check(honest: LabelledScores) -> None:
    assert all(passes(honest).values())


def test_an_all_zero_score_fails_every_check(honest: LabelledScores) -> None:
    found = passes(honest.with_scores(np.full(ROWS, SURE)))

    assert not any(found[name] for name in ("observed_over_expected", "brier_skill", "log_loss"))


def test_a_constant_base_rate_fails_every_check_but_the_total(honest: LabelledScores) -> None:
    found = passes(honest.with_scores(np.full(ROWS, honest.is_fraud.mean())))

    assert [name for name, good in found.items() if good] == ["observed_over_expected"]


def test_a_score_ten_times_too_high_fails_total_brier_and_log_loss(honest: LabelledScores) -> None:
    found = passes(honest.with_scores(np.minimum(10 * honest.scores, 0.99)))

    assert not found["observed_over_expected"]
    assert not found["brier_skill"]


def test_an_overconfident_score_shows_in_the_slope(honest: LabelledScores) -> None:
    doubled = honest.with_scores(1 / (1 + ((1 - honest.scores) / honest.scores) ** 2))

    assert calibration_figures(doubled)["slope"] == pytest.approx(0.5, abs=0.05)


def test_the_log_loss_of_a_fair_coin_is_log_2() -> None:
    loss = log_loss(LabelledScores(np.array([True, False]), np.full(2, 0.5), np.ones(2)))

    assert loss == pytest.approx(np.log(2))


def test_reliability_bins_hold_all_rows_and_about_equal_numbers_of_frauds(
    honest: LabelledScores,
) -> None:
    bins = reliability(honest)

    frauds = [each["frauds"] for each in bins]
    assert len(bins) == 8
    assert max(frauds) - min(frauds) <= 2
    assert sum(each["transactions"] for each in bins) == ROWS
    assert [each["expected"] for each in bins] == sorted(each["expected"] for each in bins)


def test_in_calibrated_bins_the_predicted_rate_lies_in_the_interval_of_the_observed_one(
    honest: LabelledScores,
) -> None:
    inside = [
        each["observed_low"] <= each["expected"] <= each["observed_high"]
        for each in reliability(honest)
    ]

    assert sum(inside) >= 7
