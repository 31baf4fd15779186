"""Typical values of genuine payments, by type, from the rows that a model was trained on."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from fraud_api_lambda.decisions.typical import Hours, Typical
from fraud_api_lambda.domain.transaction import TYPES
from fraud_api_lambda.features.payment import Facts
from training.data.matrix import feature_columns

MOST: Final = 0.9
"""The share of genuine payments in the usual hours."""

QUIET: Final = 0.5
"""The other hours are unusual if, on average, they are at most this busy: 1 is the mean hour."""

ALL_DAY: Final = Hours(0, 23)


def typical_values(
    facts: Facts, is_fraud: np.ndarray, weights: np.ndarray, names: Sequence[str]
) -> Typical:
    """Compute the typical values of the named features.

    A type without genuine rows gets the values of all types.

    Parameters
    ----------
    facts : Facts
        Columns of shape (n_transactions,).
    is_fraud : ndarray of shape (n_transactions,), bool
    weights : ndarray of shape (n_transactions,), float
        Number of real transactions that each row represents.
    names : sequence of shape (n_features,)
    """
    by_type = {kind: np.asarray(facts.type == kind) for kind in TYPES}
    values: dict[str, dict[str, float]] = {name: {} for name in names}
    hours = {}
    for kind, is_kind in by_type.items():
        chosen = is_kind & ~is_fraud if (is_kind & ~is_fraud).any() else ~is_fraud
        like = Facts(*(column[chosen] for column in facts))
        busyness = hourly(like.hour, weights[chosen])
        hours[kind] = usual_hours(busyness)
        columns = feature_columns(like, names).astype(np.float64)
        medians = np.quantile(
            columns, 0.5, axis=0, weights=weights[chosen], method="inverted_cdf"
        ).tolist()
        for name, median in zip(names, medians, strict=True):
            # A median has no meaning on a clock: between 23:00 and 01:00 it is noon.
            values[name][kind] = float(busyness.argmax()) if name == "hour" else median
    return Typical(values, hours, risky_types(by_type, is_fraud, weights))


def hourly(hours: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute the share of payments in each hour of the day, shape (24,)."""
    counts = np.bincount(hours, weights, minlength=24)
    return counts / counts.sum()


def usual_hours(shares: np.ndarray) -> Hours:
    """Find the shortest run of hours with nine in ten payments.

    The whole day, if the other hours are not quiet: then no hour is unusual.

    Parameters
    ----------
    shares : ndarray of shape (24,)
        The share of payments in each hour of the day.
    """
    for length in range(1, 24):
        runs = [np.roll(shares, -first)[:length].sum() for first in range(24)]
        first = int(np.argmax(runs))
        if runs[first] >= MOST:
            is_quiet = (1 - runs[first]) / (24 - length) <= QUIET / 24
            return Hours(first, (first + length - 1) % 24) if is_quiet else ALL_DAY
    return ALL_DAY


def risky_types(
    by_type: dict[str, np.ndarray], is_fraud: np.ndarray, weights: np.ndarray
) -> tuple[str, ...]:
    """List the types with a higher fraud rate than all transactions together.

    Parameters
    ----------
    by_type : dict of ndarray of shape (n_transactions,), bool
        Whether a transaction is of a type.
    is_fraud, weights : ndarray of shape (n_transactions,)
    """
    overall = np.average(is_fraud, weights=weights)
    return tuple(
        kind
        for kind, chosen in by_type.items()
        if chosen.any() and np.average(is_fraud[chosen], weights=weights[chosen]) > overall
    )
