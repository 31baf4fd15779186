"""A refitted model serves the evaluated threshold if both are on the same scale."""

from typing import Any

import pytest

from fraud_api_lambda.calibration import Calibration, NoCalibration, Platt
from training.bundling.refit import lost_calibration, threshold_to_serve
from training.fitting.fitted_model import Arm

RAW, CALIBRATED = NoCalibration(), Platt(1.0, 0.0)


def arm(calibration: Calibration, threshold: float | None) -> Arm:
    unused: Any = None
    return Arm("strict", "smote", unused, 0, calibration, (), unused, threshold)


@pytest.mark.parametrize(
    ("evaluated", "refitted", "served"),
    [
        (arm(CALIBRATED, 0.1), arm(CALIBRATED, 0.2), 0.1),
        (arm(RAW, 0.1), arm(RAW, 0.2), 0.1),
        (arm(RAW, 0.1), arm(CALIBRATED, 0.2), 0.2),
        (arm(CALIBRATED, 0.1), arm(RAW, 0.2), 0.2),
        (arm(RAW, 0.1), arm(CALIBRATED, None), 0.1),
    ],
)
def test_the_evaluated_threshold_is_served_unless_only_one_model_is_calibrated(
    evaluated: Arm, refitted: Arm, served: float
) -> None:
    assert threshold_to_serve(evaluated, refitted) == served


@pytest.mark.parametrize(
    ("evaluated", "refitted", "warned"),
    [
        (CALIBRATED, RAW, True),
        (CALIBRATED, CALIBRATED, False),
        (RAW, CALIBRATED, False),
        (RAW, RAW, False),
    ],
)
def test_a_refit_that_loses_its_calibration_gives_a_warning(
    evaluated: Calibration, refitted: Calibration, warned: bool
) -> None:
    assert bool(lost_calibration(arm(evaluated, 0.1), arm(refitted, 0.1))) is warned
