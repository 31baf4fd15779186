"""The steps of a time column: hours, by which data is split, shown and chosen. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import numpy as np

from fraud_api_lambda.domain.moment import UNIT_S, moment_of_text, zone_of
from fraud_api_lambda.domain.schema import Unit

HOUR_S: Final = 3_600
FIRST_STEP: Final = 24
"""The step of the first midnight of timestamps, so that `step // 24` is a day from 1."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_S: Final = 253_402_128_000
"""9999-12-30T00:00:00Z. In some zone, a day later has no date."""

_DATE_LENGTH: Final = len("2026-11-24")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The relation of a time column to steps.

    A step of timestamps is an hour since a midnight, and 24 steps are a day. They do not follow the
    clock: after it is set forward or back, a day of steps begins at 1 or at 23 o'clock.

    Attributes
    ----------
    unit : Unit or None
        The unit of a count; None for timestamps.
    origin : int
        Seconds since 1970 of the midnight, in the schema's zone, before the first timestamp; 0 for
        a count.
    timezone : str
        The schema's zone, in which times are shown and read.
    """

    unit: Unit | None
    origin: int
    timezone: str

    @classmethod
    def of(cls, seconds: np.ndarray, unit: Unit | None, timezone: str) -> "Calendar":
        """The calendar of a column's `seconds`, as in `Moments`, of at least one row."""
        if unit is not None:
            return cls(unit, 0, timezone)
        zone = zone_of(timezone)
        first_day = _clock(int(seconds.min()), zone).date()
        return cls(None, _seconds(datetime.combine(first_day, time(), zone)), timezone)

    def steps(self, seconds: np.ndarray) -> np.ndarray:
        """The step of each row, shape (n_rows,), int64."""
        before = 0 if self.unit else FIRST_STEP
        return (seconds - self.origin) // HOUR_S + before

    def shown(self, step: int) -> str:
        """A step in words: its count in the column's unit, or its beginning on the clock."""
        if self.unit is not None:
            name = "step" if self.unit is Unit.HOUR else str(self.unit)
            return f"{name} {step * HOUR_S // UNIT_S[self.unit]}"
        local = _clock(self.origin + (step - FIRST_STEP) * HOUR_S, zone_of(self.timezone))
        return f"{local:%Y-%m-%d %H:%M%:z}" if local.fold else f"{local:%Y-%m-%d %H:%M}"

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

    def _step_at(self, seconds: int) -> int:
        return int(self.steps(np.asarray(seconds)))


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
