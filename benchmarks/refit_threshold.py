"""Which threshold should a refitted model serve? ``python -m benchmarks.refit_threshold``.

A model is evaluated and refitted on days that end six before the data does, as `train` would have
done then. Three ways to give the refitted one a threshold are judged on the last five days, which
neither saw: by the goal on its own threshold window, by the share of payments that the evaluated
model flagged on its own, or the evaluated model's threshold itself. Simulated days (``--rows``,
``--seeds``), or those of a file (``--data``, of which rows after ``--until`` are never looked at).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import numpy as np
from rich.console import Console
from rich.table import Table

from training.data.rows import Data
from training.data.time_split import Window, split_by_time, until_the_end
from training.data.transactions import read_transactions
from training.fitting.fitted_model import Arm, fit_arm
from training.fitting.settings import Settings
from training.local.progress import reported
from training.metrics.evaluation import at_threshold
from training.metrics.labelled_scores import LabelledScores
from training.simulator.simulate import simulate

DAY: Final = 24
LATER_DAYS: Final = 5

type Figures = dict[str, float]


def share_flagged(arm: Arm, data: Data, window: Window, threshold: float) -> float:
    """The share of a window's transactions that a threshold flags."""
    flagged = arm.probabilities_in(data, window) >= threshold
    return float(np.average(flagged, weights=data.weights[window.holds(data.steps)]))


def threshold_for_share(arm: Arm, data: Data, window: Window, share: float) -> float:
    """The threshold that flags the share of a window's transactions nearest to `share`."""
    probabilities = arm.probabilities_in(data, window)
    order = np.argsort(-probabilities, kind="stable")
    weights = data.weights[window.holds(data.steps)][order]
    flagged = np.cumsum(weights) / weights.sum()
    return float(probabilities[order][np.argmin(np.abs(flagged - share))])


def judged(arm: Arm, data: Data, window: Window, threshold: float) -> Figures:
    """Recall, precision and alerts of a threshold on a window."""
    inside = window.holds(data.steps)
    probabilities = arm.probabilities_in(data, window)
    predicted = LabelledScores(data.is_fraud[inside], probabilities, data.weights[inside])
    found = at_threshold(predicted, threshold)
    alerts = 1_000 * share_flagged(arm, data, window, threshold)
    kept = {name: found[name] for name in ("recall", "precision")}
    return {"threshold": threshold, **kept, "alerts": alerts}


def ways(data: Data, seed: int) -> dict[str, Figures]:
    """What the evaluated model promised on its test window, and what each way kept of it later."""
    last = int(data.steps.max())
    later = Window(last + 1 - DAY * LATER_DAYS, last)
    known = Data.of(data.frame[data.steps < later.start - DAY].reset_index(drop=True))
    split = split_by_time(known.steps, known.is_fraud)
    evaluated = fit_arm(known, split, "decision-time", Settings(seed=seed))
    published = until_the_end(split, known.steps, known.is_fraud)
    refitted = fit_arm(known, published, "decision-time", Settings(seed=seed))
    ours, theirs = (cast("float", arm.threshold) for arm in (evaluated, refitted))
    share = share_flagged(evaluated, known, split.threshold, ours)
    by_share = threshold_for_share(refitted, known, published.threshold, share)
    return {
        "promised": judged(evaluated, known, split.test, ours),
        "by the goal": judged(refitted, data, later, theirs),
        "by the share flagged": judged(refitted, data, later, by_share),
        "as evaluated": judged(refitted, data, later, ours),
    }


def periods(options: argparse.Namespace) -> Iterator[tuple[str, Data, int]]:
    """The data to judge on, by name, with its seed."""
    if options.data is None:
        for seed in map(int, options.seeds.split(",")):
            yield f"seed {seed}", Data.of(simulate(options.rows, seed)), seed
        return
    frame = read_transactions(options.data)
    for until in map(int, options.until.split(",")):
        kept = frame[frame["step"] <= until].reset_index(drop=True)
        yield f"until step {until}", Data.of(kept), 0


def off(found: dict[str, dict[str, Figures]], way: str, name: str) -> str:
    """How far a way's figure is from the promised one: the mean of all periods, and the worst."""
    gaps = [abs(each[way][name] - each["promised"][name]) for each in found.values()]
    return f"{np.mean(gaps):.3f} (worst {max(gaps):.3f})"


def main() -> None:
    """Read the options, measure, print the table and how far each way is from the promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--seeds", default="0,1,2,3,4,5,6,7", help="with commas between")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--until", default="192,216,240", help="with commas between")
    options = parser.parse_args()
    found: dict[str, dict[str, Figures]] = {}
    with reported() as begin:
        for name, data, seed in periods(options):
            begin(f"{name}: fitting twice")
            found[name] = ways(data, seed)
    table = Table("data", "threshold", "probability", "recall", "precision", "alerts in 1,000")
    for name, each in found.items():
        for way, figures in each.items():
            shown = (f"{figures[key]:.4f}" for key in ("threshold", "recall", "precision"))
            table.add_row(name, way, *shown, f"{figures['alerts']:.2f}")
    for way in ("by the goal", "by the share flagged", "as evaluated"):
        table.add_row(
            "off the promise",
            way,
            "",
            off(found, way, "recall"),
            off(found, way, "precision"),
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
