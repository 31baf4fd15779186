"""Windows lie in time order, with a gap while labels arrive, and never share a step."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import InputError
from training.split import Split, split_by_time, until_the_end


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
def test_the_label_delay_gives_the_bound_that_is_not_named(
    given_bounds: dict[str, int], bounds: tuple[int, int]
) -> None:
    split = split_by_time(*hourly(13), **given_bounds, label_delay=24)

    assert (split.threshold.end, split.test.start) == bounds


@pytest.mark.parametrize(("days", "few"), [(2, False), (10, True)])
def test_too_little_for_days_is_split_by_hours_without_gap_or_calibration(
    days: int, few: bool
) -> None:
    steps, is_fraud = hourly(days, frauds_an_hour=2)
    if few:
        is_fraud &= steps % 12 == 0

    split = split_by_time(steps, is_fraud)

    assert split.by == "hours"
    assert split.calibrate is None
    assert split.gap_hours == 0


def test_the_published_model_sees_everything_up_to_the_last_row() -> None:
    steps, is_fraud = hourly(13)

    published = until_the_end(split_by_time(steps, is_fraud, test_days=3), steps, is_fraud)

    assert (published.trained.start, published.trained.end) == (1, 312)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"test_days": 13}, "does not fit data of steps 1 to 312"),
        ({"train_until": 300, "test_from": 299}, "does not fit"),
        ({"test_days": 1, "train_until": 10}, "either --test-days or"),
    ],
)
def test_windows_that_do_not_fit_are_refused_with_the_steps_at_hand(
    bounds: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        split_by_time(*hourly(13), **bounds)


def test_a_window_without_fraud_is_named() -> None:
    steps, is_fraud = hourly(13)

    with pytest.raises(InputError, match=r"test window \(steps 289 to 312\) holds no fraud"):
        split_by_time(steps, is_fraud & (steps < 289), test_days=1)


def test_one_hour_of_data_cannot_be_split() -> None:
    with pytest.raises(InputError, match="step 7 only"):
        split_by_time(np.full(10, 7), np.arange(10) < 5)
