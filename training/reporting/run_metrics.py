"""All that a training run found out, as plain data: what ``metrics.json`` holds."""

from collections.abc import Callable
from typing import Any, Final

from training.analysis.findings import Finding, note, warning
from training.analysis.golden_features import LeakFigures, leak_figures, leak_findings
from training.analysis.random_split import random_split_figures
from training.analysis.shap_values import attributions
from training.analysis.shortcuts import shortcuts
from training.bundling.bundle_content import libraries
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.fitting.model_selection import ModelSelection
from training.fitting.pipeline import BOOSTER
from training.fitting.resampling_comparison import (
    best_resampling,
    comparisons_in,
    verdict,
)
from training.fitting.settings import Settings
from training.metrics.evaluation import row_counts
from training.option_values import LEAKY
from training.scoring.window_figures import model_figures

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


def judge(
    rows: SplitRows,
    selection: ModelSelection,
    settings: Settings,
    *,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """The figures of every arm on the test window, with what to be warned of."""
    progress("evaluating on the test window")
    seed = settings.seed
    arms = {
        name: model_figures(arm, rows.test, seed) for name, arm in selection.by_feature_set.items()
    }
    progress("looking for leaks")
    leaks = leak_figures(selection.chosen, rows)
    resampling = _resampling_figures(rows.test, selection, settings)
    random_split = None
    if LEAKY in arms:
        progress(f"fitting {LEAKY} on random rows")
        random_split = random_split_figures(rows.all, settings)
    return {
        "feature_set": selection.chosen.feature_set,
        "data": _data_figures(rows.all),
        "split": _split_figures(rows),
        "settings": {
            "resampling": selection.chosen.resampling,
            "smote_ratio": settings.smote_ratio,
            "goal": str(settings.goal),
            "seed": seed,
        },
        "findings": _findings(rows, selection, leaks, resampling["verdict"]),
        "arms": arms,
        "resampling": resampling,
        "random_split": random_split,
        "policy": selection.chosen.policy.as_dict(),
        "leaks": leaks,
        "attributions": attributions(selection.chosen, rows.test, seed=seed),
        "booster": BOOSTER | settings.booster,
        "libraries": libraries(),
    }


def _data_figures(rows: Rows) -> dict[str, Any]:
    return {
        **row_counts(rows.is_fraud, rows.weights),
        "first_step": int(rows.steps.min()),
        "last_step": int(rows.steps.max()),
    }


def _split_figures(rows: SplitRows) -> dict[str, Any]:
    """The windows, with how much of each class they hold."""
    figures = rows.split.as_dict()
    for name in ("fit", "calibrate", "threshold", "test"):
        if (window := getattr(rows, name)) is not None:
            figures[name] |= row_counts(window.is_fraud, window.weights)
    return figures


def _findings(
    rows: SplitRows, selection: ModelSelection, leaks: LeakFigures, verdict: str | None
) -> list[Finding]:
    findings = [*leak_findings(leaks), *shortcuts(rows.all)]
    if rows.split.by == "hours":
        findings.append(SPLIT_BY_HOURS)
    elif selection.chosen.calibration.method == "none":
        findings.append(NOT_CALIBRATED)
    if verdict and best_resampling(selection.comparisons):
        findings.append(warning("better-resampling", "Another resampling is better", verdict))
    return [*findings, *not_compared(selection)]


def not_compared(selection: ModelSelection) -> list[Finding]:
    """Note which arms the chosen one was not compared with."""
    missing = [
        name
        for name, compared in (
            ("other resampling arms", selection.comparisons),
            ("other feature sets", len(selection.by_feature_set) > 1),
        )
        if not compared
    ]
    if not missing:
        return []
    unknown = "Whether one of them does better is not known; `train` compares them by default."
    return [note("not-compared", "Not compared", f"{' and '.join(missing)}. {unknown}")]


def _resampling_figures(
    test: Rows, selection: ModelSelection, settings: Settings
) -> dict[str, Any]:
    comparisons, chosen = selection.comparisons, selection.chosen.resampling
    on_test = comparisons_in(selection.by_resampling, test, seed=settings.seed)
    return {
        "asked": settings.resampling,
        "chosen": chosen,
        "verdict": verdict(comparisons, on_test, chosen) if comparisons else None,
        "comparisons": comparisons,
        "comparisons_on_test": on_test,
        "arms": {
            name: model_figures(arm, test, settings.seed)
            for name, arm in selection.by_resampling.items()
        },
    }
