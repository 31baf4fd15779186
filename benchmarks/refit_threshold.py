"""Which threshold should a refitted model serve? ``python -m benchmarks.refit_threshold``.

A model is evaluated and refitted as by `train` on data that ends six days earlier. Three ways to
set the refitted model's threshold are then compared on the last five days, which neither model
saw: by the goal on the refitted model's threshold window; by the share of payments that the
evaluated model flagged on its own threshold window; or the evaluated model's threshold unchanged.
The days are simulated (``--rows``, ``--seeds``) or come from a file (``--data``), whose rows after
``--until`` are ignored.
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
from training.fitting.fitted_model import fit_model
from training.fitting.settings import Settings
from training.local.progress import reported
from training.metrics.evaluation import at_threshold
from training.metrics.labelled_scores import LabelledScores
from training.reading.dataset import Dataset, read_dataset
from training.schemas.built_in import built_in
from training.simulator.simulate import simulate

DAY: Final = 24
LATER_DAYS: Final = 5

type Figures = dict[str, float]


def share_flagged(predicted: LabelledScores, threshold: float) -> float:
    """The share of transactions that a threshold flags."""
    return float(np.average(predicted.scores >= threshold, weights=predicted.weights))


def threshold_for_share(predicted: LabelledScores, share: float) -> float:
    """The threshold whose share of flagged transactions is closest to `share`."""
    ordered = predicted[np.argsort(-predicted.scores, kind="stable")]
    flagged = np.cumsum(ordered.weights) / ordered.weights.sum()
    return float(ordered.scores[np.argmin(np.abs(flagged - share))])


def alert_figures(predicted: LabelledScores, threshold: float) -> Figures:
    """Recall, precision and alerts per 1,000 transactions at a threshold."""
    figures = at_threshold(predicted, threshold)
    kept = {name: figures[name] for name in ("recall", "precision")}
    return {"threshold": threshold, **kept, "alerts": 1_000 * share_flagged(predicted, threshold)}


def compared(rows: Rows, seed: int) -> dict[str, Figures]:
    """The figures of the evaluated model on its test window, and of each method on later days."""
    last = int(rows.steps.max())
    later = Window(last + 1 - DAY * LATER_DAYS, last)
    known = SplitRows.by_time(rows[rows.steps < later.start - DAY])
    evaluated = fit_model(known, "decision-time", Settings(seed=seed))
    longer = known.until_the_end()
    refitted = fit_model(longer, "decision-time", Settings(seed=seed))
    old, new = (cast("float", model.threshold) for model in (evaluated, refitted))
    share = share_flagged(evaluated.score(known.threshold).predicted, old)
    by_share = threshold_for_share(refitted.score(longer.threshold).predicted, share)
    predicted = refitted.score(rows.within(later)).predicted
    return {
        "evaluated model": alert_figures(evaluated.score(known.test).predicted, old),
        "by the goal": alert_figures(predicted, new),
        "by the share flagged": alert_figures(predicted, by_share),
        "as evaluated": alert_figures(predicted, old),
    }


def periods(options: argparse.Namespace) -> Iterator[tuple[str, Rows, int]]:
    """Yield the name, the rows and the seed of each data set to compare on."""
    schema = built_in("paysim")
    if options.data is None:
        for seed in map(int, options.seeds.split(",")):
            simulated = Dataset.of(simulate(options.rows, seed), schema)
            yield f"seed {seed}", Rows.of(simulated), seed
        return
    rows = Rows.of(read_dataset(options.data, schema))
    for until in map(int, options.until.split(",")):
        yield f"until step {until}", rows[rows.steps <= until], 0


def absolute_error(results: dict[str, dict[str, Figures]], method: str, name: str) -> str:
    """The mean and the worst absolute difference from the evaluated model, over all data sets."""
    gaps = [
        abs(methods[method][name] - methods["evaluated model"][name])
        for methods in results.values()
    ]
    return f"{np.mean(gaps):.3f} (worst {max(gaps):.3f})"


def main() -> None:
    """Print the figures of each method, and their differences from the evaluated model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--seeds", default="0,1,2,3,4,5,6,7", help="with commas between")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--until", default="192,216,240", help="with commas between")
    options = parser.parse_args()
    results: dict[str, dict[str, Figures]] = {}
    with reported() as begin:
        for name, rows, seed in periods(options):
            begin(f"{name}: fitting twice")
            results[name] = compared(rows, seed)
    table = Table("data", "threshold", "probability", "recall", "precision", "alerts in 1,000")
    for name, methods in results.items():
        for method, figures in methods.items():
            shown = (f"{figures[key]:.4f}" for key in ("threshold", "recall", "precision"))
            table.add_row(name, method, *shown, f"{figures['alerts']:.2f}")
    for method in ("by the goal", "by the share flagged", "as evaluated"):
        table.add_row(
            "absolute error",
            method,
            "",
            absolute_error(results, method, "recall"),
            absolute_error(results, method, "precision"),
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
