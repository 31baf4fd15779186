"""The state of an account's history, and its updates. Pure.

A state is a fold over two kinds of event: payments, and outcomes, which are labels that become
known. It holds integers only: money in minor units, time in whole seconds.

Payments are counted by clock hour and by day. Lists of single payments would be no better, and too
long for busy accounts. Decaying sums depend on the order, so concurrent payments would not commute.
"""

from bisect import bisect_left
from typing import Final, NamedTuple

HOUR_S: Final = 3_600
DAY_S: Final = 86_400

HOURS: Final = 24
"""Clock hours in the longest window of hours, the present one included."""

DAYS: Final = 30
"""Days in the longest window of days, the present one included."""

QUIET_AT: Final = 256
"""Payments in a clock hour after which the hour's further payments do not change the state.

Without this limit, a busy account would lose many of its updates to conflicts.
"""

MOST_PARTNERS: Final = 16


class Payment(NamedTuple):
    """A payment of an account.

    Attributes
    ----------
    time : int
        Seconds since the epoch, above 0.
    amount : int
        Minor units, 0 or more.
    partner : int
        A hash of the other account, 0 or more.
    """

    time: int
    amount: int
    partner: int


class Outcome(NamedTuple):
    """The label of an earlier payment that changed the state; it has just become known.

    Attributes
    ----------
    time : int
        Time of the payment, in seconds since the epoch.
    frauds : int
        1 for a fraud, -1 if a label is withdrawn.
    """

    time: int
    frauds: int


class Buckets(NamedTuple):
    """Payments by hour or by day.

    Attributes
    ----------
    numbers : tuple of int
        Hours or days since the epoch that have payments, ascending.
    counts, sums, frauds : tuple of int
        Payments, their money in minor units, and known frauds.
    """

    numbers: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    sums: tuple[int, ...] = ()
    frauds: tuple[int, ...] = ()


class AccountState(NamedTuple):
    """The state of an account's history.

    Attributes
    ----------
    first, last : int
        Times of the first and the latest payment, in seconds since the epoch; 0 if there is none.
    hours, days : Buckets
    partners : dict of int
        The time of the latest payment with each of the latest `MOST_PARTNERS` partners.
    """

    first: int = 0
    last: int = 0
    hours: Buckets = Buckets()
    days: Buckets = Buckets()
    partners: dict[int, int] = {}  # noqa: RUF012  # never changed


UNKNOWN: Final = AccountState()
"""The state of an account before its first payment."""


def moves(state: AccountState, payment: Payment) -> bool:
    """Whether a payment changes the state: false once its hour has `QUIET_AT` payments."""
    numbers, counts = state.hours.numbers, state.hours.counts
    hour = payment.time // HOUR_S
    index = bisect_left(numbers, hour)
    return index == len(numbers) or numbers[index] != hour or counts[index] < QUIET_AT


def after_payment(state: AccountState, payment: Payment, label_delay_s: int) -> AccountState:
    """The state after a payment. A late one is counted in its own hour and day."""
    if not moves(state, payment):
        return state
    time, amount, partner = payment
    days_kept = DAYS + -(-label_delay_s // DAY_S)
    return AccountState(
        min(state.first, time) if state.first else time,
        max(state.last, time),
        _counted(state.hours, time // HOUR_S, amount, HOURS),
        _counted(state.days, time // DAY_S, amount, days_kept),
        _with_partner(state.partners, partner, time),
    )


def after_outcome(state: AccountState, outcome: Outcome) -> AccountState:
    """The state after a label became known; unchanged if its day is no longer kept."""
    numbers, counts, sums, frauds = state.days
    day = outcome.time // DAY_S
    index = bisect_left(numbers, day)
    if index == len(numbers) or numbers[index] != day:
        return state
    changed = (*frauds[:index], frauds[index] + outcome.frauds, *frauds[index + 1 :])
    return state._replace(days=Buckets(numbers, counts, sums, changed))


def _counted(buckets: Buckets, number: int, amount: int, kept: int) -> Buckets:
    """Buckets with one more payment; those more than `kept` before the latest are dropped."""
    numbers, counts, sums, frauds = buckets
    if numbers and numbers[-1] == number:
        return Buckets(
            numbers, (*counts[:-1], counts[-1] + 1), (*sums[:-1], sums[-1] + amount), frauds
        )
    if not numbers or number > numbers[-1]:
        start = bisect_left(numbers, number - kept)
        return Buckets(
            (*numbers[start:], number),
            (*counts[start:], 1),
            (*sums[start:], amount),
            (*frauds[start:], 0),
        )
    return _counted_late(buckets, number, amount, kept)


def _counted_late(buckets: Buckets, number: int, amount: int, kept: int) -> Buckets:
    numbers, counts, sums, frauds = buckets
    if number < numbers[-1] - kept:
        return buckets
    at = bisect_left(numbers, number)
    if numbers[at] != number:
        numbers = (*numbers[:at], number, *numbers[at:])
        counts, sums, frauds = (
            (*column[:at], 0, *column[at:]) for column in (counts, sums, frauds)
        )
    return Buckets(
        numbers,
        (*counts[:at], counts[at] + 1, *counts[at + 1 :]),
        (*sums[:at], sums[at] + amount, *sums[at + 1 :]),
        frauds,
    )


def _with_partner(partners: dict[int, int], partner: int, time: int) -> dict[int, int]:
    """The latest partners, sorted by time and then by hash."""
    latest = {**partners}
    time = max(time, latest.pop(partner, 0))
    latest[partner] = time
    if partners and next(reversed(partners.values())) >= time:
        latest = dict(sorted(latest.items(), key=lambda item: (item[1], item[0])))
    if len(latest) > MOST_PARTNERS:
        del latest[next(iter(latest))]
    return latest
