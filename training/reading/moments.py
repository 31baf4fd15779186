"""The moments of a column of times, equal to those of its cells one by one. Pure."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.moment import UNIT_S, Moment, moment_of_text, zone_of
from fraud_api_lambda.domain.schema import Time, Unit

MAX_COUNT_S: Final = 100_000_000_000
"""The longest count, in seconds: 3,000 years, so that milliseconds do not pass for seconds."""

_FAULT: Final = Moment(0, -1)
_FIRST: Final = np.datetime64("1000-01-01", "s")
_LAST: Final = np.datetime64("9999-12-31T23:59:59", "s")
_LAST_IN_ALL_ZONES: Final = np.datetime64("9999-12-30", "s")


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments of a column of times.

    Attributes
    ----------
    seconds : ndarray of shape (n_rows,), int64
        As in `Moment`, or of a count, since the start of the data; 0 for a fault.
    hours : ndarray of shape (n_rows,), int64
        Hour of the day on the payer's clock, 0 to 23; 0 for a fault.
    faults : ndarray of shape (n_faults,), int64
        Positions, in ascending order, of the cells that are empty or not accepted.
    """

    seconds: np.ndarray
    hours: np.ndarray
    faults: np.ndarray


def moments_of(column: pd.Series, time: Time, timezone: str) -> Moments:
    """Read a column of times.

    Parameters
    ----------
    column : Series of shape (n_rows,)
        Texts, dates or timestamps; numbers, or texts of numbers, if `time` has a unit. A column of
        another type has faults only.
    time : Time
    timezone : str
        The zone of times without an offset: `Schema.timezone`. A timestamp with a zone of its own
        has its hour there.
    """
    if pd.api.types.is_bool_dtype(column):
        return _moments(np.zeros(len(column)), np.zeros(len(column), bool))
    if time.unit is not None:
        return _of_counts(column, time.unit)
    if pd.api.types.is_datetime64_any_dtype(column):
        if str(column.dt.tz or timezone) == "UTC":
            return _of_utc(column)
        column = _in_datetimes_range(column)
    return _of_texts(column.astype("str"), zone_of(timezone))


def _of_texts(column: pd.Series, zone: tzinfo) -> Moments:
    moments = [_moment_or_fault(text, zone) for text in column.to_list()]
    seconds = np.fromiter((moment.seconds for moment in moments), np.int64, len(moments))
    hours = np.fromiter((moment.hour for moment in moments), np.int64, len(moments))
    return Moments(seconds, np.maximum(hours, 0), np.flatnonzero(hours < 0))


def _moment_or_fault(text: object, zone: tzinfo) -> Moment:
    try:
        return moment_of_text(text, zone) if isinstance(text, str) else _FAULT
    except ValueError:
        return _FAULT


def _of_utc(column: pd.Series) -> Moments:
    times = _in_seconds(column)
    return _moments(times.astype(np.int64), (times >= _FIRST) & (times <= _LAST))


def _in_datetimes_range(column: pd.Series) -> pd.Series:
    """Drop the timestamps that have no year from 1 to 9999 in some zone: they have no text."""
    if column.dt.tz is None:
        return column
    times = _in_seconds(column)
    return column.where((times >= _FIRST) & (times <= _LAST_IN_ALL_ZONES))


def _in_seconds(column: pd.Series) -> np.ndarray:
    naive = column if column.dt.tz is None else column.dt.tz_convert(None)
    return naive.to_numpy().astype("datetime64[s]")


def _of_counts(column: pd.Series, unit: Unit) -> Moments:
    is_number = pd.api.types.is_numeric_dtype(column)
    numbers = column if is_number else pd.to_numeric(column.astype("str"), errors="coerce")
    counts = numbers.to_numpy(np.float64, na_value=np.nan)
    is_valid = (counts >= 0) & (counts <= MAX_COUNT_S // UNIT_S[unit])
    if unit is not Unit.SECOND:
        is_valid &= np.floor(counts) == counts
    whole = np.floor(counts, where=is_valid, out=np.zeros(len(counts)))
    return _moments(whole * UNIT_S[unit], is_valid)


def _moments(seconds: np.ndarray, is_valid: np.ndarray) -> Moments:
    """Moments whose hour is that of UTC; the seconds of a fault may be any number."""
    whole = np.where(is_valid, seconds, 0).astype(np.int64)
    return Moments(whole, whole // 3_600 % 24, np.flatnonzero(~is_valid))
