"""Profile our cold start by package: ``python -m benchmarks.imports [--starts N]``.

Sums Python's import profile (``-X importtime``) by package, for the function as it ships with a
model from a local S3. Writing the profile slows the start by a few percent. Below the table: the
same with memory, by starts in turn.
"""

import argparse
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from statistics import median
from tempfile import TemporaryFile
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.serving.children import Place, worker
from benchmarks.serving.measure import recorded
from benchmarks.serving.places import place
from benchmarks.serving.stacks import OURS, OURS_WITH_MEMORY, Stack, compile_packages, require
from training.local.processes import interruptible
from training.local.progress import reported
from training.program import exit_code

PYTHON: Final = "Python's own"
REST: Final = "everything but imports"
SHOWN: Final = 12

_LINE: Final = re.compile(r"import time:\s+(-?\d+) \|\s+\d+ \|\s+([\w.]+)")


def by_package(profile: Iterable[str]) -> dict[str, float]:
    """The import time of each package in milliseconds, without the modules that it imports."""
    spent: dict[str, float] = defaultdict(float)
    for line in profile:
        if found := _LINE.fullmatch(line.rstrip()):
            top = found[2].partition(".")[0]
            name = PYTHON if top in sys.stdlib_module_names else top
            spent[name] += int(found[1]) / 1_000
    return spent


def cold_start(stack: Stack, where: Place) -> dict[str, float]:
    """Time one cold start, in milliseconds: the imports of each package, and the rest."""
    with TemporaryFile("w+") as profile:
        begun = time.perf_counter()
        options = ("-X", "importtime")
        with worker(stack, where, options=options, stderr=profile.fileno()) as running:
            running.ask(recorded("rest_v1_genuine"))
            elapsed = 1_000 * (time.perf_counter() - begun)
        profile.seek(0)
        spent = by_package(profile)
    return {**spent, REST: elapsed - sum(spent.values())}


def medians(starts: list[dict[str, float]]) -> dict[str, float]:
    """The median time of each package over all starts, largest first."""
    names = set().union(*starts)
    by_name = {name: median(start.get(name, 0.0) for start in starts) for name in names}
    return dict(sorted(by_name.items(), key=lambda item: -item[1]))


def in_turn(where: Place, number: int) -> dict[Stack, list[dict[str, float]]]:
    """Time cold starts without and with memory, in turn; the first ones warm the disk cache."""
    starts: dict[Stack, list[dict[str, float]]] = {OURS: [], OURS_WITH_MEMORY: []}
    for _ in range(number + 1):
        for stack, found in starts.items():
            found.append(cold_start(stack, where))
    return {stack: found[1:] for stack, found in starts.items()}


def total_ms(starts: list[dict[str, float]]) -> float:
    """The sum of the packages' medians, as in the table's title."""
    return sum(medians(starts).values())


def table(spent: dict[str, float]) -> Table:
    """A table of the largest packages and the sum of the others, with cumulative shares."""
    total, so_far = sum(spent.values()), 0.0
    shown = Table("package", title=f"{total:,.0f} ms from the start of Python to the answer")
    for name in ("ms", "share", "cumulative"):
        shown.add_column(name, justify="right")
    largest = list(spent.items())[:SHOWN]
    others = total - sum(value for _, value in largest)
    for name, value in [*largest, (f"{max(0, len(spent) - SHOWN)} others", others)]:
        so_far += value
        shown.add_row(name, f"{value:.1f}", f"{value / total:.1%}", f"{so_far / total:.1%}")
    return shown


def main() -> None:
    """Measure the cold starts and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.imports", description="Profile our cold start by package."
    )
    parser.add_argument("--starts", type=int, default=9, metavar="N")
    options = parser.parse_args()
    with exit_code(), interruptible(), reported() as begin:
        require(OURS, ".ci/setup")
        begin("compiling the packages")
        compile_packages(OURS)
        with place(begin) as where:
            begin(f"{options.starts} cold starts")
            starts = in_turn(where, options.starts)
    console = Console(width=100, highlight=False)
    console.print(table(medians(starts[OURS])))
    console.print(f"With memory: {total_ms(starts[OURS_WITH_MEMORY]):,.0f} ms")


if __name__ == "__main__":
    main()
