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

from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.data.time_split import Window
from training.data.transactions import read_transactions
from training.fitting.fitted_model import fit_model
from training.fitting.settings import Settings
from training.local.progress import reported
from training.metrics.evaluation import at_threshold
from training.metrics.labelled_scores import LabelledScores
from training.simulator.simulate import simulate

DAY: Final = 24
LATER_DAYS: Final = 5

type Figures = dict[str, float]


def share_flagged(predicted: LabelledScores, threshold: float) -> float:
    """The share of transactions that a threshold flags."""
    return float(np.average(predicted.scores >= threshold, weights=predicted.weights))


def threshold_for_share(predicted: LabelledScores, share: float) -> float:
    """The threshold that flags the share of transactions nearest to `share`."""
    ordered = predicted[np.argsort(-predicted.scores, kind="stable")]
    flagged = np.cumsum(ordered.weights) / ordered.weights.sum()
    return float(ordered.scores[np.argmin(np.abs(flagged - share))])


def alert_figures(predicted: LabelledScores, threshold: float) -> Figures:
    """Recall, precision and alerts of a threshold."""
    figures = at_threshold(predicted, threshold)
    kept = {name: figures[name] for name in ("recall", "precision")}
    return {"threshold": threshold, **kept, "alerts": 1_000 * share_flagged(predicted, threshold)}


def ways(rows: Rows, seed: int) -> dict[str, Figures]:
    """The figures of the evaluated model on its test window, and of each way on later days."""
    last = int(rows.steps.max())
    later = Window(last + 1 - DAY * LATER_DAYS, last)
    known = SplitRows.by_time(rows[rows.steps < later.start - DAY])
    evaluated = fit_model(known, "decision-time", Settings(seed=seed))
    longer = known.until_the_end()
    refitted = fit_model(longer, "decision-time", Settings(seed=seed))
    ours, theirs = (cast("float", arm.threshold) for arm in (evaluated, refitted))
    share = share_flagged(evaluated.score(known.threshold).predicted, ours)
    by_share = threshold_for_share(refitted.score(longer.threshold).predicted, share)
    predicted = refitted.score(rows.within(later)).predicted
    return {
        "promised": alert_figures(evaluated.score(known.test).predicted, ours),
        "by the goal": alert_figures(predicted, theirs),
        "by the share flagged": alert_figures(predicted, by_share),
        "as evaluated": alert_figures(predicted, ours),
    }


def periods(options: argparse.Namespace) -> Iterator[tuple[str, Rows, int]]:
    """The data to judge on, by name, with its seed."""
    if options.data is None:
        for seed in map(int, options.seeds.split(",")):
            yield f"seed {seed}", Rows.of(simulate(options.rows, seed)), seed
        return
    frame = read_transactions(options.data)
    for until in map(int, options.until.split(",")):
        kept = frame[frame["step"] <= until].reset_index(drop=True)
        yield f"until step {until}", Rows.of(kept), 0


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
        for name, rows, seed in periods(options):
            begin(f"{name}: fitting twice")
            found[name] = ways(rows, seed)
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
