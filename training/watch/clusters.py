"""Effective numbers of payments that are weighted, or of few accounts. Pure.

The payments of one account resemble each other, so a hundred of them tell less than those of a
hundred accounts.
"""

import numpy as np


def effective(weights: np.ndarray) -> float:
    """The number of unweighted payments that tell as much.

    References
    ----------
    L. Kish: Survey Sampling, 1965.
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def design_effect(
    numbers: np.ndarray, size: int, weights: np.ndarray, clusters: np.ndarray
) -> float:
    """The variance of the shares of bins over that of independent payments; at least 1.

    Parameters
    ----------
    numbers : ndarray of shape (n_payments,), int
        The bin of each payment.
    size : int
        The number of bins.
    weights : ndarray of shape (n_payments,)
    clusters : ndarray of shape (n_payments,), int
        The account of each payment, from 0 without gaps.

    References
    ----------
    J. Rao, A. Scott: The analysis of categorical data from complex sample surveys, Journal of the
    American Statistical Association 1981: the mean of the effects of the bins.
    """
    if not len(numbers):
        return 1.0
    shares = np.bincount(numbers, weights, size) / weights.sum()
    sums, expected = _variances(numbers, shares, weights, clusters)
    if not expected.any():
        return 1.0
    freedom = float(np.count_nonzero(shares)) - 1.0
    effects = np.divide(sums, expected, out=np.zeros(size), where=expected > 0)
    return max(1.0, float(((1.0 - shares) * effects).sum() / freedom))


def ratio_effect(deviations: np.ndarray, clusters: np.ndarray) -> float:
    """The variance of a sum over that of independent payments; at least 1.

    Parameters
    ----------
    deviations : ndarray of shape (n_payments,)
        Differences from the expected values, times the weights.
    clusters : ndarray of shape (n_payments,), int
    """
    alone = float((deviations**2).sum())
    together = float((np.bincount(clusters, deviations) ** 2).sum()) if len(clusters) else 0.0
    return max(1.0, together / alone) if alone else 1.0


def _variances(
    numbers: np.ndarray, shares: np.ndarray, weights: np.ndarray, clusters: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The squared deviations of the counts of each bin: by account, and if payments were alone."""
    size = len(shares)
    cells, place = np.unique(clusters.astype(np.int64) * size + numbers, return_inverse=True)
    counts = np.bincount(place, weights)
    totals = np.bincount(clusters, weights)
    account, bin_ = np.divmod(cells, size)
    # An account without payments in a bin deviates too, by the number that was to expect.
    expected = totals[account] * shares[bin_]
    deviations = (counts - expected) ** 2 - expected**2
    sums = np.bincount(bin_, deviations, size) + (totals**2).sum() * shares**2
    alone = float((weights**2).sum()) * shares * (1.0 - shares)
    return sums, alone
