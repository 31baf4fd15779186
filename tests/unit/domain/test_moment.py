"""The moment of a payment: the texts that are accepted, and their seconds and hours."""

import re
import zoneinfo
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.moment import (
    Moment,
    moment_of_text,
    zone_names,
    zone_of,
)
from fraud_api_lambda.domain.time_text import LOCAL

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
DAYS = st.dates(date(1000, 1, 1))
CLOCKS = st.sampled_from(["00:00", "03:00", "23:59:59", "03:00:00.5", "23:59:00.123456789"])
OFFSETS = st.sampled_from(["", "Z", "z", "+00:00", "-11:30", "+0100", "+01", "-2359", "+23:59"])
TIMES = st.builds(
    lambda day, mark, clock, offset: f"{day}{mark}{clock}{offset}",
    DAYS,
    st.sampled_from("Tt "),
    CLOCKS,
    OFFSETS,
)
TEXTS = DAYS.map(str) | TIMES | st.from_regex(LOCAL, fullmatch=True)
LOCAL_TIMES = st.datetimes(datetime.fromisoformat("1000-01-01"))

NEW_YEAR = 1_546_300_800
"""2019-01-01T00:00:00Z."""


def seconds(text: str) -> int:
    """The seconds of a time of UTC, by arithmetic of the C library."""
    return timegm(datetime.fromisoformat(text).timetuple())


@pytest.fixture(scope="module", params=ZONES)
def zone(request: pytest.FixtureRequest) -> tzinfo:
    return zone_of(request.param)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-01-01 00:00:18", Moment(NEW_YEAR + 18, 0)),
        ("2019-01-01T00:00:18", Moment(NEW_YEAR + 18, 0)),
        ("2019-01-01t05:07", Moment(NEW_YEAR + 5 * 3_600 + 7 * 60, 5)),
        ("2019-01-01", Moment(NEW_YEAR, 0)),
        ("2019-01-01T00:00:18.999999999", Moment(NEW_YEAR + 18, 0)),
        ("1969-12-31T23:59:59.5", Moment(-1, 23)),
        ("2019-01-01T00:00:18Z", Moment(NEW_YEAR + 18, 0)),
        ("2019-01-01 01:00:18+01:00", Moment(NEW_YEAR + 18, 1)),
        ("2019-01-01 01:00:18+0100", Moment(NEW_YEAR + 18, 1)),
        ("2018-12-31T14:00:18-10", Moment(NEW_YEAR + 18, 14)),
    ],
)
def test_a_text_is_read_to_the_second_with_the_hour_written(text: str, moment: Moment) -> None:
    assert moment_of_text(text, UTC) == moment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-11-24T24:00:00", "the hour 24 is not taken: write 00 of the next day"),
        ("2026-11-24 24:00Z", "the hour 24 is not taken: write 00 of the next day"),
        ("2026-11-24 23:59:60", "a leap second is not taken: write 59 in place of 60"),
        ("2026-02-29", "this date does not exist"),
        ("2026-02-29 03:00", "this date does not exist"),
        ("2026-13-01T03:00Z", "this date does not exist"),
        ("31/12/2019", "write the year first, such as 2026-11-24"),
        ("12/31/2019 14:00", "write the year first, such as 2026-11-24"),
        ("1.2.2019", "write the year first, such as 2026-11-24"),
        ("31-12-2019", "write the year first, such as 2026-11-24"),
        ("2019/12/31", "write ISO 8601"),
        ("20191231", "write ISO 8601"),
        ("2019-W01-1", "write ISO 8601"),
        ("2019-01-01T03", "write ISO 8601"),
        ("2019-01-01 25:00", "write ISO 8601"),
        ("2019-01-01 03:00 +01:00", "write ISO 8601"),
        ("2019-01-01 03:00+24:00", "write ISO 8601"),
        ("2019-01-01 03:00+01:75", "write ISO 8601"),
        ("2019-01-01Z", "write ISO 8601"),
        ("2019-01-01_03:00", "write ISO 8601"),
        ("2019-01-01 03:00:00,5", "write ISO 8601"),
        ("2019-01-01 03:00:00.1234567890", "write ISO 8601"),
        (" 2019-01-01", "write ISO 8601"),
        ("2019-01-01\n", "write ISO 8601"),
        ("2019-01-0\u0661", "write ISO 8601"),
        ("0999-01-01", "write ISO 8601"),
        ("1546300818", "write ISO 8601"),
        ("", "write ISO 8601"),
    ],
)
def test_the_message_for_a_refused_text_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        moment_of_text(text, UTC)


