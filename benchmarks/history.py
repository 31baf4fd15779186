"""Compare account histories as columns with the fold: every bit, and the cost of each.

``python -m benchmarks.history [--rows N] [--data FILE [--schema FILE]]``. Without a file, it
simulates N rows. It compares every number of every row, then changes one bit of one sum, which must
be found. Times are of this process alone; memory is the peak of the process until then.
"""

import argparse
import random
import resource
import sqlite3
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.history.packing import pack
from fraud_api_lambda.history.state import DAY_S, UNKNOWN, AccountState, Payment, after
from fraud_api_lambda.history.view import History, view
from training.data.rows import Rows
from training.histories.columns import minor_units, with_histories
from training.histories.follower import Batch, Follower
from training.histories.store import StateStore
from training.local.progress import reported
from training.option_values import BUILT_IN
from training.reading.dataset import Dataset, read_dataset
from training.reading.schema_of_file import schema_of_file
from training.schemas.built_in import built_in
from training.simulator.by_schema import SIMULATORS

AT_ONCE: Final = 200_000
START: Final = 1_500_000_000
DELAY_S: Final = 7 * DAY_S
TIMES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A result with its time and the memory of the process.

    Attributes
    ----------
    seconds : float
    memory_gb : float
        The most that the process held until then.
    """

    seconds: float
    memory_gb: float

    def shown(self, n_histories: int) -> tuple[str, str, str]:
        """The cells of a table."""
        micro = 1e6 * self.seconds / n_histories
        return f"{self.seconds:.1f}", f"{micro:.2f}", f"{self.memory_gb:.1f}"

    @classmethod
    def of[T](cls, work: Callable[[], T]) -> tuple[T, "Measured"]:
        """Run work and measure it."""
        began = time.perf_counter()
        result = work()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        return result, cls(time.perf_counter() - began, peak)


def batch_of(rows: Rows, order: np.ndarray) -> Batch:
    """The payments of rows, in order of time."""
    dataset = rows.dataset
    accounts = accounts_of(dataset.schema).values()
    columns = {column for each in accounts for column in (each.column, each.counted)}
    return Batch(
        times=dataset.seconds[order].tolist(),
        amounts=minor_units(dataset)[order].tolist(),
        is_fraud=rows.is_fraud[order].tolist(),
        known_at=dataset.known_at[order].tolist(),
        ids={name: _ids(dataset, name, order) for name in columns},
    )


def _ids(dataset: Dataset, name: str, order: np.ndarray) -> list[str | None]:
    column = dataset.frame[name].iloc[order]
    return column.astype("object").where(column.notna(), None).tolist()


def folded(batch: Batch, rows: Rows) -> list[History]:
    """The histories by the fold, in order of time, with all states in memory."""
    schema = rows.dataset.schema
    accounts = [accounts_of(schema)[name] for name in rows.histories]
    with closing(sqlite3.connect(":memory:")) as connection:
        store = StateStore(connection)
        one = Follower(accounts, schema.label_delay_s, store, in_memory=len(rows) * 3)
        parts = [one.follow(part) for part in batch.parts(AT_ONCE)]
    return [History(*map(np.concatenate, zip(*of, strict=True))) for of in zip(*parts, strict=True)]


def differing(rows: Rows, order: np.ndarray, found: list[History]) -> int:
    """The number of rows of which any number differs."""
    differs = np.zeros(len(rows), dtype=bool)
    for columns, history in zip(rows.facts.histories, found, strict=True):
        for column, numbers in zip(columns, history, strict=True):
            differs |= np.asarray(column)[order] != numbers
    return int(differs.sum())


def with_one_bit_changed(found: list[History]) -> list[History]:
    """The same histories with the lowest bit of one sum changed."""
    sums = found[0].sum_30d.copy()
    sums[len(sums) // 2] ^= 1
    return [found[0]._replace(sum_30d=sums), *found[1:]]


def dataset_of(options: argparse.Namespace) -> Dataset:
    """The payments of a file, or simulated ones."""
    if options.data is None:
        name = options.schema or BUILT_IN[0]
        return Dataset.of(SIMULATORS[name].simulate(options.rows, 0), built_in(name))
    return read_dataset(options.data, schema_of_file(options.data, options.schema))


def full_state(every_s: int) -> AccountState:
    """The state of an account with a payment every so many seconds, to one of 20 partners."""
    state, numbers = UNKNOWN, random.Random(0)  # noqa: S311  # not a secret
    for at in range(START - 38 * DAY_S, START, every_s):
        payment = Payment(at, numbers.randrange(10**6), numbers.getrandbits(63) % 20)
        state = after(state, payment, DELAY_S)
    return state


def state_costs() -> Iterator[str]:
    """Yield what a state costs: the time of a view and an update together, and its size."""
    payment = Payment(START + 5, 500, 3)
    for name, every_s in (("with every bucket full", 3_600), ("of two payments a day", 43_200)):
        state = full_state(every_s)

        def once(state: AccountState = state) -> None:
            view(state, payment, DELAY_S)
            after(state, payment, DELAY_S)

        micro = min(timeit.repeat(once, number=TIMES, repeat=9)) / TIMES * 1e6
        yield f"state {name}: {micro:.1f} µs a view and an update, {len(pack(state)):,} bytes"


def main() -> None:
    """Print the costs of both ways, and the number of rows in which they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--data", type=Path, metavar="FILE")
    parser.add_argument("--schema", metavar=f"FILE|{'|'.join(BUILT_IN)}")
    parser.add_argument("--columns-only", action="store_true", help="leave out the fold")
    options = parser.parse_args()
    if options.data is not None and not options.data.is_file():
        parser.error(f"{options.data} is not a file")
    table = Table("way", "seconds", "µs a row and history", "peak memory, GB")
    with reported() as progress:
        progress("reading")
        plain, reading = Measured.of(lambda: Rows.of(dataset_of(options)))
        progress("histories as columns")
        rows, columns = Measured.of(lambda: with_histories(plain))
        n = len(rows) * len(rows.histories)
        table.add_row("reading", f"{reading.seconds:.1f}", "-", f"{reading.memory_gb:.1f}")
        table.add_row("columns", *columns.shown(n))
        lines = [f"{len(rows):,} rows, histories of {', '.join(rows.histories)}"]
        if not options.columns_only:
            progress("histories by the fold")
            order = np.argsort(rows.dataset.seconds, kind="stable")
            batch = batch_of(rows, order)
            found, cost = Measured.of(lambda: folded(batch, rows))
            table.add_row("fold", *cost.shown(n))
            planted = differing(rows, order, with_one_bit_changed(found))
            lines += [
                f"rows that differ: {differing(rows, order, found):,}",
                f"rows that differ with one bit of one sum changed: {planted:,}",
            ]
    print("\n".join([*lines, *state_costs()]))
    Console().print(table)


if __name__ == "__main__":
    main()
