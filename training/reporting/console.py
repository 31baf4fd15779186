"""What `train` says on stdout: how the data was split, and every arm on the test window."""

from pathlib import Path
from typing import Any

from training.analysis.findings import sentence
from training.option_values import LEAKY


def summary(metrics: dict[str, Any], out: Path) -> str:
    """The figures of a training run as text for a terminal."""
    columns = metrics["columns"]["sentence"]
    lines = [_split(metrics), *([columns] if columns else []), "", *_measured(metrics)]
    lines += [_heading(metrics), *_table("features", metrics["arms"])]
    if metrics["random_split"]:
        lines += ["", _tutorials(metrics)]
    if len(metrics["resampling"]["arms"]) > 1:
        lines += ["", *_table("resampling", metrics["resampling"]["arms"])]
        lines.append(metrics["resampling"]["verdict"])
    lines += ["", _policy(metrics)]
    for finding in metrics["findings"]:
        if finding["code"] != "better-resampling":  # its text is the verdict above
            lines += ["", sentence(finding)]
    if not metrics["findings"]:
        lines += ["", "No warnings."]
    if "version" in metrics:
        lines += ["", _published(metrics), f"model {metrics['version']} written to {out}"]
    else:
        lines += ["", f"{out} holds no model: {LEAKY} is never one to publish"]
    return "\n".join(lines)


def _split(metrics: dict[str, Any]) -> str:
    split = metrics["split"]
    windows = ", ".join(
        f"{name} {split[name]['start']}-{split[name]['end']}"
        for name in ("fit", "calibrate", "threshold", "test")
        if split[name]
    )
    if split["by"] == "hours":
        return f"Too little data for days: split by hours. Steps: {windows}"
    return f"Split by days, steps: {windows}, after a gap of {split['gap_hours']} hours."


def _heading(metrics: dict[str, Any]) -> str:
    test = metrics["arms"][metrics["feature_set"]]
    return (
        f"Test window: {test['rows']:,} rows for {test['transactions']:,.0f} transactions, "
        f"{test['frauds']:,} frauds ({test['fraud_rate']:.3%})."
    )


def _table(what: str, arms: dict[str, dict[str, Any]]) -> list[str]:
    rows = [
        f"{what:<16} average precision (95 %)   recall  precision  observed/expected  calibrated by"
    ]
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


def _tutorials(metrics: dict[str, Any]) -> str:
    random = metrics["random_split"]["average_precision"]
    honest = metrics["arms"][LEAKY]["average_precision"]
    return (
        f"{LEAKY} knows balances from after the payment: a warning, not a model. Judged on random "
        f"rows, as tutorials do, it reaches {random:.3f}; on later days {honest:.3f}."
    )


def _policy(metrics: dict[str, Any]) -> str:
    outcome = metrics["arms"][metrics["feature_set"]]["outcome"]
    decided = ", ".join(
        f"{each['transactions']:,.0f} {each['decision']}" for each in outcome["by_decision"]
    )
    saved = {name: f"{each['amount']:,.0f}" for name, each in outcome["saved"].items()}
    return (
        f"Policy: {decided}; saves {saved['approving all']} against approving all and "
        f"{saved['single threshold']} against the cheapest single threshold "
        f"({metrics['policy']['currency']})."
    )


def _measured(metrics: dict[str, Any]) -> list[str]:
    if "version" not in metrics:
        return []
    until = metrics["split"]["threshold"]["end"]
    return [f"Measured: model {metrics['evaluated']['version']}, fitted until step {until}."]


def _published(metrics: dict[str, Any]) -> str:
    published = metrics["published"]
    refitted = (
        f"the same settings refitted until step {published['windows']['threshold']['end']}; it has "
        "seen the test window, so the figures are not its own"
        if published["refitted"]
        else "the one measured"
    )
    return (
        f"Published model: {metrics['feature_set']}, {refitted}; {published['rows']:,} rows, "
        f"{published['invented_frauds']:,} frauds invented by SMOTE, "
        f"threshold {published['threshold']:.4g}, {_threshold_of(metrics)}."
    )


def _threshold_of(metrics: dict[str, Any]) -> str:
    if metrics["published"]["threshold"] == metrics["evaluated"]["evaluated_threshold"]:
        return "as evaluated"
    return "chosen anew, for only one of the two models is calibrated"
