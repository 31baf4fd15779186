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
    Partners,
    Payment,
    after,
)
from fraud_api_lambda.history.view import NEVER_SEEN, view

WEEK_S = 7 * DAY_S
NOON = 1_500_000_000 // DAY_S * DAY_S + 12 * HOUR_S

payments = st.builds(
    Payment,
    time=st.integers(NOON, NOON + 60 * DAY_S),
    amount=st.integers(0, 10**14),
    partner=st.none() | st.integers(0, 30) | st.integers(0, 2**63 - 1),
)


def folded(*events: Payment | Outcome) -> AccountState:
    state = UNKNOWN
    for event in events:
        state = after(state, event, WEEK_S)
    return state


def full() -> AccountState:
    """A state with a payment in each hour and each day that it keeps, and large numbers."""
    numbers = random.Random(0)
    times = range(NOON - 38 * DAY_S, NOON, HOUR_S)
    events = [Payment(time, 10**14, numbers.getrandbits(63)) for time in times for _ in range(2)]
    return folded(*events, *(Outcome(time, 1) for time in times))


FULL = pack(full())


def test_a_first_payment_sees_nothing() -> None:
    assert view(UNKNOWN, Payment(NOON, 500, 1), WEEK_S) == NEVER_SEEN


def test_windows_are_clock_hours_and_days() -> None:
    state = folded(
        Payment(NOON - 29 * DAY_S, 100, 1),
        Payment(NOON - 6 * DAY_S, 200, 1),
        Payment(NOON - 23 * HOUR_S, 300, 1),
        Payment(NOON, 600, 1),
    )

    seen = view(state, Payment(NOON + 60, 450, 1), WEEK_S)

    assert (seen.count_24h, seen.count_7d, seen.count_30d) == (2, 3, 4)
    assert (seen.sum_24h, seen.sum_7d, seen.sum_30d) == (900, 1_100, 1_200)
    assert seen.since_last_s == 60


def test_payments_out_of_every_window_are_not_counted_but_the_account_was_seen() -> None:
    seen = view(folded(Payment(NOON, 100, 1)), Payment(NOON + 400 * DAY_S, 100, 1), WEEK_S)

    assert (seen.seen, seen.count_30d, seen.since_last_s) == (True, 0, 400 * DAY_S)
    assert not seen.new_partner


def test_a_payment_before_the_epoch_is_a_payment() -> None:
    state = folded(Payment(-5, 100, 1), Payment(0, 100, 1))

    assert view(state, Payment(5, 100, 1), WEEK_S).count_30d == 2
    assert unpack(pack(state)) == state


def test_a_payment_dated_ahead_does_not_hide_the_ones_before_it() -> None:
    state = folded(Payment(NOON, 100, 1), Payment(NOON + 2 * HOUR_S, 900, 1))

    assert view(state, Payment(NOON + 5, 100, 1), WEEK_S).count_24h == 1


def test_known_frauds_lie_behind_the_label_delay() -> None:
    state = folded(Payment(NOON, 100, 1), Payment(NOON, 100, 2), Outcome(NOON, 1))
    early, due = NOON + WEEK_S - DAY_S, NOON + WEEK_S

    assert view(state, Payment(early, 1, 1), WEEK_S).frauds_7d == 0
    assert view(state, Payment(due, 1, 1), WEEK_S).frauds_7d == 1
    assert view(state, Payment(due, 1, 1), WEEK_S).matured_7d == 2


def test_an_outcome_that_is_taken_back_leaves_no_trace() -> None:
    state = folded(Payment(NOON, 100, 1))

    assert after(after(state, Outcome(NOON, 1), WEEK_S), Outcome(NOON, -1), WEEK_S) == state
    assert after(state, Outcome(NOON, -1), WEEK_S) == state


def test_an_outcome_of_a_day_that_is_no_longer_kept_changes_nothing() -> None:
    state = folded(Payment(NOON, 100, 1), Payment(NOON + 50 * DAY_S, 100, 1))

    assert after(state, Outcome(NOON, 1), WEEK_S) == state


