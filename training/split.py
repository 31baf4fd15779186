"""Time windows: fit, calibrate, threshold, a gap while labels arrive, test. Never random rows."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from training.errors import InputError

FIT_SHARE: Final = 0.70
CALIBRATE_SHARE: Final = 0.15
"""Shares of the training frauds, to the nearest day; the threshold's window gets the rest."""

HOURS_FIT_SHARE: Final = 0.60
HOURS_THRESHOLD_SHARE: Final = 0.20

MIN_FRAUDS_FOR_DAYS: Final = 60
MIN_STEPS_FOR_DAYS: Final = 72
DEFAULT_TEST_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Window:
    """Steps `start` to `end`, both included."""

    start: int
    end: int

    def holds(self, steps: np.ndarray) -> np.ndarray:
        """Which of `steps` lie in the window, shape (n_transactions,), bool."""
        return (steps >= self.start) & (steps <= self.end)

    def overlaps(self, other: "Window") -> bool:
        """Whether a step lies in both."""
        return self.start <= other.end and self.end >= other.start

    def __str__(self) -> str:
        return f"steps {self.start} to {self.end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The windows of one training run, in time order.

    Attributes
    ----------
    by : {"days", "hours"}
        "hours" where the data is too short for days: then without gap and calibration.
    calibrate : Window or None
    gap_hours : int
        Steps between training and test, left out because their labels would not be known yet.
    """

    by: str
    fit: Window
    calibrate: Window | None
    threshold: Window
    gap_hours: int
    test: Window

    @property
    def trained(self) -> Window:
        """Everything that the model, its calibration and its threshold saw."""
        return Window(self.fit.start, self.threshold.end)

    def as_dict(self) -> dict[str, Any]:
        """The windows as plain data."""
        return asdict(self)


def trained_window(trained_on: dict[str, Any]) -> Window:
    """Everything that a published model saw, by the `trained_on` of its bundle."""
    windows = trained_on["windows"]
    return Window(windows["fit"]["start"], windows["threshold"]["end"])


def split_by_time(
    steps: np.ndarray,
    is_fraud: np.ndarray,
    *,
    test_days: int | None = None,
    train_until: int | None = None,
    test_from: int | None = None,
    label_delay: int = 24,
) -> Split:
    """The windows for data whose rows happened at `steps`.

    Parameters
    ----------
    steps : ndarray of shape (n_transactions,), int
    is_fraud : ndarray of shape (n_transactions,), bool
    test_days : int, optional
        Length of the test window, the last days of the data. Default: a fifth of them.
    train_until, test_from : int, optional
        Last step to train on and first to test on; one follows from the other and `label_delay`.
    label_delay : int
        Hours until a fraud is known to be one.

    Raises
    ------
    InputError
        If the data has one step only, or a window would hold no fraud or no genuine row.
    """
    first, last = int(steps.min()), int(steps.max())
    if first == last:
        raise InputError(
            f"the data holds step {first} only; give at least three hours: "
            "to fit, to choose the threshold and to test"
        )
    given = test_days is not None or train_until is not None or test_from is not None
    too_short = last - first + 1 < MIN_STEPS_FOR_DAYS or is_fraud.sum() < MIN_FRAUDS_FOR_DAYS
    if too_short and not given:
        split = _by_hours(steps, is_fraud)
    else:
        train_until, test_from = _bounds(
            first,
            last,
            test_days=test_days,
            train_until=train_until,
            test_from=test_from,
            label_delay=label_delay,
        )
        split = _by_days(steps, is_fraud, train_until, test_from)
    for name in ("fit", "calibrate", "threshold", "test"):
        _require_both_classes(name, getattr(split, name), steps, is_fraud)
    return split


def until_the_end(split: Split, steps: np.ndarray, is_fraud: np.ndarray) -> Split:
    """The windows of the published model: the same shares of all the data, with no test."""
    end = int(steps.max())
    if split.by == "days":
        windows: dict[str, Any] = _windows_by_days(steps, is_fraud, end)
    else:
        fit_until = step_at_fraud_share(steps, is_fraud, 1 - HOURS_THRESHOLD_SHARE)
        windows = {
            "fit": Window(int(steps.min()), fit_until),
            "calibrate": None,
            "threshold": Window(fit_until + 1, end),
        }
    after = Window(end + 1, end + 1)
    return Split(by=split.by, **windows, gap_hours=split.gap_hours, test=after)


def _bounds(
    first: int,
    last: int,
    *,
    test_days: int | None,
    train_until: int | None,
    test_from: int | None,
    label_delay: int,
) -> tuple[int, int]:
    """The last step to train on and the first to test on."""
    if test_days is not None and (train_until is not None or test_from is not None):
        raise InputError("give either --test-days or --train-until and --test-from, not both")
    if train_until is None and test_from is None:
        days = test_days or max(1, round((last - first + 1) / 24 * DEFAULT_TEST_SHARE))
        test_from = last + 1 - 24 * days
    if train_until is None:
        assert test_from is not None  # noqa: S101  # for the type checker: set just above
        train_until = test_from - 1 - label_delay
    if test_from is None:
        test_from = train_until + 1 + label_delay
    if not first < train_until < test_from <= last:
        raise InputError(
            f"training until step {train_until} and testing from step {test_from} does not fit "
            f"data of steps {first} to {last}; choose other windows or give more data"
        )
    return train_until, test_from


def _by_days(steps: np.ndarray, is_fraud: np.ndarray, train_until: int, test_from: int) -> Split:
    in_training = steps <= train_until
    known, frauds = steps[in_training], is_fraud[in_training]
    if not frauds.any():
        raise InputError(f"no fraud until step {train_until}; train on a longer stretch")
    return Split(
        by="days",
        **_windows_by_days(known, frauds, train_until),
        gap_hours=test_from - train_until - 1,
        test=Window(test_from, int(steps.max())),
    )


def _windows_by_days(steps: np.ndarray, is_fraud: np.ndarray, end: int) -> dict[str, Window]:
    """Windows up to `end` of which the later two are whole days, where there are enough.

    Payments keep hours and frauds may not: a window of a day and a night, or of two days and one
    night, has another fraud rate than the days that it should speak for.
    """
    fit_until, calibrate_until = (
        step_at_fraud_share(steps, is_fraud, share)
        for share in (FIT_SHARE, FIT_SHARE + CALIBRATE_SHARE)
    )
    fraud_steps = steps[is_fraud]
    calibrate_end = end - _days_with_fraud(fraud_steps, calibrate_until, end)
    fit_end = calibrate_end - _days_with_fraud(fraud_steps, fit_until, calibrate_end)
    if fit_end >= fraud_steps.min() + 24:  # else too short for whole days
        fit_until, calibrate_until = fit_end, calibrate_end
    return {
        "fit": Window(int(steps.min()), fit_until),
        "calibrate": Window(fit_until + 1, calibrate_until),
        "threshold": Window(calibrate_until + 1, end),
    }


def _days_with_fraud(fraud_steps: np.ndarray, start: int, end: int) -> int:
    """Hours of the whole days nearest to `start` to `end`, and as many more as hold a fraud."""
    hours = max(24, 24 * round((end - start) / 24))
    before_end = fraud_steps[fraud_steps <= end]
    if not before_end.size:
        return hours
    return max(hours, 24 * -(-int(end - before_end.max() + 1) // 24))


def _by_hours(steps: np.ndarray, is_fraud: np.ndarray) -> Split:
    fit_until = step_at_fraud_share(steps, is_fraud, HOURS_FIT_SHARE)
    threshold_until = step_at_fraud_share(steps, is_fraud, HOURS_FIT_SHARE + HOURS_THRESHOLD_SHARE)
    return Split(
        by="hours",
        fit=Window(int(steps.min()), fit_until),
        calibrate=None,
        threshold=Window(fit_until + 1, threshold_until),
        gap_hours=0,
        test=Window(threshold_until + 1, int(steps.max())),
    )


def step_at_fraud_share(steps: np.ndarray, is_fraud: np.ndarray, share: float) -> int:
    """The step by which `share` of the frauds have happened."""
    fraud_steps = np.sort(steps[is_fraud])
    return int(fraud_steps[min(int(share * len(fraud_steps)), len(fraud_steps) - 1)])


def _require_both_classes(
    name: str, window: Window | None, steps: np.ndarray, is_fraud: np.ndarray
) -> None:
    if window is None:
        return
    inside = is_fraud[window.holds(steps)]
    for missing, present in (("fraud", inside.any()), ("genuine row", (~inside).any())):
        if not present:
            raise InputError(
                f"the {name} window ({window}) holds no {missing}; "
                "give more data or other windows (--test-days, --train-until, --test-from)"
            )
