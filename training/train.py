"""A training run: select a model on later data, then fit and package it."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, Final

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import HISTORY
from training.bundling.bundle_content import manifest
from training.bundling.bundled_model import Pair
from training.bundling.refit import Publication, publication
from training.data.leaky_baseline import require_leaky_columns
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.files.atomic import write_files
from training.files.tables import header
from training.fitting.engine import LOCAL, Engine
from training.fitting.figures import RatioTrial, SettingsTrial
from training.fitting.model_selection import distinct_sets, select_model
from training.fitting.resampling import DEFAULT
from training.fitting.settings import Settings
from training.fitting.smote_ratio import RATIOS, choose_smote_ratio
from training.histories.feature_sets import (
    chosen_feature_set,
    require_use,
    rows_with_histories,
    schema_to_train,
)
from training.histories.stored import as_stored, how_followed, is_exported
from training.option_values import AUTO, LEAKY, RESAMPLING
from training.reading.dataset import read_dataset
from training.reading.unused_columns import Unused
from training.reporting.report import model_card, report
from training.reporting.run_metrics import run_metrics
from training.reporting.schema import RunMetrics, SearchFigures
from training.reporting.verdict import with_verdict
from training.schemas.built_in import built_in
from training.scoring.model_directory import saved_model

type Progress = Callable[[str], None]

REPORT: Final = "report.html"

MODEL_FILES: Final = ("model.joblib", "manifest.json", "model_card.md")
"""Files of an earlier model to remove when a run writes metrics only."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows that the user asked for; `split_by_time` chooses those that are None."""

    test_days: int | None = None
    train_until: int | None = None
    test_from: int | None = None
    label_delay: int | None = None


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The options of ``fraud train``, all but the files and the engine.

    Attributes
    ----------
    schema : Schema
        The columns of the file.
    feature_set : str or None
        One of `FEATURE_SETS`, or the leaky baseline, which gives metrics but no model. None for
        the account histories if the data has them.
    settings : Settings
        Its `resampling` may be "auto" too.
    windows : Windows
    choose_ratio : bool
        Choose SMOTE's ratio in time folds of the fit window, where the data is split by days.
    trials : int, optional
        Run a random search of this many trials instead.
    refit : bool
        Fit the published model on all the data, with windows that end at its last row.
    compare : bool
        Evaluate the other feature sets and resampling methods too.
    """

    schema: Schema = field(default_factory=partial(built_in, "paysim"))
    feature_set: str | None = None
    settings: Settings = field(default_factory=Settings)
    windows: Windows = field(default_factory=Windows)
    choose_ratio: bool = True
    trials: int | None = None
    refit: bool = True
    compare: bool = True

    @property
    def steps(self) -> int:
        """The approximate number of steps of the run, for the estimate of its time."""
        asked, leaky = self.settings.resampling, self.feature_set == LEAKY
        searched = len(RATIOS) if self.choose_ratio else 0
        if self.trials is not None:
            searched = ceil(self.trials / (os.cpu_count() or 1))
        methods = len(RESAMPLING) if (self.compare or asked == AUTO) and not leaky else 1
        others = self._others if self.compare else 0
        reading, evaluation, report = 1, 2, 1
        return reading + searched + methods + others + evaluation + self.refit + report

    @property
    def _others(self) -> int:
        """The fits of other feature sets; the leaky baseline is fitted twice."""
        asked = self.feature_set or HISTORY
        histories = tuple(accounts_of(self.schema)) if asked == HISTORY else ()
        others = len(distinct_sets(self.schema, asked, histories)) - 1
        return others + 2 if self.schema.roles.after else others


def train(
    data: Path,
    out: Path,
    options: TrainOptions | None = None,
    *,
    history_from: Path | None = None,
    engine: Engine = LOCAL,
    progress: Progress = lambda _: None,
) -> RunMetrics:
    """Train on a file and write the model, its metrics, its report and its card to `out`.

    Parameters
    ----------
    data : Path
        CSV or Parquet with PaySim's columns.
    out : Path
        Created if need be; a model already there is replaced.
    options : TrainOptions, optional
    history_from : Path, optional
        A file of earlier payments, which only fill the account histories.
    engine : Engine
        Runs the random search or, without `trials`, the fits.
    progress : callable
        Called with the name of each step as it begins.

    Returns
    -------
    RunMetrics
        The content of ``metrics.json``.
    """
    options = options or TrainOptions()
    schema = schema_to_train(data, options.schema, options.windows.label_delay)
    if replaced := saved_model(out):
        progress(f"{out} holds {replaced}, which this run replaces")
    progress(f"reading {data}")
    dataset = read_dataset(data, schema)
    if options.feature_set == LEAKY:
        require_leaky_columns(data, dataset)
    unused = Unused.of(header(data), dataset.frame, options.schema.roles)
    if unused.sentence:
        progress(unused.sentence)
    whole = Rows.of(dataset)
    feature_set = chosen_feature_set(data, as_stored(whole, data), options.feature_set)
    require_use(history_from, feature_set)
    if feature_set == HISTORY:
        progress(how_followed(data))
        whole = rows_with_histories(data, whole, history_from)
    rows = SplitRows.by_time(whole, **asdict(options.windows))
    settings, searched = _searched(rows, feature_set, options, engine, progress)
    if options.trials is not None:
        engine = LOCAL  # the same fits, and so the same model, whichever engine ran the search
    selection = select_model(
        rows,
        feature_set,
        settings,
        compare=options.compare,
        engine=engine,
        progress=progress,
    )
    metrics = run_metrics(
        rows,
        selection,
        settings,
        file=data.name,
        columns=unused.as_dict(),
        searched=searched,
        progress=progress,
    )
    files: dict[str, bytes] = {}
    if feature_set != LEAKY:
        settings = replace(settings, resampling=selection.chosen.resampling)
        published = publication(
            rows,
            Pair(selection.chosen, selection.without_history),
            settings,
            metrics,
            refit=options.refit,
            has_all=not is_exported(data),
            engine=engine,
            progress=progress,
        )
        metrics = with_verdict({**metrics, **published.as_dict()})
        files = _model_files(published, metrics)
    progress("drawing the report")
    write_files(
        out,
        {"metrics.json": as_json(metrics), REPORT: report(metrics).encode(), **files},
        remove=MODEL_FILES,
    )
    return metrics


def _searched(
    rows: SplitRows,
    feature_set: str,
    options: TrainOptions,
    engine: Engine,
    progress: Progress,
) -> tuple[Settings, SearchFigures]:
    """The settings chosen in time folds of the fit window, and every candidate's figures."""
    settings = options.settings
    ratios: list[RatioTrial] = []
    trials: list[SettingsTrial] = []
    sampled = replace(settings, resampling=DEFAULT)
    if options.trials is not None:
        if settings.resampling != AUTO:
            sampled = settings
        best, trials = engine.search(
            rows.fit, feature_set, sampled, trials=options.trials, progress=progress
        )
        settings = replace(settings, smote_ratio=best.smote_ratio, booster=best.booster)
    elif options.choose_ratio and rows.split.by == "days":
        ratio, ratios = choose_smote_ratio(rows.fit, feature_set, sampled, progress)
        settings = replace(settings, smote_ratio=ratio)
    return settings, {"smote_ratio_trials": ratios, "trials": trials}


def _model_files(published: Publication, metrics: RunMetrics) -> dict[str, bytes]:
    served = published.served
    return {
        "manifest.json": as_json(
            manifest(served.bundle, served.fitted.first.feature_set, served.trained_on, metrics)
        ),
        "model_card.md": model_card(metrics).encode(),
        "model.joblib": served.bundle,
    }


def as_json(value: Any) -> bytes:
    """Encode plain data as indented JSON in UTF-8, with a final newline."""
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
