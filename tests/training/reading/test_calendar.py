"""Steps: hours of a count or of timestamps, and the options and words for them."""

import re
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.moment import moment_of_text, zone_of
from fraud_api_lambda.domain.schema import Roles, Schema, Time, Unit
from training.reading.calendar import Calendar

HOURS = Calendar(Unit.HOUR, 0, "UTC")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
DAYS = st.dates(date(1970, 1, 2), date(2100, 1, 1))


def calendar(timezone: str = "UTC", unit: Unit | None = None) -> Calendar:
    roles = Roles(time=Time("time", unit), amount="amount", label="is_fraud")
    return Calendar.of(Schema(name="any", roles=roles, timezone=timezone))


def step(calendar: Calendar, text: str) -> int:
    seconds = moment_of_text(text, zone_of(calendar.timezone)).seconds
    return int(calendar.steps(np.array([seconds]))[0])


def test_a_count_of_hours_is_the_step() -> None:
    count = calendar("Europe/Berlin", Unit.HOUR)

    assert count.origin == 0
    assert count.steps(np.array([3_600, 97_200])).tolist() == [1, 27]


def test_steps_of_timestamps_count_from_the_first_midnight_of_1970_in_the_zone() -> None:
    berlin = calendar("Europe/Berlin")

    assert berlin.origin == -3_600
    assert step(berlin, "1970-01-01") == 0
    assert step(berlin, "1970-01-02 14:59:59") == 38


def test_steps_do_not_follow_the_clock_and_days_do() -> None:
    berlin = calendar("Europe/Berlin")
    winter, summer = step(berlin, "2020-03-01"), step(berlin, "2020-07-01")

    assert (winter % 24, summer % 24) == (0, 23)
    steps = np.array([summer, summer + 23, winter, summer + 24, summer - 1])
    assert (berlin.days(steps) - date(2020, 7, 1).toordinal()).tolist() == [0, 0, -122, 1, -1]


@pytest.mark.parametrize(
    ("unit", "days"), [(Unit.HOUR, [0, 1]), (Unit.DAY, [0, 1]), (Unit.SECOND, [0, 1])]
)
def test_a_day_of_a_count_is_24_steps(unit: Unit, days: list[int]) -> None:
    assert calendar("Europe/Berlin", unit).days(np.array([23, 24])).tolist() == days


def test_a_date_means_its_hours_on_the_clock() -> None:
    berlin = calendar("Europe/Berlin")

    for day, hours in (("2020-03-29", 23), ("2020-06-01", 24), ("2020-10-25", 25)):
        first, last = berlin.step_from(day), berlin.step_until(day)
        assert last - first + 1 == hours
        assert (berlin.since(first), berlin.until(last)) == (day, day)


def test_a_time_means_the_hour_that_holds_it() -> None:
    utc = calendar()
    hour = step(utc, "2020-03-08 14:00")

    assert utc.step_from("2020-03-08 14:30") == utc.step_until("2020-03-08T14:00Z") == hour
    assert (utc.since(hour), utc.until(hour)) == ("2020-03-08 14:00", "2020-03-08 14:59")


def test_the_second_of_two_equal_hours_is_shown_with_its_offset() -> None:
    berlin = calendar("Europe/Berlin")
    first = step(berlin, "2020-10-25T02:00+02:00")

    assert [berlin.since(first), berlin.since(first + 1)] == [
        "2020-10-25 02:00",
        "2020-10-25 02:00+01:00",
    ]
    assert berlin.until(first + 1) == "2020-10-25 02:59+01:00"


def test_a_period_is_read_in_words() -> None:
    utc = calendar()

    assert HOURS.period(1, 312) == "steps 1 to 312"
    assert calendar(unit=Unit.DAY).period(24, 263) == "days 1 to 10"
    assert utc.period(utc.step_from("2019-09-01"), utc.step_until("2020-02-29")) == (
        "2019-09-01 to 2020-02-29"
    )
    assert utc.period(utc.step_from("2019-09-01"), utc.step_until("2020-02-29 07:10")) == (
        "2019-09-01 to 2020-02-29 07:59"
    )


@given(day=DAYS, zone=ZONES | st.just("Australia/Lord_Howe"), hour=st.integers(0, 23))
def test_the_words_for_a_step_choose_it(day: date, zone: str, hour: int) -> None:
    times = calendar(zone)
    chosen = times.step_from(str(day)) + hour

    assert times.step_from(times.since(chosen)) == chosen
    assert times.step_until(times.until(chosen)) == chosen


@given(day=DAYS, zone=ZONES | st.just("Australia/Lord_Howe"))
def test_a_day_ends_where_the_next_begins(day: date, zone: str) -> None:
    times = calendar(zone)
    after = str(day + timedelta(days=1))

    assert times.step_until(str(day)) + 1 == times.step_from(after)
    assert 23 <= times.step_from(after) - times.step_from(str(day)) <= 25


@pytest.mark.parametrize(
    ("unit", "text", "first", "last"),
    [
        (Unit.HOUR, "241", 241, 241),
        (Unit.DAY, "10", 240, 263),
        (Unit.SECOND, "867600", 241, 241),
        (Unit.SECOND, "867601", 241, 241),
    ],
)
def test_a_count_is_chosen_in_its_unit(unit: Unit, text: str, first: int, last: int) -> None:
    count = calendar(unit=unit)

    assert (count.step_from(text), count.step_until(text)) == (first, last)


@pytest.mark.parametrize(
    ("unit", "since", "until"),
    [
        (Unit.HOUR, ["239", "240"], ["240", "263"]),
        (Unit.DAY, ["10", "10"], ["10", "10"]),
        (Unit.SECOND, ["860400", "864000"], ["867599", "950399"]),
    ],
)
def test_the_words_for_steps_hold_the_counts_within_them(
    unit: Unit, since: list[str], until: list[str]
) -> None:
    count = calendar(unit=unit)

    assert [count.since(first) for first in (239, 240)] == since
    assert [count.until(last) for last in (240, 263)] == until


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
    for choose in (calendar().step_from, calendar().step_until):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            choose(text)


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("time", ["1000-01-01T00:00+23:59", "9999-12-31T23:59-23:59", "9999-12-31"])
def test_the_first_and_the_last_year_do_not_overflow(time: str, timezone: str) -> None:
    times = calendar(timezone)
    first = step(times, time)

    assert {times.since(first)[:2], times.until(first)[:2]} <= {"99", "10", "09"}
    assert len(times.days(np.array([first]))) == 1


def test_the_day_after_the_last_has_no_date() -> None:
    with pytest.raises(ValueError, match=r"^write a date before 9999-12-31"):
        calendar().step_until("9999-12-31")
