"""Times as ISO 8601 text: the texts that are accepted, and the fault of any other. Pure."""

import re
from collections.abc import Sequence
from typing import Final

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

WITH_OFFSET: Final = f"^{DATE}[Tt]{CLOCK}{OFFSET}$"
"""ISO 8601: RFC 3339, and the variants of Java and Python: no seconds, +0100, +01.

The pattern excludes days that do not exist, so a value that matches it is never refused.
"""

LOCAL: Final = f"^{DATE}([Tt ]{CLOCK}{OFFSET}?)?$"
"""The same and, without an offset, a local time; a space in place of the T; a date alone."""

type Faults = Sequence[tuple[str, str]]
"""Patterns with their messages; the first that matches the beginning of a refused text decides."""

_HOUR_24: Final = "the hour 24 is not taken: write 00 of the next day"
_LEAP_SECOND: Final = "a leap second is not taken: write 59 in place of 60"
_NO_SUCH_DATE: Final = "this date does not exist"

WITH_OFFSET_FAULTS: Final = (
    (r".{10}[Tt]24", _HOUR_24),
    (r".{10}[Tt].{5}:60", _LEAP_SECOND),
    (r".{10}[Tt][0-9:.]+\Z", "the offset is missing: add Z for UTC, or one such as +01:00"),
    (rf"{ANY_DATE}[Tt]{CLOCK}{OFFSET}\Z", _NO_SUCH_DATE),
    ("", "write ISO 8601 with an offset, such as 2026-11-24T03:00:00+01:00"),
)

LOCAL_FAULTS: Final = (
    (r".{10}[Tt ]24", _HOUR_24),
    (r".{10}[Tt ].{5}:60", _LEAP_SECOND),
    (rf"{ANY_DATE}([Tt ]{CLOCK}{OFFSET}?)?\Z", _NO_SUCH_DATE),
    ("[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{4}", "write the year first, such as 2026-11-24"),
    ("", "write ISO 8601, such as 2026-11-24, 2026-11-24 03:00:00 or 2026-11-24T03:00:00+01:00"),
)


def fault(text: object, faults: Faults) -> str:
    """The message for a refused value; one that is not a text has the last."""
    given = text if isinstance(text, str) else ""
    return next(message for start, message in faults if re.match(start, given))
