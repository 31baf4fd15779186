"""The summary of a training run on stdout: its time split, its figures and its findings."""

from collections.abc import Mapping
from pathlib import Path

from training.analysis.findings import sentence
from training.analysis.history_gain import HistoryFigures, HistoryGain
from training.metrics.figures import Evaluation
from training.option_values import LEAKY
from training.reporting.schema import WINDOWS, RunMetrics, end_of
from training.scoring.window_figures import ModelFigures


def summary(metrics: RunMetrics, out: Path) -> str:
    """Summarise a training run for a terminal."""
    columns = metrics["columns"]["sentence"]
    lines = [_split(metrics), *([columns] if columns else []), "", *_measured(metrics)]
    lines += [_heading(metrics), *_table("features", metrics["arms"])]
    if random_split := metrics["random_split"]:
        lines += ["", _tutorials(metrics, random_split)]
    if history := metrics["history"]:
        lines += ["", *_history(history)]
    resampling = metrics["resampling"]
    if len(resampling["arms"]) > 1:
        lines += ["", *_table("resampling", resampling["arms"])]
        lines += [resampling["verdict"]] if resampling["verdict"] else []
    lines += ["", _policy(metrics)]
    for finding in metrics["findings"]:
        if finding["code"] != "better-resampling":  # its text is the verdict above
            lines += ["", sentence(finding)]
    if not metrics["findings"]:
        lines += ["", "No warnings."]
    lines += ["", _verdict(metrics)]
    if "version" in metrics:
        lines += ["", _published(metrics), f"model {metrics['version']} written to {out}"]
    else:
        lines += ["", f"{out} holds no model: {LEAKY} is never published"]
    return "\n".join(lines)


def _split(metrics: RunMetrics) -> str:
    split = metrics["split"]
    unit = metrics["schema"]["time_unit"]
    to = "-" if unit else " to "
    windows = ", ".join(
        f"{name} {window['since']}{to}{window['until']}"
        for name in WINDOWS
        if (window := split[name])
    )
    if split["by"] == "hours":
        named = f"{unit}s: ".capitalize() if unit else "Windows: "
        return f"Too little data for days: split by hours. {named}{windows}"
    named = f", {unit}s" if unit else ""
    return f"Split by days{named}: {windows}, after a gap of {split['gap_hours']} hours."


def _heading(metrics: RunMetrics) -> str:
    test = metrics["arms"][metrics["feature_set"]]
    return (
        f"Test window: {test['rows']:,} rows for {test['transactions']:,.0f} transactions, "
        f"{test['frauds']:,} frauds ({test['fraud_rate']:.3%})."
    )


def _table(heading: str, arms: Mapping[str, ModelFigures]) -> list[str]:
    columns = "average precision (95 %)   recall  precision  observed/expected  calibrated by"
    rows = [f"{heading:<16} {columns}"]
    for name, figures in arms.items():
        cut, calibration = figures["at_threshold"], figures["calibration"]
        low, high = figures["average_precision_low"], figures["average_precision_high"]
        rows.append(
            f"{name:<16} {figures['average_precision']:.3f} ({low:.3f} to {high:.3f})     "
            + (f"{cut['recall']:>6.1%} {cut['precision']:>9.1%} " if cut else f"{'-':>6} {'-':>9} ")
            + f"{calibration['observed_over_expected']:>14.2f}"
            + f"       {figures['calibrated_by']['method']}"
        )
    return rows


def _tutorials(metrics: RunMetrics, random_split: Evaluation) -> str:
    later = metrics["arms"][LEAKY]["average_precision"]
    return (
        f"{LEAKY} uses {' and '.join(metrics['schema']['after'])}, which are known only after the "
        "payment: a warning, not a model. Its average precision is "
        f"{random_split['average_precision']:.3f} on a random split, as in tutorials, "
        f"and {later:.3f} on later days."
    )


def _history(history: HistoryFigures) -> list[str]:
    """What the histories add, as a whole and by typology."""
    accounts = ", ".join(history["accounts"])
    sentence = (
        f"Account histories ({accounts}) add {_gained(history)}. Where they are not known, the "
        "second model of the bundle answers: decision-time."
    )
    parts = [
        f"  {each['name']:<22} {each['without']:.3f} to {each['history']:.3f}: {_gained(each)}"
        for each in history["by_typology"]
    ]
    return [sentence, *parts]


def _gained(gain: HistoryGain) -> str:
    return (
        f"{gain['gain']:+.3f} average precision ({gain['gain_low']:+.3f} to "
        f"{gain['gain_high']:+.3f}, {gain['frauds']:,} frauds)"
    )


def _policy(metrics: RunMetrics) -> str:
    outcome = metrics["arms"][metrics["feature_set"]]["outcome"]
    decided = ", ".join(
        f"{row['transactions']:,.0f} {row['decision']}" for row in outcome["by_decision"]
    )
    saved = {name: f"{saving['amount']:,.0f}" for name, saving in outcome["saved"].items()}
    return (
        f"Policy: {decided}; saves {saved['approving all']} against approving all and "
        f"{saved['single threshold']} against the cheapest single threshold "
        f"({metrics['policy']['currency']})."
    )


def _verdict(metrics: RunMetrics) -> str:
    verdict = metrics["verdict"]
    return f"{'Go' if verdict['is_go'] else 'No-go'}: {verdict['sentence']}"


def _measured(metrics: RunMetrics) -> list[str]:
    if "version" not in metrics:
        return []
    until = end_of(metrics["split"]["threshold"], metrics["schema"])
    return [f"Measured: model {metrics['evaluated']['version']}, fitted until {until}."]


def _published(metrics: RunMetrics) -> str:
    published = metrics["published"]
    until = end_of(published["windows"]["threshold"], metrics["schema"])
    refitted = (
        f"refitted with the same settings until {until}; "
        "it has seen the test window, so the figures are of the measured model"
        if published["refitted"]
        else "the measured model"
    )
    return (
        f"Published model: {metrics['feature_set']}, {refitted}; {published['rows']:,} rows, "
        f"{published['invented_frauds']:,} synthetic frauds, "
        f"threshold {published['threshold']:.4g}, {_threshold_of(metrics)}."
    )


def _threshold_of(metrics: RunMetrics) -> str:
    if metrics["published"]["threshold"] == metrics["evaluated"]["evaluated_threshold"]:
        return "as evaluated"
    return "its own, because only one of the two models is calibrated"
