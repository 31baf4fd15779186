"""Weighted logistic regression on targets in [0, 1], used to fit and to check calibration."""

import numpy as np
from sklearn.linear_model import LogisticRegression


def logistic_line(
    log_odds: np.ndarray, targets: np.ndarray, weights: np.ndarray
) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of `targets`, in [0, 1], on `log_odds`.

    If all log-odds are equal, the slope is 0.
    """
    if np.ptp(log_odds) == 0:
        rate = float(np.average(targets, weights=weights))
        return 0.0, float(np.log(rate) - np.log1p(-rate))
    (slope,), intercept = logistic_plane(log_odds.reshape(-1, 1), targets, weights)
    return slope, intercept


def logistic_plane(
    columns: np.ndarray, targets: np.ndarray, weights: np.ndarray, *, penalty: float = 1e-8
) -> tuple[list[float], float]:
    """Slopes and intercept of the logistic regression of `targets` on several columns.

    Parameters
    ----------
    columns : ndarray of shape (n_transactions, n_columns), float
    targets : ndarray of shape (n_transactions,), float in [0, 1]
    weights : ndarray of shape (n_transactions,), float
    penalty : float
        Ridge penalty: half of it, times the sum of squared slopes, is added to the total log loss
        (weights scaled to mean 1). The default only keeps slopes finite for separable classes.
    """
    labels = np.repeat([1, 0], len(columns))
    shares = np.concatenate([weights * targets, weights * (1 - targets)])
    used = shares > 0
    # Scaled to mean 1 so that the solver's tolerance means the same for every data set.
    shares = shares[used] / shares[used].mean()
    regression = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-8, max_iter=200)
    regression.fit(np.tile(columns, (2, 1))[used], labels[used], sample_weight=shares)
    return regression.coef_[0].tolist(), float(regression.intercept_[0])
