"""Calibration: from log-odds to probabilities, fitted on later rows than the booster.

Every method is fitted on one of two windows and evaluated on the other, both ways. The best one is
then fitted on both windows, because a day has few frauds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from sklearn.isotonic import IsotonicRegression

from fraud_api_lambda.model.calibration import (
    SURE,
    Beta,
    Calibration,
    Isotonic,
    NoCalibration,
    Platt,
)
from training.metrics.calibration import log_loss
from training.metrics.labelled_scores import LabelledScores
from training.metrics.logistic import logistic_line, logistic_plane
from training.metrics.ranking import average_precision

MIN_FRAUDS: Final = 10
"""Fewer frauds cannot determine two parameters."""

MIN_FRAUDS_TO_CHOOSE: Final = 100
"""With fewer frauds the methods cannot be compared: then Platt, which has two parameters."""

MAX_COST: Final = 0.005
"""Average precision that a method may lose by making different scores equal."""

FREE: Final = 1e-8
MILD: Final = 1e-2
"""Ridge penalties on beta's slopes, which diverge if the classes almost separate."""


type Fit = Callable[[LabelledScores], Calibration | None]


@dataclass(frozen=True, slots=True)
class CalibrationTrial:
    """A calibration method, fitted on one of two windows and evaluated on the other, both ways.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    log_loss : float
        Mean of both ways, in nats.
    average_precision_cost : float
        Average precision lost by giving equal probabilities to different scores.
    """

    method: str
    log_loss: float
    average_precision_cost: float


def choose_calibration(
    first: LabelledScores, second: LabelledScores
) -> tuple[Calibration, tuple[CalibrationTrial, ...]]:
    """Fit the method with the lowest held-out log loss on two windows of margins.

    A method is eligible only if it costs at most 0.005 average precision. If either window has
    under 100 frauds, Platt's method is used; if either has under 10, or if margins run against the
    labels, there is no calibration.

    Returns
    -------
    calibration : Calibration
    trials : tuple of CalibrationTrial
        Empty if no method could be fitted.
    """
    n_fraud = min(int(first.is_fraud.sum()), int(second.is_fraud.sum()))
    if n_fraud < MIN_FRAUDS:
        return no_calibration()
    names = list(METHODS) if n_fraud >= MIN_FRAUDS_TO_CHOOSE else ["platt"]
    tried = [_trial(name, first, second) for name in names]
    trials = tuple(trial for trial in tried if trial)
    both = first.joined(second)
    eligible = [
        (trial.log_loss, order, fitted)
        for order, trial in enumerate(trials)
        if trial.average_precision_cost <= MAX_COST and (fitted := METHODS[trial.method](both))
    ]
    return (min(eligible)[-1] if eligible else NoCalibration()), trials


def no_calibration() -> tuple[Calibration, tuple[CalibrationTrial, ...]]:
    """Leave margins as they are, without trials."""
    return NoCalibration(), ()


def fit_platt(rows: LabelledScores) -> Platt | None:
    """Fit Platt's sigmoid on the log-odds; None if it would reverse the order of scores.

    References
    ----------
    J. Platt: Probabilistic outputs for support vector machines, 1999, section 2.2.
    """
    slope, intercept = logistic_line(rows.scores, _smoothed(rows), rows.weights)
    if slope <= 0:
        return None
    return Platt(slope, intercept)


def fit_beta(rows: LabelledScores, *, penalty: float = FREE) -> Beta | None:
    """Fit beta calibration; None unless both of its slopes are above 0.

    References
    ----------
    M. Kull, T. Silva Filho, P. Flach: Beta calibration, AISTATS 2017, section 3.
    """
    low, high = -np.logaddexp(0, -rows.scores), np.logaddexp(0, rows.scores)
    (a, b), c = logistic_plane(
        np.column_stack([low, high]), rows.is_fraud.astype(float), rows.weights, penalty=penalty
    )
    if a <= 0 or b <= 0:
        return None
    return Beta(a, b, c)


