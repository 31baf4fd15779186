"""All figures of a model on the rows of a window, as a whole and by part."""

from dataclasses import asdict
from typing import Any

from fraud_api_lambda.policy import Policy
from training.data.rows import Rows, ScoredRows
from training.fitting.fitted_model import FittedModel
from training.metrics.evaluation import evaluate
from training.metrics.slices import sliced
from training.policy.backtest import policy_outcome


def model_figures(model: FittedModel, rows: Rows, seed: int) -> dict[str, Any]:
    """The figures of a fitted model, as plain data."""
    figures = figures_of(
        model.score(rows), threshold=model.threshold, policy=model.policy, seed=seed
    )
    trials = [asdict(trial) for trial in model.calibration_trials]
    return {
        **figures,
        "resampling": model.resampling,
        "invented_frauds": model.n_synthetic,
        "calibrated_by": {"method": model.calibration.method, "trials": trials},
    }


def figures_of(
    scored: ScoredRows, *, threshold: float | None, policy: Policy, seed: int
) -> dict[str, Any]:
    """The figures of scored rows with a threshold and a policy, as plain data."""
    return {
        **evaluate(scored.predicted, threshold=threshold, seed=seed),
        **sliced(scored.rows.frame, scored.predicted, threshold),
        "outcome": policy_outcome(scored, policy, seed=seed),
    }
