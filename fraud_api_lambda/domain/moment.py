"""The moment of a payment: its time in whole seconds, and the hour on the payer's clock. Pure.

Time zones come from the package tzdata, in the image as in training: AWS's base image has no zone
data, and that of another operating system may be older.

A time without an offset is local time. An hour that occurs twice, when the clock is set back, is
the first of the two. A time that is skipped, when the clock is set forward, has the offset from
before the change.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from fraud_api_lambda.domain.time_text import LOCAL, LOCAL_FAULTS, fault

UNIT_S: Final = {"second": 1, "hour": 3_600, "day": 86_400}
"""Seconds in each `Unit`."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(NamedTuple):
    """The time of a payment.

    Attributes
    ----------
    seconds : int
        Whole seconds, rounded down, since 1970-01-01T00:00:00Z.
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
        If the text does not match `LOCAL`; the message says why, without the text.
    """
    if not _matcher()(text):
        raise ValueError(fault(text, LOCAL_FAULTS))
    when = datetime.fromisoformat(text.upper())
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone)
    since = when - _EPOCH
    return Moment(since.days * 86_400 + since.seconds, when.hour)


@cache
def _matcher() -> Callable[[str], object]:
    """Compiled at the first text: a cold start does without."""
    return re.compile(LOCAL).fullmatch
