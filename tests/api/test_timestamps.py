"""The times that a payment may have: ISO 8601 with an offset, as common languages write it."""

import json
import re
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from fraud_api_lambda.domain.time_text import WITH_OFFSET
from fraud_api_lambda.wire.wire import InvalidBodyError
from tests.api.support import PAYMENT, TIMESTAMPS, WIRE, check_problem, payment


def read(timestamp: Any) -> int:
    """The hour of a payment at a time."""
    sent = {**PAYMENT, "step": None, "timestamp": timestamp}
    hour: int = WIRE.payment(json.dumps(sent).encode()).facts.hour
    return hour


REFUSED = {
    "2026-11-24T03:00:00": "the offset is missing",
    "2026-11-24T03:00": "the offset is missing",
    "2026-11-24T03:00:00.5": "the offset is missing",
    "2026-11-24T24:00:00Z": "the hour 24 is not taken",
    "2026-11-24T24:00Z": "the hour 24 is not taken",
    "2026-11-24T23:59:60Z": "a leap second is not taken",
    "2026-11-24T23:59:60.5+0100": "a leap second is not taken",
    "2026-02-29T03:00:00Z": "this date does not exist",
    "2026-13-01T03:00Z": "this date does not exist",
    "2026-00-10T03:00Z": "this date does not exist",
    "2026-11-24": "write ISO 8601",
    "2026-11-24 03:00:00Z": "write ISO 8601",
    "20261124T030000Z": "write ISO 8601",
    "2026-11-24T03Z": "write ISO 8601",
    "2026-11-24T03:00:00,5Z": "write ISO 8601",
    "2026-11-24T03:00:00+24:00": "write ISO 8601",
    "2026-11-24T03:00:00+1": "write ISO 8601",
    "2026-11-24T03:00:00 +01:00": "write ISO 8601",
    "2026-11-24T03:00:00Z\n": "write ISO 8601",
    "2026-11-24T0\u0663:00:00Z": "write ISO 8601",
    "0000-11-24T03:00:00Z": "write ISO 8601",
    "": "write ISO 8601",
    1_790_000_000: "write ISO 8601",
    True: "write ISO 8601",
}


@pytest.mark.parametrize(("timestamp", "because"), REFUSED.items())
def test_a_time_that_is_not_taken_is_refused_with_the_reason(
    client: TestClient, timestamp: Any, because: str
) -> None:
    response = client.post("/predict", json=payment(step=..., timestamp=timestamp))

    (fault,) = check_problem(response, 422)["errors"]
    assert fault["pointer"] == "#/timestamp"
    assert fault["detail"].startswith(because)


@given(timestamp=TIMESTAMPS)
def test_every_time_that_is_allowed_is_read_with_its_own_hour(timestamp: str) -> None:
    seen = datetime.fromisoformat(timestamp.upper())

    assert re.fullmatch(WITH_OFFSET, timestamp)
    assert seen.utcoffset() is not None
    assert read(timestamp) == seen.hour


@pytest.mark.parametrize("year", [1000, 1200, 1900, 1996, 2000, 2026, 2028, 2100, 2400, 9999])
def test_the_published_pattern_has_the_days_that_exist(year: int) -> None:
    days = (f"{year}-{month:02}-{day:02}" for month in range(14) for day in range(33))
    found = [day for day in days if re.fullmatch(WITH_OFFSET, f"{day}T03:00Z")]
    first = date(year, 1, 1).toordinal()
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)

    assert found == [str(date.fromordinal(first + day)) for day in range(365 + is_leap)]


@given(timestamp=st.from_regex(WITH_OFFSET, alphabet="0123456789-+:.TZtz") | st.text())
def test_what_the_published_pattern_allows_is_read_and_nothing_else(timestamp: str) -> None:
    if re.fullmatch(WITH_OFFSET, timestamp):
        assert read(timestamp) == int(timestamp[11:13])
    else:
        with pytest.raises(InvalidBodyError):
            read(timestamp)
