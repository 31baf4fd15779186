"""The payments of the simulated weeks, and those before."""

import time
from typing import Final

import pandas as pd

from benchmarks.month.people import DAY_S
from training.simulator.cards.simulate import simulate

BEFORE_DAYS: Final = 30
WEEK_S: Final = 7 * DAY_S
WEEKS: Final = 5
NEW_KINDS: Final = ("take-over", "card-testing", "dormant-card")
"""Kinds of fraud that begin with the month."""


def record(rows: int, seed: int) -> pd.DataFrame:
    """Payments of 65 days in order of time, of which the last 35 are the month.

    They are moved by whole weeks, so that they end in the week before this one.
    """
    days = BEFORE_DAYS + 7 * WEEKS
    frame = simulate(round(rows * days / (7 * WEEKS)), seed, days=days)
    newest = pd.to_datetime(frame["time"]).max()
    weeks = (pd.Timestamp(time.time(), unit="s") - newest) // pd.Timedelta(weeks=1)
    for column in ("time", "reported_at"):
        moved = pd.to_datetime(frame[column]) + weeks * pd.Timedelta(weeks=1)
        frame[column] = moved.dt.strftime("%Y-%m-%dT%H:%M:%S").where(moved.notna())
    return frame


def split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The payments before the month, without the new kinds of fraud, and those of the month."""
    seconds = pd.to_datetime(frame["time"])
    begins = seconds.min().normalize() + pd.Timedelta(days=BEFORE_DAYS)
    before, month = frame[seconds < begins], frame[seconds >= begins]
    return before[~before["typology"].isin(NEW_KINDS)], month.reset_index(drop=True)
