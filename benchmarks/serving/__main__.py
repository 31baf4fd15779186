"""The command line: ``python -m benchmarks.serving [--quick] [--json FILE] [--plot FILE.svg]``."""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks.serving import figures, measure, stacks, with_memory
from benchmarks.serving.measure import QUICK, Begin, Collected, Effort
from benchmarks.serving.output import show
from benchmarks.serving.places import place
from benchmarks.serving.plot import plot
from training.errors import InputError
from training.local.processes import interruptible
from training.local.progress import reported
from training.program import exit_code


def prepared() -> dict[str, dict[str, str]]:
    """Compile every stack's packages; return their versions, which must be equal."""
    stacks.require(stacks.TUTORIAL, ".ci/setup tutorial")
    stacks.require(stacks.OURS, ".ci/setup")
    for stack in (stacks.TUTORIAL, stacks.OURS):
        stacks.compile_packages(stack)
    versions = {stack.name: stacks.versions(stack) for stack in (stacks.TUTORIAL, stacks.OURS)}
    stacks.check_same(versions)
    return versions


def measured(effort: Effort, begin: Begin) -> tuple[dict[str, Any], Collected]:
    """A description of this machine, and the samples of every measure."""
    begin("compiling the packages of both environments")
    machine = _machine() | {"versions": prepared()}
    with place(begin) as where:
        machine["placement"] = (
            f"each stack on core {where.core}; "
            f"S3, SSM, the table and the client on core {where.others}"
        )
        begin("comparing the answers")
        measure.check_agreement(where)
        with_memory.fill(where)
        samples = measure.cold_starts(where, effort.cold, begin)
        calls, machine["core_share"] = measure.warm(where, effort, begin)
        remembered, machine["left_out"] = with_memory.warm(where, effort, begin)
        requests, machine["client_busy"] = measure.http(where, effort, begin)
    for stack in (stacks.TUTORIAL, stacks.OURS):
        samples[figures.PACKAGES, stack.name] = [stacks.megabytes(stack.packages)]
    return machine, samples | calls | remembered | requests


def _machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "system": platform.platform(),
    }


def _run(options: argparse.Namespace) -> None:
    if not sys.platform.startswith("linux"):
        raise InputError("this benchmark needs Linux, because it pins each stack to a core")
    with interruptible(), reported() as begin:
        machine, samples = measured(QUICK if options.quick else Effort(), begin)
    show(machine, samples)
    if options.json:
        data = {"machine": machine, **figures.as_data(samples)}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(data, indent=2) + "\n")
    if options.plot:
        plot(samples, options.plot)
    figures.require_targets(samples)


def main() -> None:
    """Measure, print, and exit with code 3 if a target is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving", description="Latency and memory of three stacks."
    )
    parser.add_argument("--quick", action="store_true", help="a few repetitions: does it run?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every figure")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    with exit_code():
        _run(parser.parse_args())


if __name__ == "__main__":
    main()
