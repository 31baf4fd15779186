"""Run a month with the loop, and print average precision by week with and without it.

``python -m benchmarks.month [--rows N] [--seed N]``. The payments are those of the built-in
simulator `cards`. A model is trained on 30 days in which three kinds of fraud are missing; in the
five weeks that follow they are there. Their payments are posted to the API, on the emulator's
table, and people say what they were, when they would: see `people`. Each week the watch looks at
the log. After three weeks a model is trained from the log, compared with the served one, and
promoted if it is better. Commands run as a user runs them. The scores without the loop are those of
`fraud score`: the first model, and no outcome known. Wait half an hour for 120,000 payments.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from benchmarks.memory_stream import bodies, without_labels
from benchmarks.month.payments import WEEK_S, WEEKS, record, split
from benchmarks.month.people import DAY_S, truths
from benchmarks.month.service import TOGETHER, Answer, Month
from training.files.writing import write_transactions
from training.local.aws import LocalAws, Memory, local_aws_with_memory
from training.local.processes import environment
from training.local.progress import reported
from training.local.registry import serve_from
from training.schemas.built_in import built_in
from training.scoring.score import load_scorer, score

RETRAINED_AFTER: Final = 3
MATURED_DAYS: Final = 4
LABEL_DELAY: Final = "3d"
"""Weeks; the days after which a payment without an outcome is taken for genuine; and the delay that
histories and training allow for: half of the frauds are reported by then."""

SCHEMA: Final = "cards"


class Names(NamedTuple):
    """Options that name what the commands work on."""

    memory: Sequence[str]
    models: Sequence[str]

    @classmethod
    def of(cls, aws: LocalAws) -> "Names":
        """Those of a local AWS."""
        models = ("--bucket", aws.bucket, "--parameter", aws.parameter)
        table = aws.memory or Memory()
        secret = ("--secret-parameter", table.secret)
        return cls(("--table", table.table, *models, *secret), models)


class Loop:
    """The month.

    Parameters
    ----------
    month : DataFrame
    folder : Path
    seed : int
    """

    def __init__(self, month: pd.DataFrame, folder: Path, seed: int, names: Names) -> None:
        self._folder, self._truths, self._names = folder, truths(month), names
        self._begins = self._truths[0].time // DAY_S * DAY_S
        plan = load_scorer(folder / "first").bundle.plan
        sent = without_labels(month, plan.schema)
        self._bodies = [*bodies(sent, list(plan.fields), "payment_id")]
        self._service = Month(np.random.default_rng(seed))
        self.answers: list[Answer] = []

    def week(self, number: int) -> None:
        """Post the payments of a week, the first being 0, and listen to its end."""
        ends = self._begins + (number + 1) * WEEK_S
        first, last = len(self.answers), self._first_after(ends)
        with reported() as progress:
            for start in range(first, last, TOGETHER):
                if start % 2_000 < TOGETHER:
                    progress(f"week {number + 1}: payments to {last:,} of {len(self._truths):,}")
                chosen = slice(start, min(start + TOGETHER, last))
                self.answers += self._service.post(self._bodies[chosen], self._truths[chosen])
            self._service.listen(ends)
        decisions = pd.Series([each["decision"] for each in self.answers[first:]]).value_counts()
        counts = ", ".join(f"{name} {count:,}" for name, count in decisions.items())
        print(
            f"\n== week {number + 1}: {last - first:,} payments: {counts}; "
            f"{self._service.said:,} outcomes and reviews so far"
        )

    def watch(self, number: int) -> None:
        """Look at the log of a week."""
        run(
            "watch",
            *self._names.memory,
            "--days",
            "7",
            "--as-of",
            self._end(number),
            "--matured-days",
            str(MATURED_DAYS),
            "--out",
            self._folder / f"week-{number + 1}.html",
            may_refuse=True,
        )

    def retrain(self, number: int) -> None:
        """Train a model from the log, and promote it if it is better."""
        log, model = self._folder / "log.parquet", self._folder / "second"
        run(
            "history",
            "export",
            *self._names.memory,
            "--out",
            log,
            "--as-of",
            self._end(number),
            "--matured-days",
            str(MATURED_DAYS),
        )
        run("train", "--data", log, "--out", model, "--no-refit")
        run(
            "challenge",
            "--model",
            model,
            "--data",
            log,
            *self._names.models,
            "--allow-simulated",
            may_refuse=True,
        )
        self._service.restart()

    def _end(self, number: int) -> str:
        ends = datetime.fromtimestamp(self._begins + (number + 1) * WEEK_S, UTC)
        return ends.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _first_after(self, seconds: int) -> int:
        return next(
            (index for index, truth in enumerate(self._truths) if truth.time >= seconds),
            len(self._truths),
        )

    def table(self, without: np.ndarray) -> Iterator[str]:
        """Yield average precision by week: what the simulator knows, not what people said."""
        yield f"{'week':>4}  {'payments':>8}  {'frauds':>6}  {'without':>8}  {'with':>8}"
        week = (np.array([each.time for each in self._truths]) - self._begins) // WEEK_S
        is_fraud = np.array([each.is_fraud for each in self._truths])
        found = np.array([each["fraud_probability"] for each in self.answers])
        for number in range(WEEKS):
            here = week == number
            precisions = [
                average_precision_score(is_fraud[here], scores[here]) for scores in (without, found)
            ]
            yield (
                f"{number + 1:>4}  {here.sum():>8,}  {is_fraud[here].sum():>6,}  "
                f"{precisions[0]:>8.3f}  {precisions[1]:>8.3f}"
            )


def run(*arguments: str | Path, may_refuse: bool = False) -> None:
    """Run a command of `fraud`, and print it with its output."""
    command = [str(each) for each in arguments]
    print(f"\n$ fraud {' '.join(command)}", flush=True)
    done = subprocess.run(  # our own command
        [sys.executable, "-m", "training", *command], text=True, capture_output=True, check=False
    )
    print(done.stdout.rstrip(), flush=True)
    if done.returncode == 3:
        print("(exit code 3)")
    if done.returncode not in ((0, 3) if may_refuse else (0,)):
        raise SystemExit(done.stderr)


def month_with_loop(folder: Path, rows: int, seed: int) -> None:
    """Print what happens in a month."""
    before, month = split(record(rows, seed))
    write_transactions(before, folder / "before.csv")
    first = ("--out", folder / "first", "--label-delay", LABEL_DELAY)
    run("train", "--data", folder / "before.csv", *first, "--no-refit")
    with local_aws_with_memory() as aws, environment(aws.environment):
        names = Names.of(aws)
        serve_from(aws, folder / "first")
        table = (names.memory[0], names.memory[1], *names.memory[-2:])
        run("history", "load", "--data", folder / "before.csv", "--model", folder / "first", *table)
        loop = Loop(month, folder, seed, names)
        for number in range(WEEKS):
            loop.week(number)
            loop.watch(number)
            if number + 1 == RETRAINED_AFTER:
                loop.retrain(number)
        print("\naverage precision")
        print("\n".join(loop.table(without_loop(month, folder))))
        run("replay", *names.memory, may_refuse=True)


def without_loop(month: pd.DataFrame, folder: Path) -> np.ndarray:
    """The first model's probabilities, from histories in which nothing becomes known."""
    data, out = folder / "month.csv", folder / "scored.parquet"
    write_transactions(without_labels(month, built_in(SCHEMA)), data)
    with reported() as progress:
        score(folder / "first", data, out, progress, history_from=folder / "before.csv")
    return pd.read_parquet(out)["fraud_probability"].to_numpy()


def main() -> None:
    """Print what happens in the month."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=120_000, metavar="N", help="of the month")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    began = time.monotonic()
    with TemporaryDirectory() as folder:
        month_with_loop(Path(folder), options.rows, options.seed)
    print(f"\n{time.monotonic() - began:,.0f} seconds")


if __name__ == "__main__":
    main()
