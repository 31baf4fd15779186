"""Steps: hours of a count or of timestamps, and the options and words for them."""

import re
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.moment import moment_of_text, zone_of
from fraud_api_lambda.domain.schema import Unit
from training.data.calendar import Calendar

HOURS = Calendar(Unit.HOUR, 0, "UTC")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
DAYS = st.datetimes(datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("2100-01-01"))


def calendar(first: str, timezone: str = "UTC") -> Calendar:
    return Calendar.of(seconds(first, timezone), None, timezone)


def seconds(text: str, timezone: str = "UTC") -> np.ndarray:
    return np.array([moment_of_text(text, zone_of(timezone)).seconds])


def step(calendar: Calendar, text: str) -> int:
    return int(calendar.steps(seconds(text, calendar.timezone))[0])


def test_a_count_of_hours_is_the_step() -> None:
    calendar = Calendar.of(np.array([3_600, 97_200]), Unit.HOUR, "Europe/Berlin")

    assert calendar == Calendar(Unit.HOUR, 0, "Europe/Berlin")
    assert calendar.steps(np.array([3_600, 97_200])).tolist() == [1, 27]


def test_steps_of_timestamps_begin_with_24_at_the_midnight_before_the_first() -> None:
    berlin = calendar("2020-03-01 14:10", "Europe/Berlin")

    assert berlin.origin == seconds("2020-02-29T23:00Z")
    assert step(berlin, "2020-03-01") == 24
    assert step(berlin, "2020-03-01 14:59:59") == 38
    assert step(berlin, "2020-03-02") // 24 == 2
    assert berlin.steps(seconds("2020-03-01")).dtype == np.int64


def test_the_origin_is_the_first_instant_of_a_day_without_midnight() -> None:
    """In Sao Paulo, the clock went from 23:59:59 to 01:00."""
    assert step(calendar("2018-11-04 01:00", "America/Sao_Paulo"), "2018-11-04 01:00") == 24


def test_steps_do_not_follow_the_clock() -> None:
    spring = calendar("2020-03-28", "Europe/Berlin")
    autumn = calendar("2020-10-24", "Europe/Berlin")

    assert [spring.shown(24 * day) for day in (1, 2, 3)] == [
        "2020-03-28 00:00",
        "2020-03-29 00:00",
        "2020-03-30 01:00",
    ]
    assert [autumn.shown(24 * day) for day in (1, 2, 3)] == [
        "2020-10-24 00:00",
        "2020-10-25 00:00",
        "2020-10-25 23:00",
    ]


def test_a_date_means_its_hours_on_the_clock() -> None:
    spring = calendar("2020-03-28", "Europe/Berlin")
    autumn = calendar("2020-10-24", "Europe/Berlin")

    assert (spring.step_from("2020-03-29"), spring.step_until("2020-03-29")) == (48, 70)
    assert (autumn.step_from("2020-10-25"), autumn.step_until("2020-10-25")) == (48, 72)


def test_a_time_means_the_hour_that_holds_it() -> None:
    utc = calendar("2020-03-01")

    assert utc.step_from("2020-03-08 14:30") == utc.step_until("2020-03-08T14:00Z") == 8 * 24 + 14
    assert utc.shown(8 * 24 + 14) == "2020-03-08 14:00"


def test_the_second_of_two_equal_hours_is_shown_with_its_offset() -> None:
    autumn = calendar("2020-10-25", "Europe/Berlin")

    assert [autumn.shown(26), autumn.shown(27)] == ["2020-10-25 02:00", "2020-10-25 02:00+01:00"]


@given(first=DAYS, zone=ZONES, hours=st.integers(0, 24 * 800))
def test_the_words_for_a_step_choose_it(first: datetime, zone: str, hours: int) -> None:
    times = calendar(first.isoformat(), zone)

    shown = times.shown(24 + hours)

    assert times.step_from(shown) == times.step_until(shown) == 24 + hours


@given(first=DAYS, zone=ZONES | st.just("Australia/Lord_Howe"), days=st.integers(0, 800))
def test_a_day_ends_where_the_next_begins(first: datetime, zone: str, days: int) -> None:
    times = calendar(first.isoformat(), zone)
    day, after = (
        str(datetime.fromordinal(first.toordinal() + later).date()) for later in (days, days + 1)
    )

    assert times.step_until(day) + 1 == times.step_from(after)
    assert 23 <= times.step_from(after) - times.step_from(day) <= 25


@pytest.mark.parametrize(
    ("unit", "text", "first", "last", "shown"),
    [
        (Unit.HOUR, "241", 241, 241, "step 241"),
        (Unit.DAY, "10", 240, 263, "day 10"),
        (Unit.SECOND, "867600", 241, 241, "second 867600"),
        (Unit.SECOND, "867601", 241, 241, "second 867600"),
    ],
)
def test_a_count_is_chosen_and_shown_in_its_unit(
    unit: Unit, text: str, first: int, last: int, shown: str
) -> None:
    count = Calendar(unit, 0, "UTC")

    assert (count.step_from(text), count.step_until(text)) == (first, last)
    assert {count.shown(first), count.shown(last)} == {shown}


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "2020-03-08", "1_000", "\u0661", "9" * 13, "1\n"]
)
def test_a_step_of_another_form_is_refused(text: str) -> None:
    for choose in (HOURS.step_from, HOURS.step_until):
        with pytest.raises(ValueError, match=r"^write a whole number of hours since the data"):
            choose(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("241", "write ISO 8601, such as 2026-11-24, "),
        ("08/03/2020", "write the year first"),
        ("2020-02-30", "this date does not exist"),
        ("2020-03-08 24:00", "the hour 24 is not taken"),
    ],
)
def test_a_date_of_another_form_is_refused(text: str, message: str) -> None:
    for choose in (calendar("2020-03-01").step_from, calendar("2020-03-01").step_until):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            choose(text)


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("time", ["1000-01-01T00:00+23:59", "9999-12-31T23:59-23:59", "9999-12-31"])
def test_the_first_and_the_last_year_do_not_overflow(time: str, timezone: str) -> None:
    times = calendar(time, timezone)
    first = step(times, time)

    assert first >= 24
    assert times.shown(first)[:2] in {"99", "10"}


def test_the_day_after_the_last_has_no_date() -> None:
    with pytest.raises(ValueError, match=r"^write a date before 9999-12-31"):
        calendar("9999-01-01").step_until("9999-12-31")
