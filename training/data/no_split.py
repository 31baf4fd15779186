"""Errors for data that cannot be split in time as requested, with options that work."""

import shlex
from typing import Final

import numpy as np

from training.data.timeline import NoCutError, Timeline
from training.errors import InputError
from training.reading.calendar import Calendar

MIN_FRAUDS: Final = 10
MIN_WINDOWS: Final = 3
"""Fit, threshold and test."""

LEAVE_OUT: Final = (
    "leave out --test-days, --train-until, --test-from and --label-delay, "
    "so that the data is split by hours"
)


def require_enough(timeline: Timeline) -> None:
    """Raise `InputError` for too few frauds, or frauds in too few hours."""
    try:
        timeline.earliest_end(timeline.first, windows=MIN_WINDOWS)
        enough = len(timeline.frauds) >= MIN_FRAUDS
    except NoCutError:
        enough = False
    if not enough:
        raise InputError(
            f"too few to fit, to choose the threshold and to test: {_frauds(timeline)}; give at "
            f"least {MIN_FRAUDS} frauds, and three hours with a fraud and a genuine row in each"
        )


def options_refused(
    timeline: Timeline, calendar: Calendar, train_until: int, test_from: int, *, windows: int
) -> InputError:
    """The error for bounds that leave a window without a fraud or without a genuine row.

    Parameters
    ----------
    timeline : Timeline
    calendar : Calendar
        Writes the steps.
    train_until, test_from : int
        Last step to train on, first to test on.
    windows : int
        Number of windows before the test.
    """
    why = _why(timeline, calendar, train_until, test_from)
    try:
        gap = min(max(test_from - train_until - 1, 0), timeline.longest_gap(windows=windows))
        until, since = timeline.nearest_bounds(test_from, gap, windows=windows)
    except NoCutError:
        return InputError(f"{why}; {LEAVE_OUT}")
    options = ("--train-until", calendar.until(until), "--test-from", calendar.since(since))
    return InputError(f"{why}; choose {shlex.join(options)}")


def delay_refused(timeline: Timeline, label_delay: int, *, windows: int) -> InputError:
    """The error for a label delay that leaves too little to train or to test on."""
    hours = _counted(label_delay, "hour")
    why = f"a label delay of {hours} leaves too few frauds to train and to test on"
    try:
        return InputError(
            f"{why}; choose --label-delay {timeline.longest_gap(windows=windows)} or less"
        )
    except NoCutError:
        return InputError(f"{why}; {LEAVE_OUT}")


def _why(timeline: Timeline, calendar: Calendar, train_until: int, test_from: int) -> str:
    first, last = timeline.first, timeline.last
    if not first <= train_until < test_from <= last:
        return (
            f"training until {calendar.named_until(train_until)} and testing from "
            f"{calendar.named_since(test_from)} does not fit data of "
            f"{calendar.period(first, last)}"
        )
    for name, kind in (("fraud", timeline.frauds), ("genuine row", timeline.genuine)):
        if kind.size == 0 or kind[-1] < test_from:
            return f"the test window ({calendar.period(test_from, last)}) holds no {name}"
    return (
        f"the training window ({calendar.period(first, train_until)}) is too short to fit, "
        f"to calibrate and to choose the threshold: {_frauds(timeline.until(train_until))}"
    )


def _frauds(timeline: Timeline) -> str:
    hours = np.unique(timeline.frauds)
    shared = np.intersect1d(hours, timeline.genuine).size
    return (
        f"{_counted(len(timeline.frauds), 'fraud')} in {_counted(len(hours), 'hour')} "
        f"({shared:,} of them with genuine rows too)"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
