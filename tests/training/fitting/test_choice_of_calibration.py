"""Calibration recovers the true log-odds and picks the best method."""

from dataclasses import replace

import numpy as np
import pytest

import training.fitting.calibration
from fraud_api_lambda.model.calibration import (
    Beta,
    Calibration,
    Isotonic,
    NoCalibration,
    Platt,
    calibrated,
)
from training.fitting.calibration import (
    MAX_COST,
    choose_calibration,
    fit_beta,
    fit_isotonic,
    fit_platt,
    probabilities_of,
)
from training.metrics.labelled_scores import LabelledScores
from training.metrics.logistic import logistic_line
from training.metrics.ranking import average_precision


def drawn(slope: float, intercept: float, rows: int = 40_000, seed: int = 0) -> LabelledScores:
    """Margins, and labels whose true log-odds are ``slope * margin + intercept``."""
    random = np.random.default_rng(seed)
    margins = random.normal(0, 2, rows)
    truth = 1 / (1 + np.exp(-(slope * margins + intercept)))
    return LabelledScores(random.random(rows) < truth, margins, np.ones(rows))


def bent(seed: int, rows: int = 40_000) -> LabelledScores:
    """Margins whose true log-odds have a step, which no line fits."""
    random = np.random.default_rng(seed)
    margins = random.normal(0, 2, rows)
    truth = np.where(margins > 1, 0.6, 0.02)
    return LabelledScores(random.random(rows) < truth, margins, np.ones(rows))


def test_platt_finds_a_known_line() -> None:
    found = fit_platt(drawn(0.7, -2.0))

    assert found is not None
    assert found.slope == pytest.approx(0.7, abs=0.05)
    assert found.intercept == pytest.approx(-2.0, abs=0.05)


def test_a_row_of_weight_2_counts_as_two_rows() -> None:
    rows = drawn(1.0, -1.0, rows=500)
    targets = rows.is_fraud.astype(float)
    twice = rows.scores > 0

    weighted = logistic_line(rows.scores, targets, np.where(twice, 2.0, 1.0))

    repeated = logistic_line(
        np.append(rows.scores, rows.scores[twice]),
        np.append(targets, targets[twice]),
        np.ones(500 + twice.sum()),
    )
    np.testing.assert_allclose(weighted, repeated, rtol=1e-5)


def test_platt_targets_are_weighted_by_transactions() -> None:
    rows = drawn(1.0, -6.0)
    heavy = replace(rows, weights=np.where(rows.is_fraud, 1.0, 170.0))

    found = fit_platt(heavy)

    assert found is not None
    expected = np.average(probabilities_of(heavy.scores, found), weights=heavy.weights)
    assert expected == pytest.approx(np.average(heavy.is_fraud, weights=heavy.weights), rel=0.02)


def test_separable_classes_get_the_log_odds_of_the_platt_targets() -> None:
    margins = np.concatenate([np.full(50, -3.0), np.full(50, 3.0)])

    found = fit_platt(LabelledScores(margins > 0, margins, np.ones(100)))

    # Platt's target for 50 frauds of 50 is 51 of 52.
    assert found is not None
    assert found.slope == pytest.approx(np.log(51) / 3, rel=1e-3)


def test_beta_finds_a_known_line() -> None:
    found = fit_beta(drawn(1.0, -2.0))

    assert found is not None
    assert (found.a, found.b) == pytest.approx((1, 1), abs=0.1)


@pytest.mark.parametrize("method", [fit_platt, fit_beta])
def test_a_method_that_reverses_the_order_is_rejected(method: object) -> None:
    rows = drawn(1.0, 0.0)

    assert callable(method)
    assert method(rows.with_scores(-rows.scores)) is None


def test_isotonic_follows_a_step_and_keeps_the_order_of_scores() -> None:
    rows = bent(0)

    found = fit_isotonic(rows)

    assert found is not None
    assert calibrated(0.0, found) == pytest.approx(0.02, abs=0.01)
    assert calibrated(3.0, found) == pytest.approx(0.6, abs=0.05)
    predicted = rows.with_scores(probabilities_of(rows.scores, found))
    assert average_precision(predicted) == pytest.approx(average_precision(rows))


def test_isotonic_steps_that_differ_in_the_last_bit_are_merged() -> None:
    chance = np.random.default_rng(11)
    margins, is_fraud = np.sort(chance.normal(size=60)), chance.random(60) < 0.3
    weights = np.where(is_fraud, 1.0, 152.7)  # each genuine row stands for many

    found = fit_isotonic(LabelledScores(is_fraud, margins, weights))

    assert len(found.log_odds) == 3


@pytest.mark.parametrize("sure", [True, False], ids=["all fraud above", "all genuine below"])
def test_isotonic_probabilities_stay_half_a_payment_away_from_0_and_1(sure: bool) -> None:
    margins = np.arange(200.0)
    found = fit_isotonic(LabelledScores(margins >= 100, margins, np.ones(200)))

    assert found is not None
    assert calibrated(150.0 if sure else 50.0, found) != pytest.approx(float(sure), abs=1e-3)


def test_the_method_that_fits_later_rows_best_is_chosen() -> None:
    chosen, trials = choose_calibration(bent(0), bent(1))

    assert chosen.method == "isotonic"
    losses = {trial.method: trial.log_loss for trial in trials}
    assert losses["isotonic"] < losses["platt"]
    assert all(trial.average_precision_cost <= MAX_COST for trial in trials)


def test_platt_is_as_good_as_any_method_on_a_line() -> None:
    _, trials = choose_calibration(drawn(0.7, -3.0), drawn(0.7, -3.0, seed=1))

    losses = {trial.method: trial.log_loss for trial in trials}
    assert losses["platt"] <= 1.001 * min(losses.values())


def test_few_frauds_get_platt_and_very_few_get_no_calibration() -> None:
    few = drawn(1.0, -3.0, rows=500)
    hardly = replace(few, is_fraud=np.arange(500) < 9)

    assert 10 <= few.is_fraud.sum() < 100
    assert choose_calibration(few, few)[0].method == "platt"
    assert choose_calibration(hardly, few) == (NoCalibration(), ())


def test_scores_that_rank_backwards_are_not_calibrated() -> None:
    rows = drawn(1.0, -3.0, rows=500)
    backwards = rows.with_scores(-rows.scores)

    assert choose_calibration(backwards, backwards)[0] == NoCalibration()


@pytest.mark.parametrize(
    "calibration",
    [
        NoCalibration(),
        Platt(0.37, -4.1),
        Beta(0.7, 1.4, -0.5),
        Isotonic((-6.1, -2.0, 3.3), (-8.0, -5.3, 1.1)),
        Isotonic((0.5,), (-3.0,)),
    ],
)
def test_columns_and_single_margins_are_calibrated_alike_bit_for_bit(
    calibration: Calibration,
) -> None:
    random = np.random.default_rng(0)
    margins = np.concatenate([random.normal(0, 8, 5_000), [-800, 0, 800, -6.1, -2.0, 3.3, 0.5]])

    found = probabilities_of(margins, calibration)

    assert found.tolist() == [calibrated(margin, calibration) for margin in margins.tolist()]


def test_a_method_that_makes_scores_equal_is_not_eligible(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = Platt(1e-30, -3.0)
    monkeypatch.setattr(training.fitting.calibration, "METHODS", {"flat": lambda _: flat})

    chosen, trials = choose_calibration(drawn(0.7, -3.0), drawn(0.7, -3.0, seed=1))

    assert trials[0].average_precision_cost > MAX_COST
    assert chosen == NoCalibration()
