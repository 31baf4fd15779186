"""Windows are in time order, never share a step, and leave a gap for late labels."""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.time_split import Split, Window, split_by_time, until_the_end
from training.errors import InputError
from training.reading.calendar import Calendar


def hourly(days: int, frauds_an_hour: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Ten rows an hour, the first ones fraud."""
    steps = np.repeat(np.arange(1, 24 * days + 1), 10)
    return steps, np.tile(np.arange(10) < frauds_an_hour, 24 * days)


def windows(split: Split) -> list[tuple[int, int]]:
    inside = [split.fit, split.calibrate, split.threshold, split.test]
    return [(window.start, window.end) for window in inside if window]


def test_the_test_window_is_the_last_days_after_a_gap_for_late_labels() -> None:
    split = split_by_time(*hourly(13), test_days=1, label_delay=24)

    assert (split.test.start, split.test.end) == (289, 312)
    assert split.threshold.end == 264
    assert split.gap_hours == 24


@given(days=st.integers(5, 40), test_days=st.integers(1, 2), delay=st.integers(0, 30))
def test_windows_follow_each_other_and_only_the_gap_is_left_out(
    days: int, test_days: int, delay: int
) -> None:
    split = split_by_time(*hourly(days), test_days=test_days, label_delay=delay)

    ends = windows(split)
    assert ends[0][0] == 1
    assert ends[-1][1] == 24 * days
    gaps = [later[0] - earlier[1] - 1 for earlier, later in itertools.pairwise(ends)]
    assert gaps == [0, 0, delay]


def test_steps_can_be_given_instead_of_days() -> None:
    split = split_by_time(*hourly(13), train_until=216, test_from=241)

    assert split.threshold.end == 216
    assert split.test.start == 241


@pytest.mark.parametrize(
    ("given_bounds", "bounds"),
    [({"train_until": 200}, (200, 225)), ({"test_from": 225}, (200, 225))],
)
def test_the_label_delay_determines_the_missing_bound(
    given_bounds: dict[str, Any], bounds: tuple[int, int]
) -> None:
    split = split_by_time(*hourly(13), **given_bounds, label_delay=24)

    assert (split.threshold.end, split.test.start) == bounds


@pytest.mark.parametrize(("days", "few"), [(2, False), (10, True)])
def test_data_too_small_for_days_is_split_by_hours_without_gap_or_calibration(
    days: int, few: bool
) -> None:
    steps, is_fraud = hourly(days, frauds_an_hour=2)
    if few:
        is_fraud &= steps % 12 == 0

    split = split_by_time(steps, is_fraud)

    assert split.by == "hours"
    assert split.calibrate is None
    assert split.gap_hours == 0


def test_the_windows_of_the_refit_end_at_the_last_row() -> None:
    steps, is_fraud = hourly(13)

    published = until_the_end(split_by_time(steps, is_fraud, test_days=3), steps, is_fraud)

    assert (published.trained.start, published.trained.end) == (1, 312)


def counted(*hours: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows with the given numbers of frauds and genuine rows in each hour, from step 1."""
    steps = np.repeat(np.arange(1, len(hours) + 1), [sum(hour) for hour in hours])
    return steps, np.concatenate([np.arange(sum(hour)) < hour[0] for hour in hours])


def test_two_cuts_within_one_hour_of_frauds_are_moved_apart() -> None:
    split = split_by_time(*counted((5, 9), (5, 9), (5, 9), (60, 9), (3, 9)))

    assert windows(split) == [(1, 3), (4, 4), (5, 5)]


def test_an_hour_without_genuine_rows_is_never_a_window() -> None:
    split = split_by_time(*counted((20, 9), (20, 9), (20, 9), (9, 0), (2, 9)))

    assert windows(split)[-1] == (4, 5)


def test_a_default_test_window_without_fraud_is_extended() -> None:
    steps, is_fraud = hourly(13)

    split = split_by_time(steps, is_fraud & (steps < 200))

    assert split.by == "days"
    assert split.test.start == 199
    assert split.gap_hours == 24


def test_data_without_room_for_the_gap_is_split_by_hours() -> None:
    steps, is_fraud = hourly(13, frauds_an_hour=5)

    assert split_by_time(steps, is_fraud & (steps < 20)).by == "hours"


def test_a_requested_label_delay_is_never_dropped() -> None:
    split = split_by_time(*hourly(2), label_delay=5)

    assert split.gap_hours == 5


@st.composite
def rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled rows of up to 20 hours or days, with any share of fraud."""
    hours = st.tuples(st.sampled_from([0, 0, 1, 7, 30]), st.sampled_from([0, 1, 1, 20]))
    steps, is_fraud = counted((0, 1), *draw(st.lists(hours, min_size=4, max_size=20)))
    order = np.random.default_rng(draw(st.integers(0, 9))).permutation(len(steps))
    scale = draw(st.sampled_from([1, 1, 24, 31]))
    return scale * steps[order] + draw(st.integers(0, 50)), is_fraud[order]


def options() -> st.SearchStrategy[dict[str, Any]]:
    step = st.integers(1, 500)
    any_of = {"train_until": step, "test_from": step, "label_delay": st.integers(0, 300)}
    days = {"label_delay": st.integers(0, 300), "test_days": st.integers(1, 20)}
    return st.one_of(
        st.just({}),
        st.fixed_dictionaries({}, optional=any_of),
        st.fixed_dictionaries({}, optional=days),
    )


def remedies(message: str) -> list[dict[str, Any]]:
    """The options that a message suggests; empty if it suggests none."""
    found = re.findall(r"--([a-z-]+) (\d+)", message.partition("; ")[2])
    chosen = [{name.replace("-", "_"): int(value) for name, value in found}]
    if message.endswith("or less"):
        chosen.append({"label_delay": chosen[0]["label_delay"] // 2})
    return chosen


@settings(max_examples=400)
@given(rows=rows(), asked=options())
def test_any_rows_are_split_into_windows_of_both_classes_or_refused_with_a_remedy_that_helps(
    rows: tuple[np.ndarray, np.ndarray], asked: dict[str, Any]
) -> None:
    message = ""
    try:
        split = split_by_time(*rows, **asked)
    except InputError as error:
        message = str(error)

    if message.startswith("too few"):
        assert "--" not in message
    elif message:
        for remedy in remedies(message):
            assert_sound(split_by_time(*rows, **remedy), *rows)
    else:
        assert_sound(split, *rows)
        assert_sound(until_the_end(split, *rows), *rows, tested=False)


def assert_sound(
    split: Split, steps: np.ndarray, is_fraud: np.ndarray, *, tested: bool = True
) -> None:
    bounds = windows(split) if tested else windows(split)[:-1]
    assert bounds[0][0] == steps.min()
    assert bounds[-1][1] == steps.max()
    assert all(later[0] > earlier[1] for earlier, later in itertools.pairwise(bounds))
    for window in (Window(*each) for each in bounds):
        assert set(is_fraud[window.holds(steps)]) == {True, False}


@pytest.mark.parametrize("frauds", [1, 2, 3, 5, 9])
def test_a_handful_of_frauds_is_refused_with_their_number_and_what_it_takes(frauds: int) -> None:
    steps, is_fraud = counted(*[(1, 50)] * frauds, *[(0, 50)] * 12)

    with pytest.raises(InputError) as caught:
        split_by_time(steps, is_fraud)

    plural = "" if frauds == 1 else "s"
    assert str(caught.value) == (
        "too few to fit, to choose the threshold and to test: "
        f"{frauds} fraud{plural} in {frauds} hour{plural} ({frauds} of them with genuine rows too);"
        " give at least 10 frauds, and three hours with a fraud and a genuine row in each"
    )


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"test_days": 13}, "does not fit data of steps 1 to 312"),
        ({"train_until": 300, "test_from": 299}, "does not fit"),
        ({"test_days": 1, "train_until": 10}, "either --test-days or"),
    ],
)
def test_windows_that_do_not_fit_are_refused_with_the_available_steps(
    bounds: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        split_by_time(*hourly(13), **bounds)


def test_a_requested_test_window_without_fraud_is_refused_with_a_remedy() -> None:
    steps, is_fraud = hourly(13)

    with pytest.raises(InputError) as caught:
        split_by_time(steps, is_fraud & (steps < 289), test_days=1)

    assert str(caught.value) == (
        "the test window (steps 289 to 312) holds no fraud; "
        "choose --train-until 263 --test-from 288"
    )


BERLIN = Calendar(None, -3_600, "Europe/Berlin")
OCTOBER = BERLIN.step_from("2020-10-20")


def test_windows_of_timestamps_are_refused_with_dates_and_times() -> None:
    steps, is_fraud = hourly(13)
    steps += OCTOBER - 1

    with pytest.raises(InputError) as caught:
        split_by_time(steps, is_fraud & (steps < OCTOBER + 288), test_days=1, calendar=BERLIN)

    assert str(caught.value) == (
        "the test window (2020-10-31 23:00 to 2020-11-01 22:59) holds no fraud; "
        "choose --train-until '2020-10-30 21:59' --test-from '2020-10-31 22:00'"
    )


def test_dates_that_do_not_fit_are_refused_with_the_dates_of_the_data() -> None:
    steps, is_fraud = hourly(13)
    steps += OCTOBER - 1
    until, since = BERLIN.step_until("2020-11-02"), BERLIN.step_from("2020-11-09")

    with pytest.raises(
        InputError,
        match=r"^training until 2020-11-02 and testing from 2020-11-09 does not fit data of "
        r"2020-10-20 to 2020-11-01 22:59; choose --train-until ",
    ):
        split_by_time(steps, is_fraud, train_until=until, test_from=since, calendar=BERLIN)


def test_an_unwritten_label_delay_is_the_usual_one() -> None:
    rows = hourly(60)

    assert split_by_time(*rows).gap_hours == 24
    assert split_by_time(*rows, usual_delay=168).gap_hours == 168
    assert split_by_time(*rows, usual_delay=168, test_days=3).gap_hours == 168
    assert split_by_time(*rows, usual_delay=168, label_delay=5).gap_hours == 5


def test_data_shorter_than_the_usual_label_delay_is_split_by_hours() -> None:
    assert split_by_time(*hourly(5), usual_delay=168).by == "hours"


def test_one_hour_of_data_cannot_be_split() -> None:
    with pytest.raises(InputError, match="50 frauds in 1 hour "):
        split_by_time(np.full(100, 7), np.arange(100) < 50)
