"""The moment of a payment: its time in whole seconds, and the hour on the payer's clock. Pure.

Time zones come from the package tzdata, in the image as in training: AWS's base image has no zone
data, and that of another operating system may be older.

A time without an offset is local time. An hour that occurs twice, when the clock is set back, is
the first of the two. A time that is skipped, when the clock is set forward, has the offset from
before the change.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from fraud_api_lambda.domain.schema import Unit

_LEAP_YEAR: Final = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|[2468][048]|[3579][26])00)"
DATE: Final = (
    "([1-9][0-9]{3}-("
    "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    f"|{_LEAP_YEAR}-02-29)"
)
"""A day that exists, in the years 1000 to 9999."""

ANY_DATE: Final = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
CLOCK: Final = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
OFFSET: Final = "([Zz]|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"

TEXT_PATTERN: Final = f"^{DATE}([Tt ]{CLOCK}{OFFSET}?)?$"
"""The texts that `moment_of_text` accepts, as a regular expression of JSON Schema."""

HOUR_24: Final = "the hour 24 is not taken: write 00 of the next day"
LEAP_SECOND: Final = "a leap second is not taken: write 59 in place of 60"
NO_SUCH_DATE: Final = "this date does not exist"

_FAULTS: Final = (
    (r".{10}[Tt ]24", HOUR_24),
    (r".{10}[Tt ].{5}:60", LEAP_SECOND),
    (rf"{ANY_DATE}([Tt ]{CLOCK}{OFFSET}?)?\Z", NO_SUCH_DATE),
    (r"[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{4}", "write the year first, such as 2026-11-24"),
    ("", "write ISO 8601, such as 2026-11-24, 2026-11-24 03:00:00 or 2026-11-24T03:00:00+01:00"),
)

UNIT_S: Final = {"second": 1, "hour": 3_600, "day": 86_400}
"""Seconds in each `Unit`."""

MAX_COUNT_S: Final = 100_000_000_000
"""The longest count, in seconds: 3,000 years, so that milliseconds do not pass for seconds."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(NamedTuple):
    """The time of a payment.

    Attributes
    ----------
    seconds : int
        Whole seconds, rounded down, since 1970-01-01T00:00:00Z; of a count, since the start of the
        data.
    hour : int
        Hour of the day on the payer's clock, 0 to 23.
    """

    seconds: int
    hour: int


def zone_names() -> frozenset[str]:
    """The names of all time zones, such as Europe/Berlin."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name.

    Raises
    ------
    ValueError
        If there is no such zone.
    """
    if name == "UTC":
        return UTC
    if name not in zone_names():
        raise ValueError("this time zone does not exist: write a name such as Europe/Berlin")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def moment_of_text(text: str, zone: tzinfo) -> Moment:
    """The moment of a date and time as ISO 8601, or of a date, which means its midnight.

    The hour is the one written. Fractions of a second are dropped.

    Parameters
    ----------
    text : str
        Such as 2019-01-01 00:00:18, 2019-01-01T00:00, 2019-01-01T00:00:18.5+01:00 or 2019-01-01.
    zone : tzinfo
        The zone of a text without an offset.

    Raises
    ------
    ValueError
        If the text does not match `TEXT_PATTERN`; the message says why, without the text.
    """
    if not _matcher()(text):
        raise ValueError(first_fault(text, _FAULTS))
    when = datetime.fromisoformat(text.upper())
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone)
    since = when - _EPOCH
    return Moment(since.days * 86_400 + since.seconds, when.hour)


def moment_of_count(count: float, unit: "Unit") -> Moment:
    """The moment of a count since the start of the data, which is taken to be a midnight.

    Raises
    ------
    ValueError
        If the count is negative, above `MAX_COUNT_S`, or not whole though it counts hours or days.
    """
    most = MAX_COUNT_S // UNIT_S[unit]
    is_whole = unit == "second" or count % 1 == 0
    if not (0 <= count <= most and is_whole):
        number = "number" if unit == "second" else "whole number"
        raise ValueError(f"write a {number} of {unit}s since the data began, from 0 to {most:,}")
    seconds = int(count) * UNIT_S[unit]
    return Moment(seconds, seconds // 3_600 % 24)


def first_fault(text: str, faults: Iterable[tuple[str, str]]) -> str:
    """The message of the first pattern that matches the beginning of a refused text."""
    return next(message for start, message in faults if re.match(start, text))


@cache
def _matcher() -> Callable[[str], object]:
    """Compiled at the first text: a cold start does without."""
    return re.compile(TEXT_PATTERN).fullmatch
