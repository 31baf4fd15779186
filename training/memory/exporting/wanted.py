"""The parameters of an export: as of when, and which payments. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from training.errors import InputError
from training.memory.exporting.judged import Period


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parameters of an export.

    Attributes
    ----------
    as_of : datetime
        In UTC; outcomes with a later time are ignored.
    matured_days : int
        Least days between the arrival of a payment and `as_of`.
    """

    as_of: datetime
    matured_days: int

    @property
    def period(self) -> Period:
        """The same in milliseconds."""
        return Period.of(round(self.as_of.timestamp() * 1_000), self.matured_days)

    @property
    def shown(self) -> str:
        """The time in words: a date, if it is its midnight."""
        return f"{self.as_of:%Y-%m-%d %H:%M:%S} UTC".replace(" 00:00:00 UTC", "")

    def origin(self, table: str) -> dict[str, str | int]:
        """The origin of an export, as plain data."""
        as_of = self.as_of.isoformat()
        return {"table": table, "as_of": as_of, "matured_days": self.matured_days}


def time_of(text: str | None, now: float) -> datetime:
    """The time of an export: of a date, its midnight in UTC; without a text, that of today.

    Raises
    ------
    InputError
        If the text is no date or time, or in the future.
    """
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if text is None:
        return today
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--as-of {text}: write a date such as {today.date()}") from error
    found = read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    if found.timestamp() > now:
        raise InputError(f"--as-of {text}: is in the future; its outcomes are not known yet")
    return found
