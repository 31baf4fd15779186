"""Bar charts of the figures, one panel per measure, each with its own unit and scale."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from benchmarks.serving.figures import (
    APPROVED,
    COLD,
    HTTP,
    MEMORY,
    PACKAGES,
    UNITS,
    Reading,
    Samples,
    Statistic,
)
from benchmarks.serving.stacks import STACKS
from training.reporting.drawing import BLUE, INK, RC

COLOURS: Final = {"tutorial": "#8C8C8C", "floor": "#D0D0D0", "ours": BLUE}
"""They also differ in lightness."""

BAR: Final = 0.66
ROOM_FOR_FIGURES: Final = 1.38


@dataclass(frozen=True, slots=True)
class Panel:
    """A title, and the statistic of a measure to draw under it."""

    title: str
    measure: str
    statistic: Statistic = "median"


PANELS: Final = (
    Panel("Cold start", COLD),
    Panel("Warm answer, median", APPROVED),
    Panel("Warm answer, 99th percentile", APPROVED, "p99"),
    Panel("Requests (more is better)", HTTP),
    Panel("Memory when warm", MEMORY),
    Panel("Installed packages", PACKAGES),
)


def plot(samples: Samples, path: Path) -> None:
    """Write the bars as SVG, the same bytes for the same figures."""
    settings = {**RC, "svg.hashsalt": "serving", "axes.grid": False, "font.size": 9}
    with rc_context(settings):
        spacing = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06, wspace=0.06, hspace=0.08)
        figure = Figure((8.6, 3.4), layout=spacing)
        for axes, panel in zip(figure.subplots(2, 3).flat, PANELS, strict=True):
            _draw(axes, samples, panel)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def _draw(axes: Axes, samples: Samples, panel: Panel) -> None:
    values = {
        stack.name: value
        for stack in STACKS
        if (panel.measure, stack.name) in samples
        and (value := Reading(panel.measure, stack.name, panel.statistic).of(samples)) is not None
    }
    axes.set_title(panel.title, loc="left", fontsize=9.5, fontweight="bold", color=INK, pad=7)
    colours = [COLOURS[name] for name in values]
    axes.barh(range(len(values)), list(values.values()), BAR, color=colours)
    for place, (name, value) in enumerate(values.items()):
        _label(axes, place, value, UNITS[panel.measure], is_ours=name == "ours")
    axes.set_yticks(range(len(values)), list(values), color=INK)
    # Keeps the thickness of the bars if a stack is missing.
    axes.set_ylim(len(STACKS) - 0.45, -0.55)
    axes.set_xlim(0, ROOM_FOR_FIGURES * max(values.values(), default=1.0))
    axes.tick_params(length=0, labelbottom=False)
    axes.spines["bottom"].set_visible(False)


def _label(axes: Axes, place: int, value: float, unit: str, *, is_ours: bool) -> None:
    number = f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"
    axes.annotate(
        f"{number}{unit}" if unit.startswith("/") else f"{number} {unit}",
        (value, place),
        (4, 0),
        textcoords="offset points",
        verticalalignment="center",
        color=INK,
        fontweight="bold" if is_ours else "normal",
    )
