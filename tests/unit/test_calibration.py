"""From log-odds to probability: increasing, never sure, and the formula of each method's paper."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.calibration import SURE, calibrated

NONE = {"method": "none"}
PLATT = {"method": "platt", "slope": 0.3, "intercept": -4.0}
BETA = {"method": "beta", "a": 0.7, "b": 1.4, "c": -0.5}
ISOTONIC = {"method": "isotonic", "margins": [-6.0, -2.0, 3.0], "log_odds": [-8.0, -5.0, 1.0]}
METHODS = pytest.mark.parametrize(
    "calibration", [NONE, PLATT, BETA, ISOTONIC], ids=lambda each: str(each["method"])
)


def log_odds(margin: float, calibration: dict[str, Any]) -> float:
    probability = calibrated(margin, calibration)
    return math.log(probability / (1 - probability))


@METHODS
@given(margin=st.floats(allow_nan=False, allow_infinity=False))
def test_a_probability_is_never_exactly_0_or_1(calibration: dict[str, Any], margin: float) -> None:
    assert SURE <= calibrated(margin, calibration) <= 1 - SURE


@METHODS
@given(margin=st.floats(-20, 20), step=st.floats(1e-3, 10))
def test_a_higher_margin_gets_a_higher_probability(
    calibration: dict[str, Any], margin: float, step: float
) -> None:
    assert calibrated(margin, calibration) < calibrated(min(margin + step, 21), calibration)


def test_without_calibration_the_margin_is_the_log_odds() -> None:
    assert log_odds(-1.5, NONE) == pytest.approx(-1.5)


def test_platt_is_a_line_on_the_log_odds() -> None:
    assert log_odds(2.0, PLATT) == pytest.approx(0.3 * 2.0 - 4.0)


def test_beta_is_kulls_formula_on_the_uncalibrated_probability() -> None:
    uncalibrated = 1 / (1 + math.exp(-0.8))

    expected = 0.7 * math.log(uncalibrated) - 1.4 * math.log(1 - uncalibrated) - 0.5

    assert log_odds(0.8, BETA) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("margin", "expected"), [(-7.0, -9.0), (-6.0, -8.0), (-4.0, -6.5), (0.5, -2.0), (5.0, 3.0)]
)
def test_isotonic_lies_on_lines_between_knots_and_goes_on_beyond_them(
    margin: float, expected: float
) -> None:
    assert log_odds(margin, ISOTONIC) == pytest.approx(expected)
