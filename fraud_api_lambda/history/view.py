"""The history features of a payment, computed from an account's state. Pure.

A feature takes at most one division of integers, so a column of them has the same bits.
"""

from bisect import bisect_left, bisect_right
from math import nan
from typing import Final, NamedTuple

from fraud_api_lambda.history.state import DAY_S, DAYS, HOUR_S, HOURS, AccountState, Payment

FRAUD_WINDOWS: Final = (1, 7, 30)
"""Days in the windows of known frauds, which end one label delay ago."""


class History(NamedTuple):
    """The features of a payment from an account's history, which does not include the payment.

    Attributes
    ----------
    count_1h, count_24h, count_7d, count_30d : int
        Payments in the present clock hour, in 24 clock hours, in 7 and in 30 days.
    mean_24h, mean_7d, mean_30d : float
        Mean amount of these payments in minor units; NaN if there is none.
    amount_ratio : float
        The payment's amount over `mean_30d`.
    since_last_s, since_first_s : float
        Seconds since the latest and since the first payment; NaN if there is none.
    new_partner : bool
        Whether the partner is not among the latest `MOST_PARTNERS`.
    frauds_1d, frauds_7d, frauds_30d : int
        Known frauds in the 1, 7 and 30 days that end one label delay ago.
    fraud_share_1d, fraud_share_7d, fraud_share_30d : float
        Their share of the payments in these days; NaN if there is none.
    """

    count_1h: int
    count_24h: int
    count_7d: int
    count_30d: int
    mean_24h: float
    mean_7d: float
    mean_30d: float
    amount_ratio: float
    since_last_s: float
    since_first_s: float
    new_partner: bool
    frauds_1d: int
    frauds_7d: int
    frauds_30d: int
    fraud_share_1d: float
    fraud_share_7d: float
    fraud_share_30d: float


def view(state: AccountState, payment: Payment, label_delay_s: int) -> History:
    """Compute the history features of a payment.

    Parameters
    ----------
    state : AccountState
        The state before the payment.
    payment : Payment
    label_delay_s : int
        Seconds between a fraud and its label.
    """
    time, amount, partner = payment
    hour, day, known_day = time // HOUR_S, time // DAY_S, (time - label_delay_s) // DAY_S
    hours, hour_counts, hour_sums, _ = state.hours
    days, counts, sums, frauds = state.days
    this_hour, next_hour = bisect_left(hours, hour), bisect_right(hours, hour)
    from_24h = bisect_left(hours, hour - HOURS + 1)
    tomorrow = bisect_right(days, day)
    from_7d, from_30d = bisect_left(days, day - 6), bisect_left(days, day - DAYS + 1)
    known = bisect_right(days, known_day)
    known_1d, known_7d, known_30d = (
        bisect_left(days, known_day - window + 1) for window in FRAUD_WINDOWS
    )
    count_24h = sum(hour_counts[from_24h:next_hour])
    count_7d = sum(counts[from_7d:tomorrow])
    count_30d = sum(counts[from_30d:from_7d]) + count_7d
    sum_7d = sum(sums[from_7d:tomorrow])
    mean_30d = _share(sum(sums[from_30d:from_7d]) + sum_7d, count_30d)
    frauds_1d = sum(frauds[known_1d:known])
    frauds_7d = sum(frauds[known_7d:known])
    frauds_30d = sum(frauds[known_30d:known_7d]) + frauds_7d
    known_count_7d = sum(counts[known_7d:known])
    return History(
        sum(hour_counts[this_hour:next_hour]),
        count_24h,
        count_7d,
        count_30d,
        _share(sum(hour_sums[from_24h:next_hour]), count_24h),
        _share(sum_7d, count_7d),
        mean_30d,
        amount / mean_30d if mean_30d > 0 else nan,
        float(time - state.last) if state.first else nan,
        float(time - state.first) if state.first else nan,
        partner not in state.partners,
        frauds_1d,
        frauds_7d,
        frauds_30d,
        _share(frauds_1d, sum(counts[known_1d:known])),
        _share(frauds_7d, known_count_7d),
        _share(frauds_30d, sum(counts[known_30d:known_7d]) + known_count_7d),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan
