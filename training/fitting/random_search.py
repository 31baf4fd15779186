"""Random search for settings of SMOTE and the booster, in time folds, by scikit-learn."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import batched
from typing import Any, Final

import numpy as np
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator
from sklearn.model_selection import ParameterSampler, RandomizedSearchCV

from training.data.encoder import Encoder, encoder_of
from training.data.rows import Rows
from training.errors import InputError
from training.fitting.boosting import fit_matrix, margins_of
from training.fitting.figures import SettingsTrial
from training.fitting.settings import Settings
from training.fitting.smote_ratio import time_folds
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision

DISTRIBUTIONS: Final[dict[str, Any]] = {
    "n_estimators": randint(100, 501),
    "max_depth": randint(3, 8),
    "learning_rate": loguniform(0.03, 0.3),
    "min_child_weight": loguniform(0.01, 10),
    "reg_lambda": loguniform(0.1, 100),
    "subsample": uniform(0.5, 0.5),
    "colsample_bytree": uniform(0.5, 0.5),
    "smote_ratio": loguniform(0.01, 1),
}
"""Search space. `smote_ratio` has no effect on methods without synthetic frauds."""


class Candidate(BaseEstimator):  # type: ignore[misc]  # scikit-learn is skipped by mypy
    """A model with settings to try; the last column of its rows is their weight.

    scikit-learn passes weights to `fit` but not to `score`, and a row that represents 170 others
    must count as many in both.
    """

    def __init__(  # noqa: PLR0917  # scikit-learn clones estimators by the names of their settings
        self,
        encoder: Encoder | None = None,
        resampling: str = "smote",
        seed: int = 0,
        smote_ratio: float = 0.1,
        n_estimators: int = 300,
        max_depth: int = 4,
        learning_rate: float = 0.1,
        min_child_weight: float = 0.1,
        reg_lambda: float = 1.0,
        subsample: float = 0.8,
        colsample_bytree: float = 0.8,
    ) -> None:
        self.encoder = encoder
        self.resampling = resampling
        self.seed = seed
        self.smote_ratio = smote_ratio
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.min_child_weight = min_child_weight
        self.reg_lambda = reg_lambda
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Candidate":
        """Resample and fit with one thread, for the same booster on every machine."""
        names = DISTRIBUTIONS.keys() - {"smote_ratio"}
        booster = {name: getattr(self, name) for name in sorted(names)}
        settings = Settings(
            resampling=self.resampling,
            smote_ratio=self.smote_ratio,
            seed=self.seed,
            booster={**booster, "n_jobs": 1},
        )
        self.booster_ = fit_matrix(X[:, :-1], y, X[:, -1], self._encoder, settings).booster
        return self

    def score(self, X: np.ndarray, y: np.ndarray) -> float:
        """Average precision on rows without resampling."""
        margins = margins_of(self.booster_, self._encoder.derive(X[:, :-1]))
        return average_precision(LabelledScores(y, margins, X[:, -1]))

    @property
    def _encoder(self) -> Encoder:
        assert self.encoder is not None  # noqa: S101  # scikit-learn wants a default
        return self.encoder


class _ReportingSearch(RandomizedSearchCV):  # type: ignore[misc]  # scikit-learn is skipped by mypy
    """The same search in batches, so that it can report progress."""

    progress: Callable[[str], None]

    def __getstate__(self) -> dict[str, Any]:
        """The state without `progress`: workers get a copy, and a terminal cannot be copied."""
        return {name: value for name, value in super().__getstate__().items() if name != "progress"}

    def _run_search(self, evaluate_candidates: Callable[[list[dict[str, Any]]], Any]) -> None:
        drawn = ParameterSampler(
            self.param_distributions, self.n_iter, random_state=self.random_state
        )
        done = 0
        for batch in batched(drawn, self.n_jobs, strict=False):
            self.progress(f"trying settings {done + 1} to {done + len(batch)} of {self.n_iter}")
            evaluate_candidates(list(batch))
            done += len(batch)


def random_search(
    rows: Rows,
    feature_set: str,
    settings: Settings,
    *,
    trials: int,
    workers: int,
    progress: Callable[[str], None],
) -> tuple[Settings, list[SettingsTrial]]:
    """Find the settings with the best mean average precision over time folds.

    Parameters
    ----------
    rows : Rows
        The rows of the fit window.
    feature_set, settings
        As of `fit_rows`; settings that are not drawn stay the same.
    trials : int
        Number of settings to draw.
    workers : int
        Number of trials at a time; it does not affect the result.
    progress : callable

    Returns
    -------
    settings : Settings
    trials : list of dict
        `settings`, mean `average_precision` and that of each of the `folds`; best first.

    Raises
    ------
    InputError
        If the frauds are too close together to be put into folds.
    """
    folds = time_folds(rows)
    if not folds:
        raise InputError("--trials: too few frauds for time folds; give more data, or no --trials")
    encoder = encoder_of(rows, feature_set)
    search = _ReportingSearch(
        Candidate(encoder, settings.resampling, settings.seed),
        DISTRIBUTIONS,
        n_iter=trials,
        cv=folds,
        refit=False,
        n_jobs=workers,
        random_state=settings.seed,
        error_score="raise",
    )
    search.progress = progress
    search.fit(np.column_stack([encoder.matrix(rows), rows.weights]), rows.is_fraud)
    tried = list(_trials(search.cv_results_, len(folds)))
    tried.sort(key=lambda trial: -float(trial["average_precision"]))
    best = dict(tried[0]["settings"])
    ratio = best.pop("smote_ratio")
    return replace(settings, smote_ratio=ratio, booster=best), tried


def _trials(results: dict[str, Any], folds: int) -> Iterator[SettingsTrial]:
    for number, drawn in enumerate(results["params"]):
        yield {
            "settings": {name: np.asarray(value).item() for name, value in drawn.items()},
            "average_precision": float(results["mean_test_score"][number]),
            "folds": [float(results[f"split{fold}_test_score"][number]) for fold in range(folds)],
        }
