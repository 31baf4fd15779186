"""All figures of a model on the rows of a window, as a whole and by part."""

from typing import TypedDict

from fraud_api_lambda.decisions.policy import Policy
from training.data.rows import Rows, ScoredRows
from training.fitting.fitted_model import FittedModel
from training.metrics.evaluation import evaluate
from training.metrics.figures import Evaluation, Slices
from training.metrics.slices import Parts, sliced
from training.policy.backtest import policy_outcome
from training.policy.figures import PolicyOutcome, StoppedFigures
from training.policy.stopped import stopped_figures
from training.reading.columns import TYPOLOGY


class WindowFigures(Evaluation, Slices):
    """The figures of scored rows of a window, as a whole and by part."""

    outcome: PolicyOutcome
    stopped: StoppedFigures


class CalibrationTrialFigures(TypedDict):
    """A `CalibrationTrial` as plain data."""

    method: str
    log_loss: float
    average_precision_cost: float


class CalibrationChoice(TypedDict):
    """The calibration method of a model, and the trials that chose it."""

    method: str
    trials: list[CalibrationTrialFigures]


class ModelFigures(WindowFigures):
    """The figures of a model on a window, and how it was resampled and calibrated."""

    resampling: str
    invented_frauds: int
    calibrated_by: CalibrationChoice


def model_figures(model: FittedModel, rows: Rows, seed: int) -> ModelFigures:
    """The figures of a fitted model, as plain data."""
    figures = figures_of(
        model.score(rows), threshold=model.threshold, policy=model.policy, seed=seed
    )
    trials: list[CalibrationTrialFigures] = [
        {
            "method": trial.method,
            "log_loss": trial.log_loss,
            "average_precision_cost": trial.average_precision_cost,
        }
        for trial in model.calibration_trials
    ]
    return {
        **figures,
        "resampling": model.resampling,
        "invented_frauds": model.boosted.n_synthetic,
        "calibrated_by": {"method": model.calibration.method, "trials": trials},
    }


def figures_of(
    scored: ScoredRows, *, threshold: float | None, policy: Policy, seed: int
) -> WindowFigures:
    """The figures of scored rows with a threshold and a policy, as plain data."""
    return {
        **evaluate(scored.predicted, threshold=threshold, seed=seed),
        **sliced(_parts(scored.rows), scored.predicted, threshold),
        "outcome": policy_outcome(scored, policy, seed=seed),
        "stopped": stopped_figures(scored, policy, seed=seed),
    }


def _parts(rows: Rows) -> Parts:
    return Parts(
        peers=rows.peers,
        amounts=rows.amounts,
        days=rows.dataset.calendar.days(rows.steps),
        typology=rows.column(TYPOLOGY) if TYPOLOGY in rows.dataset.frame else None,
    )
