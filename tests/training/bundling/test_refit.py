"""A refitted model serves the evaluated threshold if both are on the same scale."""

from typing import Any

import pytest

from fraud_api_lambda.model.calibration import Calibration, NoCalibration, Platt
from training.bundling.bundled_model import Pair
from training.bundling.refit import lost_calibration, threshold_to_serve
from training.fitting.fitted_model import FittedModel

RAW, CALIBRATED = NoCalibration(), Platt(1.0, 0.0)


def fitted(calibration: Calibration, threshold: float | None) -> FittedModel:
    unused: Any = None
    return FittedModel("strict", "smote", unused, calibration, (), unused, threshold)


@pytest.mark.parametrize(
    ("evaluated", "refitted", "served"),
    [
        (fitted(CALIBRATED, 0.1), fitted(CALIBRATED, 0.2), 0.1),
        (fitted(RAW, 0.1), fitted(RAW, 0.2), 0.1),
        (fitted(RAW, 0.1), fitted(CALIBRATED, 0.2), 0.2),
        (fitted(CALIBRATED, 0.1), fitted(RAW, 0.2), 0.2),
        (fitted(RAW, 0.1), fitted(CALIBRATED, None), 0.1),
    ],
)
def test_the_evaluated_threshold_is_served_unless_only_one_model_is_calibrated(
    evaluated: FittedModel, refitted: FittedModel, served: float
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
    before, after, kept = (fitted(each, 0.1) for each in (evaluated, refitted, CALIBRATED))

    assert bool(lost_calibration(Pair(before), Pair(after))) is warned
    assert bool(lost_calibration(Pair(kept, before), Pair(kept, after))) is warned
