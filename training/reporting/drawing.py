"""Drawing of plots as inline SVG: text stays text, no outside address, the same bytes each run.

Lines differ in dashes or markers as well as in colour, so that they survive greyscale print. The
colours are Okabe and Ito's, which colour-blind readers can tell apart.
"""

import io
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#00785A", "#8F4F79"
GREY, INK = "#777777", "#333333"
STYLES: Final = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (PURPLE, ":"), (GREY, "-"))
MARKS: Final = ((BLUE, "o"), (VERMILLION, "D"))

WIDE, HALF = 8.4, 5.0
"""The widths of plots in inches: across a page, and two beside each other."""

RC: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#777777",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "figure.constrained_layout.use": True,
}


def share_axes(axes: Axes, x: str, y: str) -> None:
    """Label two axes of shares from 0 to 100 %."""
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=x, ylabel=y)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))


def svg(name: str, size: tuple[float, float], draw: Callable[[Figure], None], label: str) -> Markup:
    """Render a figure as an SVG element whose ids start with `name`, described by `label`."""
    # A salt gives clip paths the same ids in every run.
    with rc_context({**RC, "svg.hashsalt": name}):
        figure = Figure(size)
        draw(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'(\bid="|url\(#|href="#)', partial(_prefixed, name), text)
    title = Markup("<title>{}</title>").format(label)
    head, body = text.split(">", 1)
    return Markup(f'{head} role="img" aria-label="{Markup.escape(label)}">{title}{body}')  # noqa: S704  # matplotlib escapes its texts


def _prefixed(name: str, opening: re.Match[str]) -> str:
    return f"{opening[1]}{name}-"
