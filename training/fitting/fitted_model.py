"""A fitted model: a booster with its calibration, threshold and policy."""

from dataclasses import dataclass

from fraud_api_lambda.decisions.policy import Policy
from fraud_api_lambda.model.calibration import Calibration
from training.data.rows import Rows, ScoredRows
from training.data.split_rows import SplitRows
from training.fitting.boosting import Boosted
from training.fitting.calibration import (
    CalibrationTrial,
    choose_calibration,
    no_calibration,
    probabilities_of,
)
from training.fitting.engine import LOCAL, Engine
from training.fitting.goal import COST, Goal
from training.fitting.settings import Settings
from training.fitting.threshold import ThresholdNotFoundError, choose_threshold
from training.policy.costs import fit_policy


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A booster with its calibration, threshold and policy, and the trials of its calibration."""

    feature_set: str
    resampling: str
    boosted: Boosted
    calibration: Calibration
    calibration_trials: tuple[CalibrationTrial, ...]
    policy: Policy
    threshold: float | None

    def score(self, rows: Rows) -> ScoredRows:
        """Score rows by the same arithmetic as the service."""
        margins = self.boosted.margins(rows)
        return ScoredRows(rows, margins, probabilities_of(margins, self.calibration))


def fit_model(
    rows: SplitRows,
    feature_set: str,
    settings: Settings,
    *,
    engine: Engine = LOCAL,
    for_comparison: bool = False,
) -> FittedModel:
    """Fit a booster, its calibration and its threshold, each on its own window.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold reaches the goal; a model `for_comparison` then has none.
    """
    boosted = engine.fit(rows.fit, feature_set, settings)
    later, margins = rows.threshold, boosted.margins(rows.threshold)
    calibration, trials = no_calibration()
    if (earlier := rows.calibrate) is not None:
        calibration, trials = choose_calibration(
            earlier.labelled(boosted.margins(earlier)), later.labelled(margins)
        )
    scored = ScoredRows(later, margins, probabilities_of(margins, calibration))
    policy = fit_policy(settings.policy, rows.trained, scored)
    return FittedModel(
        feature_set=feature_set,
        resampling=settings.resampling,
        boosted=boosted,
        calibration=calibration,
        calibration_trials=trials,
        policy=policy,
        threshold=_threshold(settings.goal, policy, scored, for_comparison=for_comparison),
    )


def _threshold(
    goal: Goal, policy: Policy, scored: ScoredRows, *, for_comparison: bool
) -> float | None:
    if goal.metric == COST:
        return policy.single_threshold
    try:
        return choose_threshold(scored.predicted, goal)
    except ThresholdNotFoundError:
        if for_comparison:
            return None
        raise
