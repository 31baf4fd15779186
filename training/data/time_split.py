"""Time split: fit, calibrate, threshold, a gap while labels arrive, test. Never random rows."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final, TypedDict

import numpy as np

from training.data.no_split import delay_refused, options_refused, require_enough
from training.data.timeline import NoCutError, Timeline
from training.errors import InputError
from training.reading.calendar import STEPS, Calendar

FIT_SHARE: Final = 0.70
CALIBRATE_SHARE: Final = 0.15
"""Shares of the training frauds, to the nearest day; the threshold window gets the rest."""

HOURS_FIT_SHARE: Final = 0.60
HOURS_THRESHOLD_SHARE: Final = 0.20

MIN_FRAUDS_FOR_DAYS: Final = 60
MIN_STEPS_FOR_DAYS: Final = 72
DEFAULT_TEST_SHARE: Final = 0.2
DEFAULT_LABEL_DELAY: Final = 24

WINDOWS_BEFORE_TEST: Final = 3
"""Fit, calibrate and threshold, for data that is split by days."""


class WindowSteps(TypedDict):
    """A `Window` as plain data: its steps, the same as options take them, and in words."""

    start: int
    end: int
    since: str
    until: str
    shown: str


@dataclass(frozen=True, slots=True)
class Window:
    """Steps `start` to `end`, both included."""

    start: int
    end: int

    def holds(self, steps: np.ndarray) -> np.ndarray:
        """Mask of the `steps` inside the window, shape (n_transactions,), bool."""
        return (steps >= self.start) & (steps <= self.end)

    def overlaps(self, other: "Window") -> bool:
        """Whether the windows have a step in common."""
        return self.start <= other.end and self.end >= other.start

    def shown(self, calendar: Calendar) -> str:
        """The window in words."""
        return calendar.period(self.start, self.end)

    def as_dict(self, calendar: Calendar) -> WindowSteps:
        """The window as plain data."""
        return {
            "start": self.start,
            "end": self.end,
            "since": calendar.since(self.start),
            "until": calendar.until(self.end),
            "shown": self.shown(calendar),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The windows of one training run, in time order.

    Attributes
    ----------
    by : {"days", "hours"}
        "hours" if the data is too short for days: then without a gap and without calibration.
    calibrate : Window or None
    gap_hours : int
        Steps between training and test, whose labels would not be known yet.
    """

    by: str
    fit: Window
    calibrate: Window | None
    threshold: Window
    gap_hours: int
    test: Window

    @property
    def trained(self) -> Window:
        """The window of all rows that the model, its calibration or its threshold was fitted on."""
        return Window(self.fit.start, self.threshold.end)

    def as_dict(self) -> dict[str, Any]:
        """The windows as plain data."""
        return asdict(self)


def trained_window(trained_on: dict[str, Any]) -> Window:
    """The training window of a published model, from its bundle's `trained_on`."""
    windows = trained_on["windows"]
    return Window(windows["fit"]["start"], windows["threshold"]["end"])


def split_by_time(
    steps: np.ndarray,
    is_fraud: np.ndarray,
    *,
    test_days: int | None = None,
    train_until: int | None = None,
    test_from: int | None = None,
    label_delay: int | None = None,
    usual_delay: int = DEFAULT_LABEL_DELAY,
    calendar: Calendar = STEPS,
) -> Split:
    """Choose windows that all hold a fraud and a genuine row.

    Without options, windows end at the nearest hours that allow this. Short data, or data with few
    frauds, is split by hours, without calibration and without a gap.

    Parameters
    ----------
    steps : ndarray of shape (n_transactions,), int
    is_fraud : ndarray of shape (n_transactions,), bool
    test_days : int, optional
        Length of the test window, at the end of the data. Default: a fifth of the days.
    train_until, test_from : int, optional
        Last training step and first test step; one follows from the other and `label_delay`.
    label_delay : int, optional
        Hours until the label of a fraud is known. Default: `usual_delay`, or none for short data.
    usual_delay : int
    calendar : Calendar
        Writes the steps in messages.

    Raises
    ------
    InputError
        If there are too few frauds, or the options leave a window without a fraud or without a
        genuine row.
    """
    timeline = Timeline.of(steps, is_fraud)
    require_enough(timeline)
    if test_days is not None and (train_until is not None or test_from is not None):
        raise InputError("give either --test-days or --train-until and --test-from, not both")
    if test_days is None and train_until is None and test_from is None:
        return _default(timeline, label_delay, usual_delay)
    delay = usual_delay if label_delay is None else label_delay
    if test_days is not None:
        test_from = timeline.last + 1 - 24 * test_days
    if train_until is None:
        train_until = (test_from or 0) - 1 - delay
    if test_from is None:
        test_from = train_until + 1 + delay
    try:
        return _by_days(timeline, train_until, test_from)
    except NoCutError:
        raise options_refused(
            timeline, calendar, train_until, test_from, windows=WINDOWS_BEFORE_TEST
        ) from None


