"""Moments and durations in words."""

from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SPANS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def zone_of(name: str | None) -> tzinfo:
    """The time zone of a browser, UTC if it is not known."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment(text: str, zone: tzinfo) -> str:
    """A moment of the API: 26 Nov, 14:05, with the year if it is another one."""
    at = datetime.fromisoformat(text).astimezone(zone)
    year = "" if at.year == datetime.now(zone).year else f" {at.year}"
    return f"{at.day} {at:%b}{year}, {at:%H:%M}"


def before(seconds: float) -> str:
    """How long before something happened, in the largest unit: 3 hours before."""
    for size, name in SPANS:
        if seconds >= size:
            return f"{counted(int(seconds // size), name)} before"
    return "at the same time"


def counted(count: int, name: str) -> str:
    """A count of things: 1 day, 2 days."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"