def _smoothed(rows: LabelledScores) -> np.ndarray:
    """Platt's targets, which keep slopes finite if the classes are separable.

    They count transactions, not rows: a row can represent many.
    """
    n_fraud, n_genuine = (rows.weights[kind].sum() for kind in (rows.is_fraud, ~rows.is_fraud))
    targets: np.ndarray = np.where(
        rows.is_fraud, (n_fraud + 1) / (n_fraud + 2), 1 / (n_genuine + 2)
    )
    return targets


def fit_isotonic(rows: LabelledScores) -> Isotonic:
    """Fit isotonic regression, strictly increasing by lines between the means of its steps.

    Half a fraud below all scores and half a genuine payment above them keep it away from 0 and 1.
    """
    margins = np.concatenate([rows.scores, [rows.scores.min(), rows.scores.max()]])
    labels = np.concatenate([rows.is_fraud, [True, False]])
    weights = np.concatenate([rows.weights, [0.5, 0.5]])
    rates = IsotonicRegression().fit_transform(margins, labels, sample_weight=weights)
    # Rates that differ only in the last bit can have equal log-odds: they are one step.
    log_odds, step = np.unique(np.log(rates) - np.log1p(-rates), return_inverse=True)
    means = np.bincount(step, weights * margins) / np.bincount(step, weights)
    return Isotonic(tuple(means.tolist()), tuple(log_odds.tolist()))


METHODS: Final[dict[str, Fit]] = {
    "platt": fit_platt,
    "beta": fit_beta,
    "beta, mild": partial(fit_beta, penalty=MILD),
    "isotonic": fit_isotonic,
}


def probabilities_of(margins: np.ndarray, calibration: Calibration) -> np.ndarray:
    """Calibrate margins as the service's `calibrated` does, bit for bit, but faster.

    NumPy adds, multiplies and divides as Python does; `exp` and `log1p` stay Python's.
    """
    log_odds = _log_odds_of(margins, calibration)
    odds = np.array([math.exp(value) for value in (-np.abs(log_odds)).tolist()])
    high, low = np.minimum(1.0 / (1.0 + odds), 1.0 - SURE), np.maximum(odds / (1.0 + odds), SURE)
    probabilities: np.ndarray = np.where(log_odds >= 0, high, low)
    return probabilities


def _log_odds_of(margins: np.ndarray, calibration: Calibration) -> np.ndarray:
    match calibration:
        case Platt(slope, intercept):
            line: np.ndarray = slope * margins + intercept
            return line
        case Isotonic(knots, log_odds):
            return _on_lines(margins, np.array(knots), np.array(log_odds))
    return np.array([calibration.log_odds_of(margin) for margin in margins.tolist()])


def _on_lines(margins: np.ndarray, knots: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    above = np.searchsorted(knots, margins, side="right")
    right = np.clip(above, 1, max(1, len(knots) - 1))
    right, left = np.minimum(right, len(knots) - 1), right - 1
    run = np.where(knots[right] > knots[left], knots[right] - knots[left], 1.0)
    share = (margins - knots[left]) / run
    between = log_odds[left] + share * (log_odds[right] - log_odds[left])
    before, after = log_odds[0] + (margins - knots[0]), log_odds[-1] + (margins - knots[-1])
    inside = np.where(above == len(knots), after, between)
    interpolated: np.ndarray = np.where(above == 0, before, inside)
    return interpolated


def _trial(name: str, first: LabelledScores, second: LabelledScores) -> CalibrationTrial | None:
    losses, costs = [], []
    for fitted_on, held_out in ((first, second), (second, first)):
        calibration = METHODS[name](fitted_on)
        if calibration is None:
            return None
        predicted = held_out.with_scores(probabilities_of(held_out.scores, calibration))
        losses.append(log_loss(predicted))
        costs.append(average_precision(held_out) - average_precision(predicted))
    return CalibrationTrial(name, float(np.mean(losses)), float(np.mean(costs)))
