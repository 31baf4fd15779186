"""The report's plots, as inline SVG: text stays text, no outside address, the same bytes each run.

Lines differ in dashes or markers as well as in colour, so that they survive greyscale print. The
colours are Okabe and Ito's, which colour-blind readers can tell apart.
"""

import io
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.analysis.golden_features import LeakFigures
from training.analysis.shap_values import Dependence, FeatureShap
from training.metrics.figures import Evaluation

BLUE, VERMILLION, GREEN, PURPLE, INK = "#0072B2", "#D55E00", "#00785A", "#8F4F79", "#333333"
STYLES: Final = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (PURPLE, ":"))
MARKS: Final = ((BLUE, "o"), (VERMILLION, "D"))
BANDS: Final = 2
"""Curves drawn with their interval; more bands would hide each other."""

LINEAR_TO: Final = 1_000
"""Amounts above this are on a log axis."""

RC: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#777777",
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "figure.constrained_layout.use": True,
}


def precision_recall_plot(arms: Mapping[str, Evaluation]) -> Markup:
    """Draw precision over recall of every feature set, the first ones with their interval."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for number, (name, arm) in enumerate(arms.items()):
            colour, dashes = STYLES[number % len(STYLES)]
            curve = arm["curve"]
            recall = [point["recall"] for point in curve]
            label = f"{name} ({arm['average_precision']:.3f})"
            precision = [point["precision"] for point in curve]
            axes.plot(recall, precision, color=colour, linestyle=dashes, label=label)
            if number < BANDS:
                low, high = [point["low"] for point in curve], [point["high"] for point in curve]
                axes.fill_between(recall, low, high, color=colour, alpha=0.15, linewidth=0)
        _share_axis(
            axes, "Recall: share of frauds caught", "Precision: share of alerts that are fraud"
        )
        figure.legend(loc="outside upper center", ncols=2, frameon=False)

    names = ", ".join(f"{name} {arm['average_precision']:.3f}" for name, arm in arms.items())
    return _svg("pr", (6.4, 4.4), draw, f"Precision over recall. Average precision: {names}.")


def reliability_plot(arms: Mapping[str, Evaluation]) -> Markup:
    """Draw the observed fraud rate over the predicted probability, in bins with equal frauds."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for (name, arm), (colour, mark) in zip(arms.items(), MARKS, strict=False):
            bins = arm["reliability"]
            low, seen, high = np.array(
                [(bin_["observed_low"], bin_["observed"], bin_["observed_high"]) for bin_ in bins]
            ).T
            axes.errorbar(
                [bin_["expected"] for bin_ in bins],
                seen,
                np.abs([seen - low, high - seen]),
                color=colour,
                marker=mark,
                linestyle="none",
                capsize=3,
                label=name,
            )
        lowest = min(bin_["observed_low"] for arm in arms.values() for bin_ in arm["reliability"])
        axes.plot(
            [lowest, 1], [lowest, 1], color="#777777", linestyle="--", label="predicted = observed"
        )
        axes.set(xscale="log", yscale="log")
        axes.set_xlabel("Predicted: mean fraud probability of the bin (0 to 1, log)")
        axes.set_ylabel("Observed: share of fraud in the bin (0 to 1, log)")
        axes.legend(frameon=False, loc="upper left")

    label = f"Reliability of {', '.join(arms)} in bins with about equal numbers of frauds."
    return _svg("reliability", (6.4, 4.4), draw, label)


def attribution_plot(features: list[FeatureShap]) -> Markup:
    """Draw the spread of each feature's SHAP values, for frauds and for genuine rows."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for number, feature in enumerate(features):
            for offset, name, spread, colour, mark in (
                (-0.17, "fraud", feature["fraud"], VERMILLION, "D"),
                (0.17, "genuine", feature["genuine"], BLUE, "o"),
            ):
                lowest, low, middle, high, highest = spread["quantiles"]
                at = number + offset
                axes.hlines(at, lowest, highest, color=colour, linewidth=1)
                axes.hlines(at, low, high, color=colour, linewidth=4)
                axes.plot(middle, at, marker=mark, color="white", markeredgecolor=colour)
                if number == 0:
                    axes.plot([], [], marker=mark, color=colour, linestyle="-", label=name)
        axes.set_yticks(range(len(features)), [feature["feature"] for feature in features])
        axes.invert_yaxis()
        axes.axvline(0, color="#777777", linewidth=0.8)
        axes.set_xlabel("SHAP value: added to the log-odds of fraud")
        figure.legend(loc="outside upper center", ncols=2, frameon=False)

    label = "Spread of SHAP values by feature, for frauds and for genuine payments."
    return _svg("shap", (6.4, 1.2 + 0.42 * len(features)), draw, label)


def dependence_plot(dependence: list[Dependence]) -> Markup:
    """Draw the SHAP value over the feature's own value, for the main features."""

    def draw(figure: Figure) -> None:
        grid = figure.subplots(-(-len(dependence) // 2), 2, squeeze=False)
        for axes, feature in zip(grid.flat, dependence, strict=False):
            _dependence(axes, feature)
        for axes in grid.flat[len(dependence) :]:
            axes.set_visible(False)

    names = ", ".join(feature["feature"] for feature in dependence)
    height = 2.7 * -(-len(dependence) // 2)
    return _svg("dependence", (6.8, height), draw, f"SHAP value along the value of {names}.")


def _dependence(axes: Axes, feature: Dependence) -> None:
    points = feature["points"]
    value, middle, low, high = np.array(
        [(point["value"], point["median"], point["low"], point["high"]) for point in points]
    ).T
    axes.errorbar(
        value,
        middle,
        np.abs([middle - low, high - middle]),
        color=BLUE,
        marker="o",
        markersize=4,
        linestyle="-" if len(value) > 2 else "none",
        linewidth=1,
        elinewidth=0.8,
        capsize=2,
    )
    axes.axhline(0, color="#777777", linewidth=0.8)
    if value.max() > LINEAR_TO:
        axes.set_xscale("symlog", linthresh=LINEAR_TO, linscale=0.5)
        axes.set_xlim(left=0)
        powers = range(int(np.log10(LINEAR_TO)), int(np.log10(value.max())) + 1)
        axes.set_xticks([0, *(10.0**power for power in powers)])
    name, unit = feature["feature"], feature["unit"]
    axes.set_xlabel(f"{name} ({unit})" if unit else name)
    axes.set_ylabel("added to log-odds")


def alone_plot(leaks: LeakFigures) -> Markup:
    """Draw the average precision of each feature alone, with the model's as a line."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        names = [feature["feature"] for feature in leaks["alone"]]
        axes.barh(names, [feature["average_precision"] for feature in leaks["alone"]], color=BLUE)
        axes.axvline(leaks["average_precision"], color=VERMILLION, linestyle="--")
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Average precision, 0 to 1; dashed: the model with all features")

    label = (
        f"Average precision of single features; the model's is {leaks['average_precision']:.3f}."
    )
    return _svg("alone", (6.4, 1 + 0.27 * len(leaks["alone"])), draw, label)


def _share_axis(axes: Axes, x: str, y: str) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=x, ylabel=y)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))


def _svg(
    name: str, size: tuple[float, float], draw: Callable[[Figure], None], label: str
) -> Markup:
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
