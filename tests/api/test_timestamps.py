"""The times that a payment may have: ISO 8601 with an offset, as common languages write it."""

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.testclient import TestClient

from fraud_api_lambda.web.requests import TIMESTAMP, TransactionIn
from tests.api.support import PAYMENT, TIMESTAMPS, check_problem, payment


def read(timestamp: Any) -> TransactionIn:
    return TransactionIn.model_validate({**PAYMENT, "step": None, "timestamp": timestamp})


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
def test_every_time_that_is_allowed_is_read_to_the_second(timestamp: str) -> None:
    seen = read(timestamp).timestamp

    assert re.fullmatch(TIMESTAMP, timestamp)
    assert seen is not None
    assert seen.utcoffset() is not None
    digits = re.sub("[^0-9]", "", re.split("[.+Zz]|-(?=[0-9:]*$)", timestamp[11:])[0])
    assert seen.strftime("%H%M%S") == digits.ljust(6, "0")
    assert seen.strftime("%Y-%m-%d") == timestamp[:10]


@pytest.mark.parametrize("year", [1000, 1200, 1900, 1996, 2000, 2026, 2028, 2100, 2400, 9999])
def test_the_published_pattern_has_the_days_that_exist(year: int) -> None:
    days = (f"{year}-{month:02}-{day:02}" for month in range(14) for day in range(33))
    found = [day for day in days if re.fullmatch(TIMESTAMP, f"{day}T03:00Z")]
    first = date(year, 1, 1).toordinal()
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)

    assert found == [str(date.fromordinal(first + day)) for day in range(365 + is_leap)]


@given(timestamp=st.from_regex(TIMESTAMP, alphabet="0123456789-+:.TZtz") | st.text())
def test_what_the_published_pattern_allows_is_read_and_nothing_else(timestamp: str) -> None:
    if re.fullmatch(TIMESTAMP, timestamp):
        assert read(timestamp).timestamp is not None
    else:
        with pytest.raises(ValidationError):
            read(timestamp)
