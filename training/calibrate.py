"""Calibration: log-odds to probability, fitted on rows later than those of the booster's fit."""

from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

MIN_FRAUDS: Final = 10
"""Fewer say nothing about two parameters."""

NO_CALIBRATION: Final[dict[str, Any]] = {"method": "none", "slope": 1.0, "intercept": 0.0}


def fit_platt(margins: np.ndarray, is_fraud: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """Platt's sigmoid on the log-odds, as plain data; `NO_CALIBRATION` where it cannot be fitted.

    Platt's smoothed targets keep the slope finite where the classes are separable.

    Parameters
    ----------
    margins : ndarray of shape (n_transactions,), float
        Log-odds before calibration.
    is_fraud : ndarray of shape (n_transactions,), bool
    weights : ndarray of shape (n_transactions,), float

    References
    ----------
    J. Platt: Probabilistic outputs for support vector machines, 1999, section 2.2.
    """
    n_fraud = int(is_fraud.sum())
    if n_fraud < MIN_FRAUDS:
        return dict(NO_CALIBRATION)
    n_genuine = len(is_fraud) - n_fraud
    targets = np.where(is_fraud, (n_fraud + 1) / (n_fraud + 2), 1 / (n_genuine + 2))
    slope, intercept = logistic_line(margins, targets, weights)
    if slope <= 0:
        return dict(NO_CALIBRATION)
    return {"method": "platt", "slope": slope, "intercept": intercept}


def logistic_line(
    log_odds: np.ndarray, targets: np.ndarray, weights: np.ndarray
) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of `targets`, in [0, 1], on `log_odds`."""
    doubled = np.concatenate([log_odds, log_odds]).reshape(-1, 1)
    labels = np.repeat([1, 0], len(log_odds))
    shares = np.concatenate([weights * targets, weights * (1 - targets)])
    used = shares > 0
    # Scaled to mean 1 so that the solver's tolerance means the same for every data set.
    shares = shares[used] / shares[used].mean()
    # All but unpenalised: only where the classes are separable does it matter, as a bound.
    regression = LogisticRegression(C=1e8, solver="newton-cholesky", tol=1e-8, max_iter=200)
    regression.fit(doubled[used], labels[used], sample_weight=shares)
    return float(regression.coef_[0, 0]), float(regression.intercept_[0])
