"""Print the results as tables."""

from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.serving.figures import QUANTILES, TARGETS, UNITS, Samples, Target, ratio, statistic
from benchmarks.serving.stacks import SHOWN

QUIET: Final = 0.98
"""Below this CPU share, so many calls were interrupted that the 99th percentile shows it."""


def show(machine: dict[str, Any], samples: Samples) -> None:
    """Print the machine, the figures and the targets."""
    console = Console(width=120, highlight=False)
    console.print(_machine(machine), soft_wrap=True)
    console.print(_figures(samples))
    console.print(_targets(samples))


def _machine(machine: dict[str, Any]) -> str:
    stacks = (
        f"{name}: " + ", ".join(f"{library} {version}" for library, version in found.items())
        for name, found in machine["versions"].items()
    )
    cores = f"{machine['cores']} cores, load {machine['load']:.1f} at the start"
    warm = f"warm calls: the stacks had their core for {machine['core_share']:.1%} of the time"
    if machine["core_share"] < QUIET:
        warm += "; p99 and p99.9 show interruptions by other processes: repeat on an idle machine"
    client = f"HTTP: the client was busy for {machine['client_busy']:.0%} of the time at most"
    about = f"{machine['processor']}, {cores}; {machine['system']}"
    table = f"with memory: {machine['left_out']} answers left out, which did not wait for the table"
    return "\n".join([about, machine["placement"], *stacks, warm, table, client])


def _figures(samples: Samples) -> Table:
    table = Table("measure", "stack")
    for name in ("n", *QUANTILES, "to tutorial", "to floor"):
        table.add_column(name, justify="right")
    for measure in UNITS:
        shown = [stack.name for stack in SHOWN if (measure, stack.name) in samples]
        for stack in shown:
            values = samples[measure, stack]
            table.add_row(
                f"{measure}, {UNITS[measure]}" if stack == shown[0] else "",
                stack,
                f"{len(values):,}",
                *(_number(statistic(values, which)) for which in QUANTILES),
                _number(ratio(samples, measure, stack, "tutorial")),
                _number(ratio(samples, measure, stack, "floor")),
                end_section=stack == shown[-1],
            )
    return table


def _targets(samples: Samples) -> Table:
    table = Table("target")
    for name in ("found", "at most", "aim", ""):
        table.add_column(name, justify="right")
    for target in TARGETS:
        table.add_row(
            str(target),
            *(_number(each) for each in (target.value(samples), target.most, target.aim)),
            _verdict(target, samples),
        )
    return table


def _verdict(target: Target, samples: Samples) -> str:
    met = target.is_met(samples)
    if met is None:
        return "too few samples"
    return "met" if met else "NOT MET"


def _number(value: float | None) -> str:
    """Format a number with three significant digits."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"
