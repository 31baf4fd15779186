"""Calibration metrics: how well predicted probabilities match observed fraud rates.

Pure. Every figure is weighted by the rows' weights.
"""

from typing import Final

import numpy as np

from training.metrics.figures import CalibrationFigures, ReliabilityBin
from training.metrics.labelled_scores import LabelledScores
from training.metrics.logistic import logistic_line

RELIABILITY_BINS: Final = 8
Z_95: Final = 1.96


def log_losses(predicted: LabelledScores) -> np.ndarray:
    """Log loss of each row, in nats, before weighting."""
    probabilities = predicted.scores
    losses: np.ndarray = -np.where(
        predicted.is_fraud, np.log(probabilities), np.log1p(-probabilities)
    )
    return losses


def log_loss(predicted: LabelledScores) -> float:
    """Weighted mean log loss, in nats."""
    return float(np.average(log_losses(predicted), weights=predicted.weights))


def calibration_figures(predicted: LabelledScores) -> CalibrationFigures:
    """Calibration in the large, calibration slope, and the two proper scores.

    Parameters
    ----------
    predicted : LabelledScores
        Its scores are probabilities, in (0, 1).

    Returns
    -------
    dict
        `observed_over_expected` (frauds) and calibration `slope`, both ideally 1; `brier_skill`
        relative to a constant prediction of the base rate, positive if better; `log_loss`; and
        `log_loss_of_base_rate`, the log loss of that constant prediction.

    References
    ----------
    B. Van Calster et al.: Calibration, the Achilles heel of predictive analytics, 2019.
    """
    is_fraud, probabilities, weights = predicted.is_fraud, predicted.scores, predicted.weights
    rate = np.average(is_fraud, weights=weights)
    log_odds = np.log(probabilities) - np.log1p(-probabilities)
    slope, _ = logistic_line(log_odds, is_fraud.astype(float), weights)
    brier = np.average((probabilities - is_fraud) ** 2, weights=weights)
    return {
        "observed_over_expected": float(rate / np.average(probabilities, weights=weights)),
        "slope": slope,
        "brier_skill": float(1 - brier / (rate * (1 - rate))),
        "log_loss": log_loss(predicted),
        "log_loss_of_base_rate": float(-rate * np.log(rate) - (1 - rate) * np.log1p(-rate)),
    }


def reliability(predicted: LabelledScores) -> list[ReliabilityBin]:
    """Expected and observed fraud rates in bins with equal numbers of frauds, lowest first.

    At a fraud rate of 0.1 %, bins with equal numbers of rows would put most frauds into one bin.

    Returns
    -------
    list of dict
        `expected` and `observed` fraud rate of each bin; `observed_low` and `observed_high`, a 95 %
        interval (Poisson, on the log scale); `frauds` and `transactions`.
    """
    fraud_scores = np.sort(predicted.scores[predicted.is_fraud])
    count = min(RELIABILITY_BINS, max(1, len(fraud_scores) // 5))
    cuts = np.unique(np.quantile(fraud_scores, np.arange(1, count) / count))
    number = np.searchsorted(cuts, predicted.scores, side="right")
    bins = (predicted[number == n] for n in range(len(cuts) + 1))
    return [_bin_figures(members) for members in bins if members.is_fraud.any()]


def _bin_figures(members: LabelledScores) -> ReliabilityBin:
    is_fraud, weights = members.is_fraud, members.weights
    observed = float(np.average(is_fraud, weights=weights))
    factor = float(np.exp(Z_95 / np.sqrt(is_fraud.sum())))
    return {
        "expected": float(np.average(members.scores, weights=weights)),
        "observed": observed,
        "observed_low": observed / factor,
        "observed_high": min(observed * factor, 1.0),
        "frauds": int(is_fraud.sum()),
        "transactions": float(weights.sum()),
    }
