"""The figures of an arm, or of any probabilities, on a window: as a whole and in parts."""

from typing import Any

import numpy as np

from fraud_api_lambda.policy import Policy
from training.data.rows import Data
from training.data.time_split import Window
from training.fitting.fitted_model import Arm
from training.metrics.evaluation import evaluate
from training.metrics.labelled_scores import LabelledScores
from training.metrics.slices import sliced
from training.policy.backtest import policy_outcome


def evaluate_arm(arm: Arm, data: Data, window: Window, seed: int) -> dict[str, Any]:
    """The arm's figures on a window, as plain data."""
    probabilities = arm.probabilities_in(data, window)
    figures = figures_in(
        data, window, probabilities, threshold=arm.threshold, policy=arm.policy, seed=seed
    )
    method = arm.calibration.method
    return {
        **figures,
        "resampling": arm.resampling,
        "invented_frauds": arm.n_invented,
        "calibrated_by": {"method": method, "trials": arm.calibration_trials},
    }


def figures_in(
    data: Data,
    window: Window,
    probabilities: np.ndarray,
    *,
    threshold: float | None,
    policy: Policy,
    seed: int,
) -> dict[str, Any]:
    """All figures of probabilities of a window's rows, as a whole and in parts."""
    inside = window.holds(data.steps)
    predicted = LabelledScores(data.is_fraud[inside], probabilities, data.weights[inside])
    return {
        **evaluate(predicted, threshold=threshold, seed=seed),
        **sliced(data.frame[inside], predicted, threshold),
        "outcome": policy_outcome(
            data.priced(window, probabilities), data.frame[inside], policy, seed=seed
        ),
    }
