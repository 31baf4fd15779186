"""From log-odds to probability: increasing, never sure, and the formula of each method's paper."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.model.calibration import (
    SURE,
    Beta,
    Calibration,
    Isotonic,
    NoCalibration,
    Platt,
    as_dict,
    calibrated,
    from_dict,
)

NONE = NoCalibration()
PLATT = Platt(slope=0.3, intercept=-4.0)
BETA = Beta(a=0.7, b=1.4, c=-0.5)
ISOTONIC = Isotonic(margins=(-6.0, -2.0, 3.0), log_odds=(-8.0, -5.0, 1.0))
METHODS = pytest.mark.parametrize(
    "calibration", [NONE, PLATT, BETA, ISOTONIC], ids=lambda each: each.method
)


def log_odds(margin: float, calibration: Calibration) -> float:
    probability = calibrated(margin, calibration)
    return math.log(probability / (1 - probability))


@METHODS
@given(margin=st.floats(allow_nan=False, allow_infinity=False))
def test_a_probability_is_never_exactly_0_or_1(calibration: Calibration, margin: float) -> None:
    assert SURE <= calibrated(margin, calibration) <= 1 - SURE


@METHODS
@given(margin=st.floats(-20, 20), step=st.floats(1e-3, 10))
def test_a_higher_margin_gets_a_higher_probability(
    calibration: Calibration, margin: float, step: float
) -> None:
    assert calibrated(margin, calibration) < calibrated(min(margin + step, 21), calibration)


@METHODS
def test_plain_data_of_a_calibration_makes_it_again(calibration: Calibration) -> None:
    assert from_dict(as_dict(calibration)) == calibration


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "plat"}, "method is none of none, platt, beta, isotonic"),
        ({"method": []}, "method is none of"),
        ({"margins": [-6.0, -2.0, -2.0]}, "margins does not rise"),
        ({"log_odds": [-8.0, -9.0, 1.0]}, "log_odds does not rise"),
        ({"log_odds": [-8.0, -5.0]}, "not of one length"),
        ({"log_odds": []}, "log_odds is not a list of at least one number"),
        ({"log_odds": "abc"}, "log_odds is not a list"),
        ({"margins": [-6.0, math.nan, 3.0]}, r"margins\[1\] is not a number"),
        ({"slope": 1.0}, "these differ: 'slope'"),
    ],
)
def test_a_calibration_that_would_not_increase_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        from_dict(as_dict(ISOTONIC) | changes)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, 1e300, 1, True, None, "1"])
@pytest.mark.parametrize(("calibration", "name"), [(PLATT, "slope"), (BETA, "a"), (BETA, "b")])
def test_a_slope_is_a_finite_number_above_0(
    calibration: Calibration, name: str, value: object
) -> None:
    with pytest.raises(ValueError, match=f"{name} is not a number above 0"):
        from_dict(as_dict(calibration) | {name: value})


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
