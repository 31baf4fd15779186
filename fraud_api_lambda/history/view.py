"""The numbers that a payment sees of an account's history, computed from its state. Pure.

They are integers, so that columns of them have the same bits. The features divide them.
"""

from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from fraud_api_lambda.domain.elementwise import Value
from fraud_api_lambda.history.state import DAY_S, DAYS, HOUR_S, HOURS, AccountState, Payment


class History(NamedTuple):
    """The history of an account, without the present payment; or columns of it.

    Attributes
    ----------
    seen : bool
        Whether the account has an earlier payment.
    count_24h, count_7d, count_30d : int
        Payments in 24 clock hours, in 7 and in 30 days, the present ones included.
    sum_24h, sum_7d, sum_30d : int
        Their money in minor units.
    since_last_s : int
        Seconds since the latest payment; 0 if there is none.
    new_partner : bool
        Whether the other account is none of the latest partners.
    matured_7d, matured_30d : int
        Payments in the 7 and 30 days that end one label delay ago.
    frauds_7d, frauds_30d : int
        Known frauds among them.
    """

    seen: Value
    count_24h: Value
    count_7d: Value
    count_30d: Value
    sum_24h: Value
    sum_7d: Value
    sum_30d: Value
    since_last_s: Value
    new_partner: Value
    matured_7d: Value
    matured_30d: Value
    frauds_7d: Value
    frauds_30d: Value


NEVER_SEEN: Final = History(False, 0, 0, 0, 0, 0, 0, 0, True, 0, 0, 0, 0)
"""The history of an account without payments."""


def view(state: AccountState, payment: Payment, label_delay_s: int) -> History:
    """Compute the history that a payment sees.

    Parameters
    ----------
    state : AccountState
        The state before the payment.
    payment : Payment
    label_delay_s : int
        Seconds between a fraud and its label.
    """
    last, by_hour, by_day, partners = state
    days, counts, sums, frauds = by_day
    if not days:
        return NEVER_SEEN
    time, _, partner = payment
    hour, day, matured_day = time // HOUR_S, time // DAY_S, (time - label_delay_s) // DAY_S
    hours, hour_counts, hour_sums, _ = by_hour
    in_24h = slice(bisect_left(hours, hour - HOURS + 1), bisect_right(hours, hour))
    tomorrow, matured = bisect_right(days, day), bisect_right(days, matured_day)
    in_7d, in_30d = (
        slice(bisect_left(days, day - 6), tomorrow),
        slice(bisect_left(days, day - DAYS + 1), tomorrow),
    )
    matured_7d = slice(bisect_left(days, matured_day - 6), matured)
    matured_30d = slice(bisect_left(days, matured_day - DAYS + 1), matured)
    return History(
        True,
        sum(hour_counts[in_24h]),
        sum(counts[in_7d]),
        sum(counts[in_30d]),
        sum(hour_sums[in_24h]),
        sum(sums[in_7d]),
        sum(sums[in_30d]),
        max(time - last, 0),
        partner not in partners.kept,
        sum(counts[matured_7d]),
        sum(counts[matured_30d]),
        sum(frauds[matured_7d]),
        sum(frauds[matured_30d]),
    )
