"""Serve two schemas side by side: ``python -m benchmarks.schemas [--starts N] [--rounds N]``.

The models of PaySim's columns and of card payments are trained alike on simulated rows. Cold starts
and warm answers alternate between the two, so a ratio compares like with like.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.serving.children import Place, worker
from benchmarks.serving.measure import asking
from benchmarks.serving.places import moved
from benchmarks.serving.stacks import OURS, compile_packages, require
from training.files.writing import write_transactions
from training.local.aws import local_aws
from training.local.processes import environment, interruptible
from training.local.progress import reported
from training.local.registry import serve_from
from training.option_values import BUILT_IN
from training.program import exit_code
from training.schemas.built_in import built_in
from training.scoring.score import load_scorer
from training.simulator.by_schema import SIMULATORS
from training.train import TrainOptions, train

ROWS: Final = 100_000
CALLS: Final = 100

COLD: Final = "cold start, ms"
APPROVED: Final = "approved, median, µs"
TAIL: Final = "approved, p99, µs"
STOPPED: Final = "stopped, median, µs"

type Samples = dict[tuple[str, str], list[float]]
"""By measure and schema."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model that a worker can load, and its two examples as events."""

    place: Place
    approved: dict[str, Any]
    stopped: dict[str, Any]


@contextmanager
def served(begin: Callable[[str], None]) -> Iterator[dict[str, Served]]:
    """Train a model of each built-in schema, and serve it from a local S3 of its own."""
    with TemporaryDirectory() as name, moved() as (core, others), ExitStack() as stack:
        found = {}
        for schema in BUILT_IN:
            begin(f"training on {ROWS:,} rows of {schema}")
            model = trained(Path(name) / schema, schema)
            aws = stack.enter_context(local_aws())
            with environment(aws.environment):
                serve_from(aws, model)
            found[schema] = _served(model, Place(core, others, aws.environment))
        yield found


def trained(folder: Path, schema: str) -> Path:
    """Train a model on simulated rows; return its directory."""
    folder.mkdir()
    data, model = folder / "data.parquet", folder / "model"
    write_transactions(SIMULATORS[schema].simulate(ROWS, 0), data)
    options = TrainOptions(
        built_in(schema),
        feature_set="decision-time",
        choose_ratio=False,
        compare=False,
        refit=False,
    )
    train(data, model, options)
    return model


def _served(model: Path, place: Place) -> Served:
    examples = load_scorer(model).bundle.examples
    approved, stopped = (
        asking("/predict", example.transaction) if example else {}
        for example in (examples.approved, examples.stopped)
    )
    return Served(place, approved, stopped)


def cold_starts(models: dict[str, Served], starts: int) -> Samples:
    """The time from the start of a process to its first answer."""
    samples: Samples = defaultdict(list)
    for number in range(starts + 1):
        for schema, model in models.items():
            begun = time.perf_counter()
            with worker(OURS, model.place) as running:
                running.ask(model.approved)
                elapsed = 1e3 * (time.perf_counter() - begun)
            if number:  # the first one warms the disk cache
                samples[COLD, schema].append(elapsed)
    return samples


def warm(models: dict[str, Served], rounds: int) -> Samples:
    """The times of warm answers."""
    samples: Samples = defaultdict(list)
    with ExitStack() as stack:
        workers = {
            schema: stack.enter_context(worker(OURS, model.place))
            for schema, model in models.items()
        }
        for number in range(rounds + 1):
            for schema, model in models.items():
                for measure, event in ((APPROVED, model.approved), (STOPPED, model.stopped)):
                    taken = workers[schema].ask(event, CALLS).nanoseconds
                    samples[measure, schema] += [each / 1e3 for each in taken if number]
    return samples


def figures(samples: Samples) -> dict[str, dict[str, float]]:
    """The figure of each measure and schema."""
    found = {
        measure: {schema: median(samples[measure, schema]) for schema in BUILT_IN}
        for measure in (COLD, APPROVED, STOPPED)
    }
    tail = {schema: quantiles(samples[APPROVED, schema], n=100)[98] for schema in BUILT_IN}
    return {**found, TAIL: tail}


def show(found: dict[str, dict[str, float]]) -> None:
    """Print each figure, and the ratio of the schemas."""
    first, second = BUILT_IN
    table = Table(title="One function, two schemas")
    for name in ("", *BUILT_IN, f"{second} / {first}"):
        table.add_column(name, justify="right" if name else "left")
    for measure, by_schema in found.items():
        ratio = by_schema[second] / by_schema[first]
        numbers = (f"{by_schema[schema]:.0f}" for schema in BUILT_IN)
        table.add_row(measure, *numbers, f"{ratio:.2f}")
    Console().print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.schemas", description="Latency of two schemas."
    )
    parser.add_argument("--starts", type=int, default=15, help="cold starts of each")
    parser.add_argument("--rounds", type=int, default=30, help=f"rounds of {CALLS} warm calls")
    with exit_code():
        options = parser.parse_args()
        require(OURS, ".ci/setup")
        compile_packages(OURS)
        with interruptible(), reported() as begin, served(begin) as models:
            begin(f"{options.starts} cold starts of each")
            samples = cold_starts(models, options.starts)
            begin(f"{options.rounds} rounds of warm calls")
            samples |= warm(models, options.rounds)
        show(figures(samples))


if __name__ == "__main__":
    main()
