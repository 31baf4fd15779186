"""The metrics of a training run, as ``metrics.json`` holds them."""

from collections.abc import Callable
from typing import Final

from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import WITHOUT_HISTORY
from training.analysis.findings import Finding, note, warning
from training.analysis.golden_features import LeakFigures, leak_figures, leak_findings
from training.analysis.history_gain import HistoryFigures, history_figures
from training.analysis.random_split import random_split_figures
from training.analysis.shap_values import attributions
from training.analysis.shortcuts import shortcuts
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.data.time_split import Window
from training.fitting.model_selection import ModelSelection, distinct_sets
from training.fitting.pipeline import booster_of
from training.fitting.resampling_comparison import (
    best_resampling,
    comparisons_in,
    verdict,
)
from training.fitting.settings import Settings
from training.metrics.evaluation import row_counts
from training.option_values import LEAKY
from training.reading.dataset import Dataset
from training.reading.unused_columns import UnusedColumns
from training.reporting.libraries import libraries
from training.reporting.schema import (
    DataFigures,
    ResamplingFigures,
    RunMetrics,
    SchemaFigures,
    SearchFigures,
    SplitFigures,
    WindowRows,
    policy_numbers,
)
from training.reporting.verdict import with_verdict
from training.scoring.window_figures import ModelFigures, model_figures

SPLIT_BY_HOURS: Final = warning(
    "split-by-hours",
    "Too little data for days",
    "split by hours, without a gap for late labels and without calibration. Read the figures as a "
    "smoke test.",
)

NOT_CALIBRATED: Final = warning(
    "not-calibrated",
    "Not calibrated",
    "too few frauds in the calibration window, or scores that run against the labels there. Do "
    "not read the probabilities as such; give more data.",
)


def run_metrics(
    rows: SplitRows,
    selection: ModelSelection,
    settings: Settings,
    *,
    file: str,
    columns: UnusedColumns,
    searched: SearchFigures,
    progress: Callable[[str], None],
) -> RunMetrics:
    """Evaluate every model on the test window, and collect the findings of the run."""
    progress("evaluating on the test window")
    chosen, seed = selection.chosen, settings.seed
    figures = _figures_by_model(selection, rows.test, seed)
    progress("looking for leaks")
    leaks = leak_figures(chosen, rows)
    history = _history(rows.test, selection, seed)
    resampling = _resampling_figures(rows.test, selection, settings, figures)
    random_split = None
    if LEAKY in selection.by_feature_set:
        progress(f"fitting {LEAKY} on random rows")
        random_split = random_split_figures(rows.all, settings)
    metrics: RunMetrics = {
        "feature_set": chosen.feature_set,
        "schema": _schema_figures(rows.all.dataset),
        "data": _data_figures(rows.all, file),
        "split": _split_figures(rows),
        "settings": {
            "resampling": chosen.resampling,
            "smote_ratio": settings.smote_ratio,
            "goal": str(settings.goal),
            "seed": seed,
            "given_costs": sorted(settings.policy.keys() - {"currency"}),
        },
        "findings": _findings(rows, selection, leaks, resampling["verdict"], history),
        "arms": {name: figures[name, chosen.resampling] for name in selection.by_feature_set},
        "resampling": resampling,
        "random_split": random_split,
        "policy": policy_numbers(chosen.policy),
        "leaks": leaks,
        "attributions": attributions(chosen, rows.test, seed=seed),
        "history": history,
        "booster": booster_of(
            rows.all.dataset.schema, has_histories=chosen.boosted.encoder.has_histories
        )
        | settings.booster,
        "libraries": libraries(),
        "columns": columns,
        "smote_ratio_trials": searched["smote_ratio_trials"],
        "trials": searched["trials"],
    }
    return with_verdict(metrics)


def _figures_by_model(
    selection: ModelSelection, test: Rows, seed: int
) -> dict[tuple[str, str], ModelFigures]:
    """The figures by feature set and resampling: the chosen model's once, though it is in both."""
    fitted = (*selection.by_feature_set.values(), *selection.by_resampling.values())
    models = {(model.feature_set, model.resampling): model for model in fitted}
    return {names: model_figures(model, test, seed) for names, model in models.items()}


def _history(test: Rows, selection: ModelSelection, seed: int) -> HistoryFigures | None:
    second = selection.without_history
    return None if second is None else history_figures(selection.chosen, second, test, seed=seed)


