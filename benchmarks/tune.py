"""Choose the function's memory size: ``python -m benchmarks.tune [--quick] [--json FILE]``.

Lambda gives CPU in proportion to memory. For each size, a cgroup quota limits the process to that
size's share of a core; cold start, latency and price are measured there.
"""

import argparse
import json
import os
import platform
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
from training.local.processes import interruptible
from training.local.progress import reported
from training.program import exit_code

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
    samples: dict[int, list[float]] = defaultdict(list)
    begin(f"{effort.cold} cold starts of each size")
    for _ in range(effort.cold + 1):
        for size, where in places.items():
            samples[size].append(cold_start(OURS, where))
    return {size: values[1:] for size, values in samples.items()}


def _warm(places: Mapping[int, Place], effort: Effort, begin: Begin) -> Samples:
    event = recorded("rest_v1_genuine")
    samples: dict[int, list[float]] = defaultdict(list)
    with ExitStack() as running:
        workers = {
            size: running.enter_context(worker(OURS, where)) for size, where in places.items()
        }
        for process in workers.values():
            process.ask(event, effort.calls)
        begin(f"{effort.rounds} rounds of {effort.calls:,} payments")
        for _ in range(effort.rounds):
            for size, process in workers.items():
                reply = process.ask(event, effort.calls)
                samples[size] += [duration / 1e6 for duration in reply.nanoseconds]
    return samples


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
    sizes = Table("architecture")
    for name in COLUMNS:
        sizes.add_column(name, justify="right")
    for architecture, kernels in ARCHITECTURES.items():
        if kernels != platform.machine():
            sizes.add_row(architecture, *["-"] * len(COLUMNS))
            sizes.caption = (
                f"{architecture} not measured: this machine is {platform.machine()}; "
                "requirements.txt has wheels for both"
            )
            continue
        for size in rows:
            sizes.add_row(architecture, *_cells(size), end_section=size is rows[-1])
    return sizes


def _cells(size: Row) -> list[str]:
    return [
        f"{size.memory_mb:,}",
        f"{size.share:.2f}",
        f"{size.cold:,.0f}",
        f"{size.slowest_cold:,.0f}",
        f"{size.median:.3f}",
        f"{size.p99:.2f}",
        f"{size.usd_per_million:.2f}",
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
        data["sizes"] = [asdict(size) for size in rows]
        options.json.write_text(json.dumps(data, indent=2) + "\n")


def main() -> None:
    """Measure and print; exit with code 3 if no quota can be set."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tune", description="Choose the function's memory size."
    )
    parser.add_argument("--quick", action="store_true", help="a few repetitions: does it run?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure")
    with exit_code():
        _run(parser.parse_args())


if __name__ == "__main__":
    main()
