"""Time and memory of training and scoring: ``python -m benchmarks.training [--sizes 100000,...]``.

Each line of the table is one process from start to end, imports included: its seconds, its peak
memory and its rows per second. One line is the tutorials' approach on a million rows: pandas, SMOTE
to 1:1 and ``XGBClassifier``, fitted on a random split.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

SIZES: Final = (100_000, 1_000_000, 6_362_620)
"""The last is PaySim's."""

TUTORIAL_SIZE: Final = 1_000_000

TUTORIAL: Final = """
import sys
import pandas as pd
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

frame = pd.read_parquet(sys.argv[1])
frame["amt_ratio_orig"] = frame["amount"] / (frame["oldbalanceOrg"] + 1e-6)
names = ["step", "amount", "oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"]
X = pd.get_dummies(frame[[*names, "amt_ratio_orig", "type"]], columns=["type"], drop_first=True)
X_fit, X_test, y_fit, y_test = train_test_split(X, frame["isFraud"], stratify=frame["isFraud"])
model = Pipeline([("smote", SMOTE()), ("xgb", XGBClassifier(n_estimators=300, max_depth=4))])
model.fit(X_fit, y_fit)
print(classification_report(y_test, model.predict(X_test)))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: its task, the number of rows, its time and its peak memory."""

    task: str
    rows: int
    seconds: float
    peak_mb: float

    @property
    def rows_per_second(self) -> float:
        """Rows per second, from the start of the process to its end."""
        return self.rows / self.seconds


def measured(task: str, rows: int, command: list[str]) -> Run:
    """Run a Python command and measure its time and its peak memory."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None  # noqa: S101  # for the type checker
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{task} of {rows:,} rows failed:\n{said.decode()}")
    return Run(task, rows, time.monotonic() - begun, usage.ru_maxrss / 1_024)


def runs(sizes: list[int], folder: Path) -> Iterator[Run]:
    """Simulate, train and score each size; fit as tutorials do on `TUTORIAL_SIZE` rows."""
    for rows in sizes:
        data, model = folder / f"{rows}.parquet", folder / f"model-{rows}"
        command = ["-m", "training"]
        yield measured(
            "simulate", rows, [*command, "simulate", "--rows", str(rows), "--out", str(data)]
        )
        plain = ["--smote-ratio", "0.1", "--no-compare"]
        trained = [*command, "train", "--data", str(data), "--out", str(model), *plain]
        yield measured("train", rows, trained)
        for source, ending in ((data, ".csv"), (folder / "scored.csv", ".parquet")):
            # The second run reads the CSV file that the first has written.
            asked = ["--model", str(model), "--data", str(source)]
            scored = ["--out", str(folder / f"scored{ending}")]
            task = f"score {source.suffix} to {ending}"
            yield measured(task, rows, [*command, "score", *asked, *scored])
        if rows == TUTORIAL_SIZE:
            yield measured("tutorial", rows, ["-c", TUTORIAL, str(folder / f"{rows}.parquet")])


def plot(done: list[Run], path: Path) -> None:
    """Seconds and peak memory over rows, on log axes."""
    figure = Figure((8, 3.6), layout="constrained")
    axes = figure.subplots(1, 2)
    _lines(axes[0], {(run.task, run.rows): run.seconds for run in done}, "seconds")
    _lines(axes[1], {(run.task, run.rows): run.peak_mb for run in done}, "peak memory in MB")
    axes[0].legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _lines(axes: Axes, values: dict[tuple[str, int], float], label: str) -> None:
    marks = iter("osD^v*")
    for task in dict.fromkeys(name for name, _ in values):
        points = [(rows, value) for (name, rows), value in values.items() if name == task]
        axes.plot(*zip(*points, strict=True), marker=next(marks), label=task)
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel=label)
    axes.grid(color="#dddddd")


def main() -> None:
    """Read the options, measure, print the table, draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="with commas between")
    parser.add_argument("--plot", type=Path, default=Path("build/training.svg"))
    options = parser.parse_args()
    console = Console(stderr=True)
    done = []
    with TemporaryDirectory() as folder:
        for run in runs([int(size) for size in options.sizes.split(",")], Path(folder)):
            console.print(f"  {run.task}, {run.rows:,} rows ({run.seconds:.1f} s)")
            done.append(run)
    table = Table("task", "rows", "seconds", "peak MB", "rows/s")
    for run in done:
        figures = (f"{run.rows:,}", f"{run.seconds:.1f}", f"{run.peak_mb:,.0f}")
        table.add_row(run.task, *figures, f"{run.rows_per_second:,.0f}")
    Console().print(table)
    options.plot.parent.mkdir(parents=True, exist_ok=True)
    plot(done, options.plot)
    console.print(f"plot: {options.plot}")


if __name__ == "__main__":
    main()