@pytest.mark.parametrize("year", [1000, 1200, 1900, 1996, 2000, 2026, 2028, 2100, 2400, 9999])
def test_the_pattern_has_the_days_that_exist(year: int) -> None:
    days = (f"{year}-{month:02}-{day:02}" for month in range(14) for day in range(33))
    found = [day for day in days if re.fullmatch(LOCAL, day)]
    first = date(year, 1, 1).toordinal()
    n_days = date(year, 12, 31).toordinal() - first + 1

    assert found == [str(date.fromordinal(first + day)) for day in range(n_days)]


@given(text=TEXTS)
def test_every_text_that_the_pattern_allows_is_accepted(zone: tzinfo, text: str) -> None:
    moment = moment_of_text(text, zone)

    assert moment.hour == int(text[11:13] or 0)
    assert abs(moment.seconds - seconds(text[:10])) < 3 * 86_400


@given(
    text=st.text()
    | st.text("0123456789-+:.TZtz ", max_size=32)
    | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?\Z")
)
def test_no_other_text_is_accepted_and_no_message_repeats_one(text: str) -> None:
    if re.fullmatch(LOCAL, text):
        moment_of_text(text, UTC)
        return
    with pytest.raises(ValueError, match=r"^(write|this date|the hour|a leap)") as caught:
        moment_of_text(text, UTC)
    assert len(text) < 10 or text not in str(caught.value)
    assert caught.value.__cause__ is None


@given(when=LOCAL_TIMES, name=st.sampled_from(ZONES))
def test_a_text_without_an_offset_is_a_time_of_the_zone(when: datetime, name: str) -> None:
    zone = zone_of(name)
    offset = when.replace(tzinfo=zone).utcoffset() or timedelta()

    moment = moment_of_text(when.isoformat(), zone)

    assert moment.seconds == timegm(when.timetuple()) - offset.total_seconds()
    assert moment.hour == when.hour


@given(when=LOCAL_TIMES, minutes=st.integers(-1_439, 1_439))
def test_a_written_offset_decides_in_every_zone(zone: tzinfo, when: datetime, minutes: int) -> None:
    text = when.replace(tzinfo=timezone(timedelta(minutes=minutes))).isoformat()

    moment = moment_of_text(text, zone)

    assert moment == (timegm(when.timetuple()) - 60 * minutes, when.hour)


@pytest.mark.parametrize(
    ("name", "text", "instant"),
    [
        ("Europe/Berlin", "2020-10-25 02:30", "2020-10-25T00:30"),
        ("America/New_York", "2020-11-01 01:30", "2020-11-01T05:30"),
        ("Australia/Lord_Howe", "2020-04-05 01:45", "2020-04-04T14:45"),
    ],
)
def test_an_hour_that_occurs_twice_is_the_first_of_the_two(
    name: str, text: str, instant: str
) -> None:
    assert moment_of_text(text, zone_of(name)) == (seconds(instant), int(text[11:13]))


@pytest.mark.parametrize(
    ("name", "text", "instant"),
    [
        ("Europe/Berlin", "2020-03-29 02:30", "2020-03-29T01:30"),
        ("America/New_York", "2020-03-08 02:30", "2020-03-08T07:30"),
        ("Australia/Lord_Howe", "2020-10-04 02:15", "2020-10-03T15:45"),
    ],
)
def test_a_time_that_is_skipped_has_the_offset_from_before(
    name: str, text: str, instant: str
) -> None:
    assert moment_of_text(text, zone_of(name)) == (seconds(instant), int(text[11:13]))


@pytest.mark.parametrize("offset", ["-23:59", "+23:59", ""])
@pytest.mark.parametrize("text", ["1000-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_the_first_and_the_last_year_do_not_overflow(zone: tzinfo, text: str, offset: str) -> None:
    moment = moment_of_text(text + offset, zone)

    assert abs(moment.seconds - seconds(text)) < 86_400


def test_utc_needs_no_zone_data() -> None:
    assert zone_of("UTC") is UTC


@pytest.mark.parametrize("name", ["Europe/Berlim", "", "../zones", "/etc/localtime", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="this time zone does not exist"):
        zone_of(name)


def test_every_zone_can_be_read() -> None:
    for name in zone_names():
        moment_of_text("2026-11-24", zone_of(name))


@pytest.fixture
def other_system(tmp_path: Path) -> Iterator[None]:
    """An operating system whose Berlin has the clock of Tokyo."""
    tokyo = files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes()
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(tokyo)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("other_system")
def test_the_zone_data_of_the_operating_system_is_not_read() -> None:
    moment = moment_of_text("2026-11-24 03:00", zone_of("Europe/Berlin"))

    assert moment == (seconds("2026-11-24T02:00"), 3)
