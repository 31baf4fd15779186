"""The steps of a time column: hours, by which data is split, shown and chosen. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import numpy as np

from fraud_api_lambda.domain.moment import UNIT_S, moment_of_text, zone_of
from fraud_api_lambda.domain.schema import Schema, Unit

HOUR_S: Final = 3_600
MINUTE_S: Final = 60
_FIRST_DAY: Final = date(1970, 1, 1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_S: Final = 253_402_128_000
"""9999-12-30T00:00:00Z. In some zone, a day later has no date."""

_DAY: Final = timedelta(days=1)
_DATE_LENGTH: Final = len("2026-11-24")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The relation of a time column to steps.

    A step of timestamps is an hour since 1970, and 24 steps are a day. They do not follow the
    clock: after it is set forward or back, a day of steps begins at 1 or at 23 o'clock.

    Attributes
    ----------
    unit : Unit or None
        The unit of a count; None for timestamps.
    origin : int
        Seconds since 1970 in UTC of the first midnight of 1970 in the schema's zone; 0 for a count.
    timezone : str
        The schema's zone, in which times are shown and read.
    """

    unit: Unit | None
    origin: int
    timezone: str

    @classmethod
    def of(cls, schema: Schema) -> "Calendar":
        """The calendar of a schema; it does not depend on the rows of a file."""
        unit, zone = schema.roles.time.unit, schema.timezone
        if unit is not None:
            return cls(unit, 0, zone)
        return cls(None, _seconds(datetime.combine(_FIRST_DAY, time(), zone_of(zone))), zone)

    def steps(self, seconds: np.ndarray) -> np.ndarray:
        """The step of each row, shape (n_rows,), int64."""
        return (seconds - self.origin) // HOUR_S

    @property
    def unit_name(self) -> str:
        """The word before a text of `since` or `until`; empty for timestamps."""
        if self.unit is None:
            return ""
        return "step" if self.unit is Unit.HOUR else str(self.unit)

    def days(self, steps: np.ndarray) -> np.ndarray:
        """The day in which each step begins, on the clock of the schema's zone, as an integer."""
        if self.unit is not None:
            return steps * HOUR_S // UNIT_S["day"]
        zone = zone_of(self.timezone)
        distinct, place = np.unique(steps, return_inverse=True)
        clocks = (_clock(self.origin + int(step) * HOUR_S, zone) for step in distinct)
        return np.array([clock.toordinal() for clock in clocks])[place]

    def since(self, step: int) -> str:
        """The text that `step_from` takes for a first step: a count, a date, or a time."""
        if self.unit is not None:
            return str(-(-step * HOUR_S // UNIT_S[self.unit]))
        clock = _clock(self.origin + step * HOUR_S, zone_of(self.timezone))
        return str(clock.date()) if self._first_of(clock.date()) == step else _minute(clock)

    def until(self, step: int) -> str:
        """The text that `step_until` takes for a last step: a count, a date, or a time."""
        end = (step + 1) * HOUR_S
        if self.unit is not None:
            return str((end - 1) // UNIT_S[self.unit])
        clock = _clock(self.origin + end - MINUTE_S, zone_of(self.timezone))
        if clock.date() < date.max and self._first_of(clock.date() + _DAY) == step + 1:
            return str(clock.date())
        return _minute(clock)

    @property
    def plural(self) -> str:
        """The word before two or more texts, with a space after it; empty for timestamps."""
        return f"{self.unit_name}s " if self.unit_name else ""

    def named_since(self, step: int) -> str:
        """A first step in words."""
        return named(self.unit_name, self.since(step))

    def named_until(self, step: int) -> str:
        """A last step in words."""
        return named(self.unit_name, self.until(step))

    def period(self, start: int, end: int) -> str:
        """The steps from `start` to `end` in words."""
        return period(self.unit_name, self.since(start), self.until(end))

    def step_from(self, text: str) -> int:
        """The first step of a period: of a count's unit, of a date, or of the hour of a time.

        Raises
        ------
        ValueError
            If the text is no whole number for a count, or not accepted by `moment_of_text`.
        """
        if self.unit is not None:
            return _number(text, self.unit) * UNIT_S[self.unit] // HOUR_S
        return self._step_at(moment_of_text(text, zone_of(self.timezone)).seconds)

    def step_until(self, text: str) -> int:
        """The last step of a period, whose first is `step_from`; raises the same errors.

        The step that holds a midnight belongs to the day that begins.
        """
        if self.unit is not None:
            return ((_number(text, self.unit) + 1) * UNIT_S[self.unit] - 1) // HOUR_S
        step = self.step_from(text)
        return step if len(text) > _DATE_LENGTH else self.step_from(_next_day(text)) - 1

    def _first_of(self, day: date) -> int:
        """The step that holds the midnight of a day."""
        return self._step_at(_seconds(datetime.combine(day, time(), zone_of(self.timezone))))

    def _step_at(self, seconds: int) -> int:
        return int(self.steps(np.asarray(seconds)))


STEPS: Final = Calendar(Unit.HOUR, 0, "UTC")
"""The calendar of a count of hours, in which a step is called by its number."""


def period(unit_name: str, since: str, until: str) -> str:
    """A period in words, such as "steps 1 to 312" or "2019-09-01 to 2020-02-29"."""
    return f"{unit_name}s {since} to {until}" if unit_name else f"{since} to {until}"


def named(unit_name: str, text: str) -> str:
    """A text of `since` or `until` in words, such as "step 312" or "2020-02-29"."""
    return f"{unit_name} {text}" if unit_name else text


def _minute(clock: datetime) -> str:
    """A minute on the clock; with its offset in the second of two equal hours."""
    return f"{clock:%Y-%m-%d %H:%M%:z}" if clock.fold else f"{clock:%Y-%m-%d %H:%M}"


def _clock(seconds: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(seconds=min(seconds, _LAST_S))).astimezone(zone)


def _seconds(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(seconds=1)


def _number(text: str, unit: Unit) -> int:
    if re.fullmatch("[0-9]{1,12}", text) is None:
        raise ValueError(f"write a whole number of {unit}s since the data began, such as 10")
    return int(text)


def _next_day(text: str) -> str:
    try:
        return str(date.fromisoformat(text) + timedelta(days=1))
    except OverflowError:
        raise ValueError("write a date before 9999-12-31") from None