def until_the_end(split: Split, steps: np.ndarray, is_fraud: np.ndarray) -> Split:
    """The windows of a refit: the same shares of all the data, and no test window."""
    timeline = Timeline.of(steps, is_fraud)
    after = Window(timeline.last + 1, timeline.last + 1)
    if split.by == "days":
        fit, calibrate, threshold = _windows(
            timeline, _day_cuts(timeline, timeline.last), timeline.last
        )
        return replace(split, fit=fit, calibrate=calibrate, threshold=threshold, test=after)
    wanted = timeline.step_at_fraud_share(1 - HOURS_THRESHOLD_SHARE)
    fit, threshold = _windows(timeline, [wanted], timeline.last)
    return replace(split, fit=fit, threshold=threshold, test=after)


def _default(timeline: Timeline, label_delay: int | None, usual_delay: int) -> Split:
    """Split by days if the data allows it or a label delay is given; otherwise by hours."""
    length = timeline.last - timeline.first + 1
    short = length < MIN_STEPS_FOR_DAYS or len(timeline.frauds) < MIN_FRAUDS_FOR_DAYS
    if label_delay is None and short:
        return _by_hours(timeline)
    test_from = timeline.last + 1 - 24 * max(1, round(length / 24 * DEFAULT_TEST_SHARE))
    gap = usual_delay if label_delay is None else label_delay
    try:
        bounds = timeline.nearest_bounds(test_from, gap, windows=WINDOWS_BEFORE_TEST)
        return _by_days(timeline, *bounds)
    except NoCutError:
        if label_delay is None:
            return _by_hours(timeline)
        raise delay_refused(timeline, label_delay, windows=WINDOWS_BEFORE_TEST) from None


def _by_days(timeline: Timeline, train_until: int, test_from: int) -> Split:
    earliest = timeline.earliest_end(timeline.first, windows=WINDOWS_BEFORE_TEST)
    if not earliest <= train_until < test_from <= timeline.latest_start(timeline.last):
        raise NoCutError
    known = timeline.until(train_until)
    fit, calibrate, threshold = _windows(known, _day_cuts(known, train_until), train_until)
    return Split(
        by="days",
        fit=fit,
        calibrate=calibrate,
        threshold=threshold,
        gap_hours=test_from - train_until - 1,
        test=Window(test_from, timeline.last),
    )


def _by_hours(timeline: Timeline) -> Split:
    shares = (HOURS_FIT_SHARE, HOURS_FIT_SHARE + HOURS_THRESHOLD_SHARE)
    wanted = [timeline.step_at_fraud_share(share) for share in shares]
    fit, threshold, test = _windows(timeline, wanted, timeline.last)
    return Split(by="hours", fit=fit, calibrate=None, threshold=threshold, gap_hours=0, test=test)


def _windows(timeline: Timeline, wanted: list[int], end: int) -> list[Window]:
    """Consecutive windows up to `end`, cut as near to `wanted` as possible."""
    cuts = timeline.nearest_cuts(wanted)
    starts = [timeline.first, *(cut + 1 for cut in cuts)]
    return [Window(*bounds) for bounds in zip(starts, [*cuts, end], strict=True)]


def _day_cuts(timeline: Timeline, end: int) -> list[int]:
    """Cuts that give calibration and threshold whole days, if there are enough.

    Genuine payments follow the hours of the day and frauds may not, so the fraud rate of a window
    depends on its share of night hours. Windows of whole days are comparable.
    """
    fit_until, calibrate_until = (
        timeline.step_at_fraud_share(share) for share in (FIT_SHARE, FIT_SHARE + CALIBRATE_SHARE)
    )
    frauds = timeline.frauds
    calibrate_end = end - _days_with_fraud(frauds, calibrate_until, end)
    fit_end = calibrate_end - _days_with_fraud(frauds, fit_until, calibrate_end)
    if fit_end >= frauds[0] + 24:  # else too short for whole days
        return [fit_end, calibrate_end]
    return [fit_until, calibrate_until]


def _days_with_fraud(fraud_steps: np.ndarray, start: int, end: int) -> int:
    """The hours of a window of whole days up to `end`.

    It is about as long as from `start` to `end`, and long enough to hold a fraud.
    """
    hours = max(24, 24 * round((end - start) / 24))
    before_end = fraud_steps[fraud_steps <= end]
    if not before_end.size:
        return hours
    return max(hours, 24 * -(-int(end - before_end.max() + 1) // 24))
