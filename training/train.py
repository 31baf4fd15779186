"""A training run: compare arms on later data, then fit and pack the one to publish."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from training.arm_names import AUTO, LEAKY
from training.bundling.bundle_content import manifest
from training.bundling.refit import Publication, publication
from training.data.leaky_baseline import require_leaky_columns
from training.data.rows import Data
from training.data.time_split import Split, split_by_time
from training.data.transactions import read_transactions
from training.data.unused_columns import Unused
from training.files.atomic import write_files
from training.files.tables import header
from training.fitting.fitted_model import Settings
from training.fitting.model_selection import hold_contest
from training.fitting.random_search import LOCAL, Engine, tune
from training.fitting.resampling import DEFAULT
from training.fitting.smote_ratio import choose_smote_ratio
from training.reporting.report import model_card, report
from training.reporting.run_metrics import judge
from training.scoring.model_directory import saved_model

type Progress = Callable[[str], None]

OF_A_MODEL: Final = ("model.joblib", "manifest.json", "model_card.md")
"""What must not stay of an earlier model where only metrics are written."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows that the user asked for; what is None is chosen by `split_by_time`."""

    test_days: int | None = None
    train_until: int | None = None
    test_from: int | None = None
    label_delay: int | None = None


def train(
    data: Path,
    out: Path,
    *,
    feature_set: str = "decision-time",
    settings: Settings | None = None,
    windows: Windows | None = None,
    choose_ratio: bool = True,
    trials: int | None = None,
    refit: bool = True,
    compare: bool = True,
    engine: Engine = LOCAL,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Train on a file and write the model, its metrics, its report and its card to `out`.

    Parameters
    ----------
    data : Path
        CSV or Parquet with PaySim's columns.
    out : Path
        Created if need be; a model already there is replaced.
    feature_set : str
        One of `FEATURE_SETS`, or the leaky one, of which no model is written.
    settings : Settings, optional
        Its `resampling` may be "auto" too.
    windows : Windows, optional
    choose_ratio : bool
        Choose SMOTE's ratio in time folds of the fit window, where the data is split by days.
    trials : int, optional
        Draw so many settings of SMOTE and booster at random instead, and take the best.
    refit : bool
        Fit the published model on all the data, with windows that end at its last row.
    compare : bool
        Evaluate the other feature sets and resampling arms beside it.
    engine : Engine
        Where settings are tried or, without `trials`, where the arms are fitted.
    progress : callable
        Told what is done now.

    Returns
    -------
    dict
        What ``metrics.json`` holds.
    """
    if replaced := saved_model(out):
        progress(f"{out} holds {replaced}, which this run replaces")
    progress(f"reading {data}")
    frame = read_transactions(data)
    if feature_set == LEAKY:
        require_leaky_columns(data, frame)
    unused = Unused.of(header(data), frame)
    if unused.sentence:
        progress(unused.sentence)
    columns = Data.of(frame)
    split = split_by_time(columns.steps, columns.is_fraud, **asdict(windows or Windows()))
    settings, searched = _searched(
        columns,
        split,
        feature_set,
        settings or Settings(),
        choose_ratio=choose_ratio,
        trials=trials,
        engine=engine,
        progress=progress,
    )
    if trials is None:
        settings = replace(settings, fit=engine.fit)
    contest = hold_contest(
        columns, split, feature_set, settings, compare=compare, progress=progress
    )
    metrics = judge(columns, split, contest, settings, progress=progress)
    metrics |= {"columns": unused.as_dict(), **searched}
    files: dict[str, bytes] = {}
    if feature_set != LEAKY:
        settings = replace(settings, resampling=contest.chosen.resampling)
        published = publication(
            columns, split, contest.chosen, settings, metrics, refit=refit, progress=progress
        )
        metrics |= published.as_dict()
        files = _model_files(published, metrics)
    progress("drawing the report")
    write_files(
        out,
        {"metrics.json": as_json(metrics), "report.html": report(metrics).encode(), **files},
        remove=OF_A_MODEL,
    )
    return metrics


def _searched(
    data: Data,
    split: Split,
    feature_set: str,
    settings: Settings,
    *,
    choose_ratio: bool,
    trials: int | None,
    engine: Engine,
    progress: Progress,
) -> tuple[Settings, dict[str, Any]]:
    """Settings chosen in time folds of the fit window, and what was tried for them."""
    ratios: list[dict[str, Any]] = []
    tried: list[dict[str, Any]] = []
    sampled = replace(settings, resampling=DEFAULT)
    if trials is not None:
        if settings.resampling != AUTO:
            sampled = settings
        found, tried = tune(
            data, split, feature_set, sampled, trials=trials, engine=engine, progress=progress
        )
        settings = replace(settings, smote_ratio=found.smote_ratio, booster=found.booster)
    elif choose_ratio and split.by == "days":
        ratio, ratios = choose_smote_ratio(data, split, feature_set, sampled, progress)
        settings = replace(settings, smote_ratio=ratio)
    return settings, {"smote_ratio_trials": ratios, "trials": tried}


def _model_files(published: Publication, metrics: dict[str, Any]) -> dict[str, bytes]:
    served = published.served
    return {
        "manifest.json": as_json(
            manifest(served.bundle, served.arm.feature_set, served.trained_on, metrics)
        ),
        "model_card.md": model_card(metrics).encode(),
        "model.joblib": served.bundle,
    }


def as_json(value: Any) -> bytes:
    """Plain data as indented JSON, in UTF-8 with a last newline."""
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
