"""Typical values of genuine payments, by peer group, from the rows that a model was trained on."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.decisions.typical import ALL, Hours, Typical
from fraud_api_lambda.domain.schema import Kind
from fraud_api_lambda.features.feature import Measure
from fraud_api_lambda.features.plan import Plan
from training.data.matrix import feature_columns
from training.data.rows import Rows

MOST: Final = 0.9
"""The share of genuine payments in the usual hours."""

QUIET: Final = 0.5
"""The other hours are unusual if, on average, they are at most this busy: 1 is the mean hour."""

ALL_DAY: Final = Hours(0, 23)


def typical_values(rows: Rows, plan: Plan) -> Typical:
    """Compute the typical values of the features of a plan.

    A peer group without genuine rows gets the values of all of them, and so does a feature that is
    missing in all of its genuine rows.
    """
    values: dict[str, dict[str, float]] = {}
    hours: dict[str, Hours] = {}
    for peers, is_member in _groups(rows, plan).items():
        chosen = is_member & ~rows.is_fraud
        members = rows[chosen if chosen.any() else ~rows.is_fraud]
        busyness = hourly(np.asarray(members.facts.hour), members.weights)
        hours[peers] = usual_hours(busyness)
        of_all = values.get(ALL, dict.fromkeys(plan.names, 0.0))
        values[peers] = _medians(members, plan, float(busyness.argmax()), of_all)
    return Typical(values, hours, _risky(rows, plan))


def _groups(rows: Rows, plan: Plan) -> dict[str, np.ndarray]:
    """The rows of each peer group, shape (n_transactions,), bool."""
    everything = {ALL: np.ones(len(rows), dtype=bool)}
    group = plan.schema.peer_group
    if group is None or group not in plan.learned.levels:
        return everything
    column = rows.attribute(group)
    return everything | {it: np.asarray(column == it) for it in plan.learned.levels[group]}


def _medians(
    rows: Rows, plan: Plan, busiest: float, of_all: Mapping[str, float]
) -> dict[str, float]:
    found = {}
    columns = feature_columns(rows.facts, plan)
    for feature, column in zip(plan.features, columns.T, strict=True):
        # A median has no meaning on a clock: between 23:00 and 01:00 it is noon.
        is_hour = feature.measure is Measure.HOUR
        default = of_all[feature.name]
        found[feature.name] = busiest if is_hour else _median(column, rows.weights, default)
    return found


def _median(column: np.ndarray, weights: np.ndarray, default: float) -> float:
    present = ~np.isnan(column)
    if not present.any():
        return default
    return float(np.quantile(column[present], 0.5, weights=weights[present], method="inverted_cdf"))


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


def risky_values(
    column: pd.Categorical, known: frozenset[str], is_fraud: np.ndarray, weights: np.ndarray
) -> frozenset[str]:
    """List the known values with a higher fraud rate than all transactions together.

    Parameters
    ----------
    column : Categorical of shape (n_transactions,)
    known : frozenset of str
    is_fraud, weights : ndarray of shape (n_transactions,)
    """
    overall = np.average(is_fraud, weights=weights)
    present = column.codes >= 0
    codes, size = column.codes[present], len(column.categories)
    totals = np.bincount(codes, weights[present], size)
    frauds = np.bincount(codes, (weights * is_fraud)[present], size)
    return frozenset(
        value
        for value, total, fraud in zip(column.categories, totals, frauds, strict=True)
        if total > 0 and fraud / total > overall and value in known
    )


def _risky(rows: Rows, plan: Plan) -> dict[str, frozenset[str]]:
    categories = (it for it in plan.schema.attributes.values() if it.kind is Kind.CATEGORY)
    return {
        it.name: risky_values(
            rows.attribute(it.name), plan.learned.values_of(it.name), rows.is_fraud, rows.weights
        )
        for it in categories
    }
