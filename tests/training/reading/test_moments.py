"""A column of times: its moments are those of its cells, one by one."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.moment import (
    Moment,
    moment_of_text,
    zone_of,
)
from fraud_api_lambda.domain.reading import hour_of_count
from fraud_api_lambda.domain.schema import Time, Unit
from fraud_api_lambda.domain.time_text import LOCAL
from training.reading.moments import MAX_COUNT_S, Moments, moments_of

TIMESTAMPS = Time("time")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
UNITS = st.sampled_from(list(Unit))


def one_by_one(cells: list[Any], moment_of: Callable[[Any], Moment]) -> list[Moment | None]:
    def read(cell: Any) -> Moment | None:
        try:
            return moment_of(cell)
        except ValueError:
            return None

    return [read(cell) for cell in cells]


def in_rows(moments: Moments) -> list[Moment | None]:
    assert moments.seconds.dtype == moments.hours.dtype == np.int64
    faults = moments.faults.tolist()
    pairs = zip(moments.seconds.tolist(), moments.hours.tolist(), strict=True)
    rows = [Moment(*pair) for pair in pairs]
    assert {rows[fault] for fault in faults} <= {Moment(0, 0)}
    return [None if row in faults else moment for row, moment in enumerate(rows)]


def only_faults(column: pd.Series, time: Time = TIMESTAMPS) -> bool:
    return np.array_equal(moments_of(column, time, "UTC").faults, np.arange(len(column)))


@given(texts=st.lists(st.from_regex(LOCAL, fullmatch=True) | st.text(max_size=20)), zone=ZONES)
def test_a_column_of_texts_equals_its_texts(texts: list[str], zone: str) -> None:
    column = pd.Series(texts, dtype="str")

    rows = in_rows(moments_of(column, TIMESTAMPS, zone))

    assert rows == one_by_one(texts, lambda text: moment_of_text(text, zone_of(zone)))


@given(
    stamps=st.lists(st.integers(-(10**14), 10**15)),
    precision=st.sampled_from(["s", "ms", "us", "ns"]),
    own_zone=st.none() | ZONES,
    zone=ZONES,
)
def test_a_column_of_timestamps_equals_its_iso_texts(
    stamps: list[int], precision: str, own_zone: str | None, zone: str
) -> None:
    column = pd.Series(np.array(stamps, "int64").astype(f"datetime64[{precision}]"))
    if own_zone is not None:
        column = column.where(column.dt.year.between(2, 9_998))  # others have no text
        column = column.dt.tz_localize("UTC").dt.tz_convert(zone_of(own_zone))
    texts = column.astype("str").fillna("").tolist()

    rows = in_rows(moments_of(column, TIMESTAMPS, zone))

    assert rows == one_by_one(texts, lambda text: moment_of_text(text, zone_of(zone)))


@pytest.mark.parametrize(
    ("count", "unit", "seconds", "hour"),
    [
        (0, Unit.SECOND, 0, 0),
        (90_061.9, Unit.SECOND, 90_061, 1),
        (27, Unit.HOUR, 27 * 3_600, 3),
        (743.0, Unit.HOUR, 743 * 3_600, 23),
        (3, Unit.DAY, 3 * 86_400, 0),
        (MAX_COUNT_S, Unit.SECOND, MAX_COUNT_S, 9),
    ],
)
def test_a_count_is_seconds_since_a_midnight(
    count: float, unit: Unit, seconds: int, hour: int
) -> None:
    moments = moments_of(pd.Series([count]), Time("step", unit), "UTC")

    assert (moments.seconds[0], moments.hours[0], len(moments.faults)) == (seconds, hour, 0)


@pytest.mark.parametrize(
    ("count", "unit"),
    [
        (-1, Unit.SECOND),
        (MAX_COUNT_S + 1, Unit.SECOND),
        (-1, Unit.HOUR),
        (1.5, Unit.HOUR),
        (0.5, Unit.DAY),
        (27_777_778, Unit.HOUR),
        *((odd, unit) for odd in (float("nan"), float("inf"), -float("inf")) for unit in Unit),
    ],
)
def test_a_count_that_is_none_is_a_fault(count: float, unit: Unit) -> None:
    moments = moments_of(pd.Series([0, count]), Time("step", unit), "UTC")

    assert moments.faults.tolist() == [1]
    assert moments.seconds[1] == moments.hours[1] == 0


@given(count=st.integers(0, 1_000_000), unit=UNITS)
def test_a_count_of_a_file_has_the_hour_of_the_same_count_posted(count: int, unit: Unit) -> None:
    moments = moments_of(pd.Series([count]), Time("step", unit), "UTC")

    assert moments.hours[0] == hour_of_count(count, unit)


@pytest.mark.parametrize("own_zone", [None, "UTC", "Europe/Berlin"])
def test_a_timestamp_of_another_year_than_1000_to_9999_is_a_fault(own_zone: str | None) -> None:
    times = ["-0100-01-01", "0999-12-30", "2019-01-02T12", "NaT", "10000-01-02", "200000-01-01"]
    column = pd.Series(np.array(times, "datetime64[s]")).dt.tz_localize("UTC")
    column = column.dt.tz_localize(None) if own_zone is None else column.dt.tz_convert(own_zone)

    assert moments_of(column, TIMESTAMPS, "Europe/Berlin").faults.tolist() == [0, 1, 3, 4, 5]


def test_the_hour_of_a_timestamp_is_that_of_its_own_zone() -> None:
    column = pd.Series(pd.to_datetime(["2020-07-01T23:30Z"])).dt.tz_convert("Asia/Tokyo")

    assert in_rows(moments_of(column, TIMESTAMPS, "UTC"))[0] == (1_593_646_200, 8)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([date(2019, 1, 2), None, date(2019, 1, 2)]),
        pd.Series(["2019-01-02", None, "2019-01-02 00:00"], dtype="category"),
        pd.Series(["2019-01-02", np.nan, 5], dtype="object"),
        pd.Series(pd.to_datetime(["2019-01-02", "NaT", "2019-01-02"])),
        pd.Series(pd.to_datetime(["2019-01-02", "NaT", "2019-01-02"])).dt.tz_localize("UTC"),
    ],
)
def test_an_empty_cell_is_a_fault(column: pd.Series) -> None:
    rows = in_rows(moments_of(column, TIMESTAMPS, "UTC"))

    assert rows[:2] == [Moment(1_546_387_200, 0), None]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 27], dtype="int16"),
        pd.Series([1, 27], dtype="uint64"),
        pd.Series([1, 27, None], dtype="float32"),
        pd.Series([1, 27, None], dtype="Int64"),
        pd.Series(["1", "27", None], dtype="str"),
        pd.Series([Decimal(1), Decimal(27), None]),
        pd.Series([1, "27", ""]),
    ],
)
def test_a_count_may_have_any_type_of_number(column: pd.Series) -> None:
    rows = in_rows(moments_of(column, Time("step", Unit.HOUR), "UTC"))

    assert rows == [Moment(3_600, 1), Moment(97_200, 3), None][: len(column)]


def test_a_column_of_another_type_than_the_schema_says_has_faults_only() -> None:
    count = Time("time", Unit.SECOND)

    assert only_faults(pd.Series([1, 2]))
    assert only_faults(pd.Series([1.5, 2.5]))
    assert only_faults(pd.Series([True, False]))
    assert only_faults(pd.Series([True, False]), count)
    assert only_faults(pd.Series(["2019-01-01", "2019-01-02"]), count)
    assert only_faults(pd.Series(pd.to_datetime(["2019-01-01", "2019-01-02"])), count)
    assert only_faults(pd.Series([True, "True"], dtype="object"), count)
    assert only_faults(pd.Series([pd.Timedelta(1), pd.Timedelta(2)]), count)


def test_an_empty_column_has_no_moment() -> None:
    for dtype in ("str", "object", "datetime64[ns]", "float64"):
        for unit in (None, Unit.HOUR):
            moments = moments_of(pd.Series([], dtype=dtype), Time("time", unit), "UTC")
            assert in_rows(moments) == []
