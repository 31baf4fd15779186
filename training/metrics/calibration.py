"""Whether probabilities can be believed. Pure; every figure honours the rows' weights."""

from typing import Any, Final

import numpy as np

from training.metrics.logistic import logistic_line

RELIABILITY_BINS: Final = 8
Z_95: Final = 1.96


def log_losses(is_fraud: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """What each row adds to the log loss, in nats."""
    losses: np.ndarray = -np.where(is_fraud, np.log(probabilities), np.log1p(-probabilities))
    return losses


def log_loss(is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> float:
    """Mean log loss of a transaction, in nats."""
    return float(np.average(log_losses(is_fraud, probabilities), weights=weights))


def calibration_figures(
    is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> dict[str, float]:
    """Calibration as a whole, its slope, and the two proper scores.

    Returns
    -------
    dict
        `observed_over_expected` frauds and calibration `slope`, both 1 at best; `brier_skill`
        against always saying the base rate, above 0 if better; `log_loss` and that constant's.

    References
    ----------
    B. Van Calster et al.: Calibration, the Achilles heel of predictive analytics, 2019.
    """
    rate = np.average(is_fraud, weights=weights)
    log_odds = np.log(probabilities) - np.log1p(-probabilities)
    slope, _ = logistic_line(log_odds, is_fraud.astype(float), weights)
    brier = np.average((probabilities - is_fraud) ** 2, weights=weights)
    return {
        "observed_over_expected": float(rate / np.average(probabilities, weights=weights)),
        "slope": slope,
        "brier_skill": float(1 - brier / (rate * (1 - rate))),
        "log_loss": log_loss(is_fraud, probabilities, weights),
        "log_loss_of_base_rate": float(-rate * np.log(rate) - (1 - rate) * np.log1p(-rate)),
    }


def reliability(
    is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> list[dict[str, Any]]:
    """Said against seen, in bins of about equally many frauds, the lowest probabilities first.

    At a fraud rate of 0.1 %, bins of equal rows would all but one say that nothing is fraud.

    Returns
    -------
    list of dict
        `expected` and `observed` fraud rate with its 95 % interval (Poisson, on the log), `frauds`
        and `transactions` of each bin.
    """
    fraud_scores = np.sort(probabilities[is_fraud])
    count = min(RELIABILITY_BINS, max(1, len(fraud_scores) // 5))
    cuts = np.unique(np.quantile(fraud_scores, np.arange(1, count) / count))
    number = np.searchsorted(cuts, probabilities, side="right")
    bins = (number == n for n in range(len(cuts) + 1))
    return [
        _bin(is_fraud[each], probabilities[each], weights[each])
        for each in bins
        if is_fraud[each].any()
    ]


def _bin(is_fraud: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    observed = float(np.average(is_fraud, weights=weights))
    factor = float(np.exp(Z_95 / np.sqrt(is_fraud.sum())))
    return {
        "expected": float(np.average(probabilities, weights=weights)),
        "observed": observed,
        "observed_low": observed / factor,
        "observed_high": min(observed * factor, 1.0),
        "frauds": int(is_fraud.sum()),
        "transactions": float(weights.sum()),
    }
