"""The engine of a training run: it fits boosters and searches for settings."""

import os
from collections.abc import Callable
from typing import Final, Protocol

from training.data.rows import Rows
from training.fitting.boosting import Boosted, fit_rows
from training.fitting.figures import SettingsTrial
from training.fitting.random_search import random_search
from training.fitting.settings import Settings


class Engine(Protocol):
    """Runs the expensive work of a training run, on one machine or on many."""

    def fit(self, rows: Rows, feature_set: str, settings: Settings) -> Boosted:
        """Fit a booster on rows, as `fit_rows` does."""
        ...

    def search(
        self,
        rows: Rows,
        feature_set: str,
        settings: Settings,
        *,
        trials: int,
        progress: Callable[[str], None],
    ) -> tuple[Settings, list[SettingsTrial]]:
        """Search for settings, as `random_search` does; every engine finds the same ones."""
        ...


class LocalEngine:
    """Runs on this machine: a fit uses all cores, a search runs one trial per core."""

    def fit(self, rows: Rows, feature_set: str, settings: Settings) -> Boosted:
        """Fit a booster on rows."""
        return fit_rows(rows, feature_set, settings)

    def search(
        self,
        rows: Rows,
        feature_set: str,
        settings: Settings,
        *,
        trials: int,
        progress: Callable[[str], None],
    ) -> tuple[Settings, list[SettingsTrial]]:
        """Search for settings on the cores of this machine."""
        workers = os.cpu_count() or 1
        return random_search(
            rows, feature_set, settings, trials=trials, workers=workers, progress=progress
        )


LOCAL: Final = LocalEngine()
