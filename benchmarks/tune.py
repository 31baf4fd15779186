"""Choose the function's memory size: ``python -m benchmarks.tune [--quick] [--json FILE]``.

Lambda gives CPU in proportion to memory. For each size, a cgroup quota limits the process to that
size's share of a core; cold start, latency and price are measured there.
"""

import argparse
import json
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.serving.children import Place, worker
from benchmarks.serving.measure import Begin, Effort, cold_start, recorded
from benchmarks.serving.places import place
from benchmarks.serving.quota import PERIOD_US, quota
from benchmarks.serving.stacks import OURS, compile_packages, require
from benchmarks.sizes import RULE, Row, row, share_of, verdict
from bootstrap.prices import READ, REGION
from bootstrap.transform import TEMPLATE, declared_by
from training.errors import CommandError
from training.local.processes import interruptible
from training.local.progress import reported

SIZES_MB: Final = (512, 768, 1024, 1536, 1769, 3008)
ARCHITECTURES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's name of each architecture, and the kernel's."""

FULL: Final = Effort(cold=10, rounds=10, calls=1_000)
QUICK: Final = Effort(cold=2, rounds=2, calls=200)

COLUMNS: Final = ("MB", "vCPU", "cold ms", "slowest", "warm ms", "p99", "USD")

Samples = Mapping[int, list[float]]
"""Milliseconds by size."""


def measured(effort: Effort, sizes: tuple[int, ...], begin: Begin) -> list[Row]:
    """Measure all sizes, alternating between them."""
    with ExitStack() as held:
        quotas = {size: held.enter_context(quota(share_of(size))) for size in sizes}
        begin("compiling the packages")
        compile_packages(OURS)
        where = held.enter_context(place(begin))
        places = {size: replace(where, quota=quotas[size]) for size in sizes}
        cold = _cold(places, effort, begin)
        warm = _warm(places, effort, begin)
    return [row(size, cold[size], warm[size]) for size in sizes]


def _cold(places: Mapping[int, Place], effort: Effort, begin: Begin) -> Samples:
    """The cold starts of each size; a first one, which warms the disk cache, is dropped."""
    found: dict[int, list[float]] = defaultdict(list)
    begin(f"{effort.cold} cold starts of each size")
    for _ in range(effort.cold + 1):
        for size, where in places.items():
            found[size].append(cold_start(OURS, where))
    return {size: each[1:] for size, each in found.items()}


def _warm(places: Mapping[int, Place], effort: Effort, begin: Begin) -> Samples:
    event = recorded("rest_v1_genuine")
    found: dict[int, list[float]] = defaultdict(list)
    with ExitStack() as running:
        workers = {size: running.enter_context(worker(OURS, each)) for size, each in places.items()}
        for asked in workers.values():
            asked.ask(event, effort.calls)
        begin(f"{effort.rounds} rounds of {effort.calls:,} payments")
        for _ in range(effort.rounds):
            for size, asked in workers.items():
                reply = asked.ask(event, effort.calls)
                found[size] += [each / 1e6 for each in reply.nanoseconds]
    return found


def show(rows: list[Row], default_mb: int, effort: Effort) -> None:
    """Print the conditions, the table, the rule and the size that it chooses."""
    console = Console(width=120, highlight=False)
    console.print(_about(effort), soft_wrap=True, markup=False)
    console.print(table(rows))
    console.print(f"Rule: {RULE}.", soft_wrap=True)
    console.print(verdict(rows, default_mb), soft_wrap=True)


def _about(effort: Effort) -> str:
    return f"""\
Measured: the serving process, without its container. {platform.platform()}, {os.cpu_count()} \
cores, load {os.getloadavg()[0]:.1f} at the end; only an idle machine gives reliable figures.
Each size: {effort.cold} cold starts with S3 on this machine; {effort.rounds * effort.calls:,} \
approved payments, one right after the other.
The quota is renewed every {PERIOD_US // 1000} ms: the median is the time on a whole core, and p99 \
that of answers that waited for the next quota.
USD: Lambda's share of the cost of a million payments, the only part that depends on the size; \
x86_64, list prices of {REGION}, {READ}."""


def table(rows: list[Row]) -> Table:
    """A table of every size on this machine's architecture; the other is marked as unmeasured."""
    found = Table("architecture")
    for name in COLUMNS:
        found.add_column(name, justify="right")
    for architecture, kernels in ARCHITECTURES.items():
        if kernels != platform.machine():
            found.add_row(architecture, *["-"] * len(COLUMNS))
            found.caption = (
                f"{architecture} not measured: this machine is {platform.machine()}; "
                "requirements.txt has wheels for both"
            )
            continue
        for each in rows:
            found.add_row(architecture, *_cells(each), end_section=each is rows[-1])
    return found


def _cells(found: Row) -> list[str]:
    return [
        f"{found.memory_mb:,}",
        f"{found.share:.2f}",
        f"{found.cold:,.0f}",
        f"{found.slowest_cold:,.0f}",
        f"{found.median:.3f}",
        f"{found.p99:.2f}",
        f"{found.usd_per_million:.2f}",
    ]


def _run(options: argparse.Namespace) -> None:
    require(OURS, ".ci/setup image")
    default_mb = int(declared_by(TEMPLATE.read_text())["MemoryMb"]["Default"])
    cores = len(os.sched_getaffinity(0))
    sizes = tuple(size for size in SIZES_MB if share_of(size) <= cores)
    effort = QUICK if options.quick else FULL
    with interruptible(), reported() as begin:
        rows = measured(effort, sizes, begin)
    show(rows, default_mb, effort)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        data = {"machine": platform.machine(), "rule": RULE, "default_mb": default_mb}
        data["sizes"] = [asdict(each) for each in rows]
        options.json.write_text(json.dumps(data, indent=2) + "\n")


def main() -> None:
    """Measure and print; exit with code 3 if no quota can be set."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tune", description="Choose the function's memory size."
    )
    parser.add_argument("--quick", action="store_true", help="a few repetitions: does it run?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure")
    try:
        _run(parser.parse_args())
    except CommandError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