def test_a_busy_account_does_not_move_until_the_next_hour() -> None:
    busy = folded(*(Payment(NOON + number, 1, number) for number in range(QUIET_AT)))

    assert after(busy, Payment(NOON + 999, 1, 1), WEEK_S) is busy
    assert after(busy, Payment(NOON + HOUR_S, 1, 1), WEEK_S).last == NOON + HOUR_S


def test_a_partner_is_new_once_others_have_taken_its_place() -> None:
    others = [Payment(NOON + number, 1, number) for number in range(1, MOST_PARTNERS + 1)]
    first = Payment(NOON, 1, 0)

    assert not view(folded(first, *others[:-1]), first, WEEK_S).new_partner
    assert view(folded(first, *others), first, WEEK_S).new_partner


@given(
    events=st.lists(
        st.builds(Payment, st.integers(NOON, NOON + 9), st.just(1), st.integers(0, 24)), max_size=60
    )
)
@settings(max_examples=200)
def test_a_partner_is_new_if_it_never_was_one_or_16_others_were_as_recent(
    events: list[Payment],
) -> None:
    *earlier, now = sorted(events, key=lambda event: event.time) or [Payment(NOON, 1, 0)]
    latest = {event.partner: event.time for event in earlier}

    is_new = view(folded(*earlier), now, WEEK_S).new_partner

    before = latest.pop(now.partner, None)
    as_recent = [time for time in latest.values() if before is not None and time >= before]
    assert is_new == (before is None or len(as_recent) >= MOST_PARTNERS)


def test_partners_of_one_second_are_forgotten_together() -> None:
    crowd = [Payment(NOON, 1, number) for number in range(MOST_PARTNERS + 2)]
    later = Payment(NOON + 1, 1, 99)

    state = folded(*crowd, later)

    assert state.partners == Partners({99: NOON + 1}, forgotten=NOON)


def test_a_payment_without_another_account_leaves_no_partner() -> None:
    state = folded(Payment(NOON, 1, None))

    assert state.partners == Partners({})
    assert view(state, Payment(NOON, 1, None), WEEK_S).new_partner


@given(events=st.lists(payments, max_size=40), seed=st.integers(0, 99))
@settings(max_examples=80)
def test_payments_of_equal_seconds_may_come_in_any_order(events: list[Payment], seed: int) -> None:
    events = [each._replace(time=each.time // DAY_S * DAY_S) for each in events]
    shuffled = events.copy()
    random.Random(seed).shuffle(shuffled)
    ordered = [sorted(each, key=lambda one: one.time) for each in (events, shuffled)]

    assert folded(*ordered[0]) == folded(*ordered[1])
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
    assert state.last == NOON


@given(events=st.lists(payments, max_size=60))
@settings(max_examples=80)
def test_a_state_is_its_bytes(events: list[Payment]) -> None:
    state = folded(*events, *(Outcome(each.time, 1) for each in events[::3]))

    assert unpack(pack(state)) == state


def test_a_state_with_every_bucket_full_is_under_a_kilobyte() -> None:
    state = full()

    assert len(state.hours.numbers) == 25
    assert len(state.days.numbers) == 38
    assert len(state.partners.kept) == MOST_PARTNERS
    assert len(FULL) < 1_000


def test_bytes_begin_with_the_number_of_their_form() -> None:
    assert pack(UNKNOWN)[0] == FORM


@pytest.mark.parametrize("cut", [0, *range(2, len(FULL), 60)])
def test_damaged_bytes_are_no_state(cut: int) -> None:
    with pytest.raises(PackedStateError):
        unpack(FULL[:cut])


@pytest.mark.parametrize("data", [b"", b"\x02\x00", FULL + b"\x00", b"\x01\x80"])
def test_bytes_of_another_form_or_length_are_no_state(data: bytes) -> None:
    with pytest.raises(PackedStateError):
        unpack(data)
