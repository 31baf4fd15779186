"""States: what they keep, in what order events may come, and their bytes."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.history.packing import FORM, PackedStateError, pack, unpack
from fraud_api_lambda.history.state import (
    DAY_S,
    HOUR_S,
    MOST_PARTNERS,
    QUIET_AT,
    UNKNOWN,
    AccountState,
    Outcome,
    Payment,
    after_outcome,
    after_payment,
)
from fraud_api_lambda.history.view import view

WEEK_S = 7 * DAY_S
NOON = 1_500_000_000 // DAY_S * DAY_S + 12 * HOUR_S

payments = st.builds(
    Payment,
    time=st.integers(NOON, NOON + 60 * DAY_S),
    amount=st.integers(0, 10**14),
    partner=st.integers(0, 2**63 - 1),
)


def folded(*events: Payment | Outcome) -> AccountState:
    state = UNKNOWN
    for event in events:
        if isinstance(event, Payment):
            state = after_payment(state, event, WEEK_S)
        else:
            state = after_outcome(state, event)
    return state


def full() -> AccountState:
    """A state with a payment in each hour and each day that it keeps, and large numbers."""
    numbers = random.Random(0)
    times = range(NOON - 38 * DAY_S, NOON, HOUR_S)
    events = [Payment(time, 10**14, numbers.getrandbits(63)) for time in times for _ in range(3)]
    return folded(*events, *(Outcome(time, 1) for time in times))


FULL = pack(full())


def test_a_first_payment_sees_nothing() -> None:
    seen = view(UNKNOWN, Payment(NOON, 500, 1), WEEK_S)

    assert (seen.count_30d, seen.frauds_30d, seen.new_partner) == (0, 0, True)
    assert {repr(seen.mean_30d), repr(seen.since_last_s), repr(seen.amount_ratio)} == {"nan"}


def test_windows_are_clock_hours_and_days() -> None:
    state = folded(
        Payment(NOON - 29 * DAY_S, 100, 1),
        Payment(NOON - 6 * DAY_S, 200, 1),
        Payment(NOON - 23 * HOUR_S, 300, 1),
        Payment(NOON, 600, 1),
    )

    seen = view(state, Payment(NOON + 60, 450, 1), WEEK_S)

    assert (seen.count_1h, seen.count_24h, seen.count_7d, seen.count_30d) == (1, 2, 3, 4)
    assert (seen.mean_24h, seen.mean_30d, seen.amount_ratio) == (450.0, 300.0, 1.5)
    assert (seen.since_last_s, seen.since_first_s) == (60.0, 29.0 * DAY_S + 60)


def test_what_is_out_of_every_window_is_not_counted_but_was_there() -> None:
    seen = view(folded(Payment(NOON, 100, 1)), Payment(NOON + 400 * DAY_S, 100, 1), WEEK_S)

    assert seen.count_30d == 0
    assert seen.since_last_s == 400.0 * DAY_S
    assert not seen.new_partner


def test_a_payment_dated_ahead_does_not_hide_the_ones_before_it() -> None:
    state = folded(Payment(NOON, 100, 1), Payment(NOON + 2 * HOUR_S, 900, 1))

    assert view(state, Payment(NOON + 5, 100, 1), WEEK_S).count_1h == 1


def test_known_frauds_lie_behind_the_label_delay() -> None:
    state = folded(Payment(NOON, 100, 1), Payment(NOON, 100, 2), Outcome(NOON, 1))
    early, due = NOON + WEEK_S - DAY_S, NOON + WEEK_S

    assert view(state, Payment(early, 1, 1), WEEK_S).frauds_7d == 0
    assert view(state, Payment(due, 1, 1), WEEK_S).frauds_1d == 1
    assert view(state, Payment(due, 1, 1), WEEK_S).fraud_share_1d == 0.5


def test_an_outcome_that_is_taken_back_leaves_no_trace() -> None:
    state = folded(Payment(NOON, 100, 1))

    assert after_outcome(after_outcome(state, Outcome(NOON, 1)), Outcome(NOON, -1)) == state


def test_an_outcome_of_a_day_that_is_no_longer_kept_changes_nothing() -> None:
    state = folded(Payment(NOON, 100, 1), Payment(NOON + 50 * DAY_S, 100, 1))

    assert after_outcome(state, Outcome(NOON, 1)) == state


def test_a_busy_account_does_not_move_until_the_next_hour() -> None:
    busy = folded(*(Payment(NOON + number, 1, number) for number in range(QUIET_AT)))

    assert after_payment(busy, Payment(NOON + 999, 1, 1), WEEK_S) is busy
    assert after_payment(busy, Payment(NOON + HOUR_S, 1, 1), WEEK_S).last == NOON + HOUR_S


def test_a_partner_is_new_once_others_have_taken_its_place() -> None:
    others = [Payment(NOON + number, 1, number) for number in range(1, MOST_PARTNERS + 1)]
    first = Payment(NOON, 1, 0)

    assert not view(folded(first, *others[:-1]), first, WEEK_S).new_partner
    assert view(folded(first, *others), first, WEEK_S).new_partner


@given(events=st.lists(payments, max_size=40), seed=st.integers(0, 99))
@settings(max_examples=80)
def test_payments_of_equal_seconds_may_come_in_any_order(events: list[Payment], seed: int) -> None:
    events = [each._replace(time=each.time // DAY_S * DAY_S) for each in events]
    shuffled = events.copy()
    random.Random(seed).shuffle(shuffled)
    ordered = [sorted(each, key=lambda one: one.time) for each in (events, shuffled)]

    assert pack(folded(*ordered[0])) == pack(folded(*ordered[1]))


@given(events=st.lists(payments, max_size=40))
@settings(max_examples=80)
def test_late_payments_are_counted_in_their_own_hour_and_day(events: list[Payment]) -> None:
    near = [event._replace(time=NOON + event.time % (20 * HOUR_S)) for event in events]

    assert folded(*near) == folded(*reversed(near))


def test_a_payment_that_is_too_late_for_an_hour_still_counts_in_its_day() -> None:
    state = folded(Payment(NOON, 100, 1), Payment(NOON - 3 * DAY_S, 300, 1))

    assert state.hours.numbers == (NOON // HOUR_S,)
    assert state.days.counts == (1, 1)
    assert (state.first, state.last) == (NOON - 3 * DAY_S, NOON)


@given(events=st.lists(payments, max_size=60))
@settings(max_examples=80)
def test_a_state_is_its_bytes(events: list[Payment]) -> None:
    state = folded(*events, *(Outcome(each.time, 1) for each in events[::3]))

    assert unpack(pack(state)) == state


def test_a_state_with_every_bucket_full_is_under_a_kilobyte() -> None:
    state = full()

    assert len(state.hours.numbers) == 25
    assert len(state.days.numbers) == 38
    assert len(state.partners) == MOST_PARTNERS
    assert len(FULL) < 1_000


def test_bytes_begin_with_the_number_of_their_form() -> None:
    assert pack(UNKNOWN)[0] == FORM


@pytest.mark.parametrize("cut", range(0, len(FULL), 60))
def test_damaged_bytes_are_no_state(cut: int) -> None:
    with pytest.raises(PackedStateError):
        unpack(FULL[:cut])


@pytest.mark.parametrize("data", [b"", b"\x02\x00", pack(UNKNOWN) + b"\x00", b"\x01\x80"])
def test_bytes_of_another_form_or_length_are_no_state(data: bytes) -> None:
    with pytest.raises(PackedStateError):
        unpack(data)
