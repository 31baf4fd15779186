"""Platt calibration finds the log-odds that made the labels."""

import numpy as np
import pytest

from fraud_api_lambda.scoring import SURE, calibrated
from training.calibrate import NO_CALIBRATION, fit_platt, logistic_line


def drawn(slope: float, intercept: float, rows: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Margins, and labels whose true log-odds are ``slope * margin + intercept``."""
    random = np.random.default_rng(0)
    margins = random.normal(0, 2, rows)
    truth = 1 / (1 + np.exp(-(slope * margins + intercept)))
    return margins, random.random(rows) < truth


def test_a_known_line_is_found() -> None:
    margins, is_fraud = drawn(0.7, -2.0)

    found = fit_platt(margins, is_fraud, np.ones(len(margins)))

    assert found["method"] == "platt"
    assert found["slope"] == pytest.approx(0.7, abs=0.05)
    assert found["intercept"] == pytest.approx(-2.0, abs=0.05)


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    margins, is_fraud = drawn(1.0, -1.0, rows=500)
    targets = is_fraud.astype(float)
    weights = np.where(margins > 0, 2.0, 1.0)
    twice = margins > 0

    weighted = logistic_line(margins, targets, weights)

    repeated = logistic_line(
        np.append(margins, margins[twice]),
        np.append(targets, targets[twice]),
        np.ones(500 + twice.sum()),
    )
    np.testing.assert_allclose(weighted, repeated, rtol=1e-5)


def test_classes_that_separate_perfectly_get_the_log_odds_of_platts_targets() -> None:
    margins = np.concatenate([np.full(50, -3.0), np.full(50, 3.0)])

    found = fit_platt(margins, margins > 0, np.ones(100))

    # 51 of 52 is what 50 frauds of 50 allow to say.
    assert found["slope"] == pytest.approx(np.log(51) / 3, rel=1e-3)


@pytest.mark.parametrize("case", ["too few frauds", "upside down"])
def test_what_cannot_be_calibrated_is_left_alone(case: str) -> None:
    margins, is_fraud = drawn(1.0, 0.0, rows=200)
    if case == "too few frauds":
        is_fraud = np.arange(200) < 9
    else:
        margins = -margins

    assert fit_platt(margins, is_fraud, np.ones(200)) == NO_CALIBRATION


@pytest.mark.parametrize("margin", [-1e300, -800.0, -40.0, 0.0, 40.0, 800.0, 1e300])
def test_a_probability_is_never_exactly_0_or_1(margin: float) -> None:
    assert SURE <= calibrated(margin, NO_CALIBRATION) <= 1 - SURE


def test_calibration_keeps_the_order_of_scores() -> None:
    line = {"method": "platt", "slope": 0.3, "intercept": -4.0}
    margins = np.linspace(-20, 20, 401).tolist()

    probabilities = [calibrated(margin, line) for margin in margins]

    assert probabilities == sorted(probabilities)
    assert len(set(probabilities)) == len(probabilities)
