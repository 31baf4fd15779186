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

MOST_MINOR_UNITS: Final = 40_000_000_000_000
"""A larger amount counts as this one, so that the sum of a window fits into 64 bits."""


class Payment(NamedTuple):
    """A payment of an account.

    Attributes
    ----------
    time : int
        Seconds since the epoch.
    amount : int
        0 to `MOST_MINOR_UNITS`.
    partner : int or None
        A number for the other account, 0 or more; None if there is no other account.
    """

    time: int
    amount: int
    partner: int | None


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


class Partners(NamedTuple):
    """The accounts that an account has paid, or was paid by, most recently.

    Those of the same second are kept or forgotten together, so that neither the order of the
    payments nor the numbers of the accounts matter.

    Attributes
    ----------
    kept : dict of int
        The time of the latest payment with each of at most `MOST_PARTNERS` partners.
    forgotten : int or None
        The time of the latest payment with a partner that was forgotten; None if there is none.
    """

    kept: dict[int, int]
    forgotten: int | None = None


class AccountState(NamedTuple):
    """The state of an account's history.

    Attributes
    ----------
    last : int
        The time of the latest payment, in seconds since the epoch; 0 if there is none.
    hours, days : Buckets
    partners : Partners
    """

    last: int
    hours: Buckets
    days: Buckets
    partners: Partners

    @property
    def has_payments(self) -> bool:
        """Whether there was a payment: the day of the latest one is always kept."""
        return bool(self.days.numbers)


UNKNOWN: Final = AccountState(0, Buckets(), Buckets(), Partners({}))
"""The state of an account before its first payment."""


def moves(state: AccountState, payment: Payment) -> bool:
    """Whether a payment changes the state: false once its hour has `QUIET_AT` payments."""
    numbers, counts, _, _ = state.hours
    hour = payment.time // HOUR_S
    index = bisect_left(numbers, hour)
    return index == len(numbers) or numbers[index] != hour or counts[index] < QUIET_AT


def after(state: AccountState, event: Payment | Outcome, label_delay_s: int) -> AccountState:
    """The state after an event.

    Parameters
    ----------
    state : AccountState
    event : Payment or Outcome
        A late payment is counted in its own hour and day. A label changes nothing if its day is no
        longer kept, or has no such fraud any more.
    label_delay_s : int
        Seconds between a fraud and its label.
    """
    if isinstance(event, Payment):
        return _after_payment(state, event, label_delay_s)
    return _after_outcome(state, event)


def _after_payment(state: AccountState, payment: Payment, label_delay_s: int) -> AccountState:
    if not moves(state, payment):
        return state
    last, hours, days, partners = state
    time, amount, partner = payment
    return AccountState(
        max(last, time) if days.numbers else time,
        _counted(hours, time // HOUR_S, amount, HOURS),
        _counted(days, time // DAY_S, amount, DAYS + -(-label_delay_s // DAY_S)),
        partners if partner is None else _with_partner(partners, partner, time),
    )


def _after_outcome(state: AccountState, outcome: Outcome) -> AccountState:
    numbers, counts, sums, frauds = state.days
    day = outcome.time // DAY_S
    index = bisect_left(numbers, day)
    if index == len(numbers) or numbers[index] != day or frauds[index] + outcome.frauds < 0:
        return state
    changed = (*frauds[:index], frauds[index] + outcome.frauds, *frauds[index + 1 :])
    return state._replace(days=Buckets(numbers, counts, sums, changed))


def _counted(buckets: Buckets, number: int, amount: int, kept: int) -> Buckets:
    """Buckets with one more payment; those more than `kept` before the latest are dropped."""
    numbers, counts, sums, frauds = buckets
    if numbers and numbers[-1] == number:
        counts, sums = counts[:-1] + (counts[-1] + 1,), sums[:-1] + (sums[-1] + amount,)  # noqa: RUF005  # quicker
        return Buckets(numbers, counts, sums, frauds)
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


def _with_partner(partners: Partners, partner: int, time: int) -> Partners:
    """The partners after a payment with one of them; too many of them make the oldest go."""
    kept, forgotten = partners
    if forgotten is not None and time <= forgotten:
        return partners
    known = kept.get(partner)
    if known is not None and known >= time:
        return partners
    changed = {**kept, partner: time}
    if len(changed) > MOST_PARTNERS:
        forgotten = min(changed.values())
        changed = {one: when for one, when in changed.items() if when > forgotten}
    return Partners(changed, forgotten)
