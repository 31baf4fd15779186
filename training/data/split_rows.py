"""The rows of every window of a time split."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from training.data.rows import Rows
from training.data.time_split import DEFAULT_LABEL_DELAY, Split, split_by_time, until_the_end
from training.reading.calendar import HOUR_S


@dataclass(frozen=True)
class SplitRows:
    """Rows and the windows they are split into.

    The rows of the short windows are selected once and kept. Those of `fit` and `trained` are most
    of the data, so they are selected at every call and live only as long as their user.

    Attributes
    ----------
    all : Rows
    split : Split
    """

    all: Rows
    split: Split

    @property
    def fit(self) -> Rows:
        """The rows to fit boosters on."""
        return self.all.within(self.split.fit)

    @cached_property
    def calibrate(self) -> Rows | None:
        """The rows to fit calibrations on, besides those of `threshold`; None without one."""
        window = self.split.calibrate
        return None if window is None else self.all.within(window)

    @cached_property
    def threshold(self) -> Rows:
        """The rows to choose the threshold and the policy on."""
        return self.all.within(self.split.threshold)

    @property
    def trained(self) -> Rows:
        """The rows of all the windows above."""
        return self.all.within(self.split.trained)

    @cached_property
    def test(self) -> Rows:
        """The rows to evaluate models on."""
        return self.all.within(self.split.test)

    @classmethod
    def by_time(cls, rows: Rows, **options: int | None) -> "SplitRows":
        """Split rows by `split_by_time`, with its options and the schema's times."""
        schema = rows.dataset.schema
        return cls(
            rows,
            split_by_time(
                rows.steps,
                rows.is_fraud,
                usual_delay=ceil(schema.label_delay_s / HOUR_S) or DEFAULT_LABEL_DELAY,
                calendar=rows.dataset.calendar,
                **options,
            ),
        )

    def until_the_end(self) -> "SplitRows":
        """The same rows in the windows of a refit, which end at the last row."""
        rows = self.all
        return SplitRows(rows, until_the_end(self.split, rows.steps, rows.is_fraud))