def _schema_figures(dataset: Dataset) -> SchemaFigures:
    schema = dataset.schema
    group = schema.peer_group
    return {
        "name": schema.name,
        "time_unit": dataset.calendar.unit_name,
        "timezone": schema.timezone,
        "peer_group": None if group is None else schema.attributes[group].words,
        "has_balance": schema.roles.balance is not None,
        "has_hours": schema.roles.time.has_hours,
        "after": list(schema.roles.after),
    }


def _data_figures(rows: Rows, file: str) -> DataFigures:
    first, last = int(rows.steps.min()), int(rows.steps.max())
    return {
        **row_counts(rows.is_fraud, rows.weights),
        "file": file,
        "first_step": first,
        "last_step": last,
        "shown": rows.dataset.calendar.period(first, last),
    }


def _split_figures(rows: SplitRows) -> SplitFigures:
    """The windows, and the rows in each."""
    split = rows.split
    calibrate = None
    if split.calibrate is not None and rows.calibrate is not None:
        calibrate = _window_rows(split.calibrate, rows.calibrate)
    return {
        "by": split.by,
        "fit": _window_rows(split.fit, rows.fit),
        "calibrate": calibrate,
        "threshold": _window_rows(split.threshold, rows.threshold),
        "gap_hours": split.gap_hours,
        "test": _window_rows(split.test, rows.test),
    }


def _window_rows(window: Window, rows: Rows) -> WindowRows:
    calendar = rows.dataset.calendar
    return {**window.as_dict(calendar), **row_counts(rows.is_fraud, rows.weights)}


def _findings(
    rows: SplitRows,
    selection: ModelSelection,
    leaks: LeakFigures,
    verdict: str | None,
    history: HistoryFigures | None,
) -> list[Finding]:
    findings = [*leak_findings(leaks), *shortcuts(rows.all)]
    if rows.split.by == "hours":
        findings.append(SPLIT_BY_HOURS)
    elif selection.chosen.calibration.method == "none":
        findings.append(NOT_CALIBRATED)
    if verdict and best_resampling(selection.comparisons):
        findings.append(warning("better-resampling", "Another resampling is better", verdict))
    return [
        *findings,
        *history_findings(history),
        *not_compared(selection, rows.all.dataset.schema),
    ]


def history_findings(history: HistoryFigures | None) -> list[Finding]:
    """Warn if account histories make the model worse on the test window."""
    if history is None or history["gain_high"] >= 0:
        return []
    cost = (
        f"they change average precision by {history['gain']:+.3f} ({history['gain_low']:+.3f} to "
        f"{history['gain_high']:+.3f}, {history['frauds']:,} frauds). Train with --features "
        f"{WITHOUT_HISTORY}, or on more data."
    )
    return [warning("history-worse", "Account histories make the model worse", cost)]


def not_compared(selection: ModelSelection, schema: Schema) -> list[Finding]:
    """Note the alternatives that the chosen model was not compared with.

    A resampling method that was fitted but missed the goal counts as compared, and a schema without
    balance and hours has no other feature set.
    """
    fitted, distinct = selection.by_feature_set, distinct_sets(schema, selection.chosen.feature_set)
    missing = [
        name
        for name, is_missing in (
            ("other resampling methods", len(selection.by_resampling) == 1),
            ("other feature sets", not fitted.keys() >= set(distinct)),
        )
        if is_missing
    ]
    if not missing:
        return []
    unknown = "One of them may do better; `train` compares them by default."
    return [note("not-compared", "Not compared", f"{' and '.join(missing)}. {unknown}")]


def _resampling_figures(
    test: Rows,
    selection: ModelSelection,
    settings: Settings,
    figures: dict[tuple[str, str], ModelFigures],
) -> ResamplingFigures:
    comparisons, chosen = selection.comparisons, selection.chosen
    on_test = comparisons_in(selection.by_resampling, test, seed=settings.seed)
    return {
        "asked": settings.resampling,
        "chosen": chosen.resampling,
        "verdict": verdict(comparisons, on_test, chosen.resampling) if comparisons else None,
        "comparisons": comparisons,
        "comparisons_on_test": on_test,
        "arms": {name: figures[chosen.feature_set, name] for name in selection.by_resampling},
    }
