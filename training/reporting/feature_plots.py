"""The plots of features, in their own words."""

from math import log10
from typing import Final

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.analysis.golden_features import LeakFigures
from training.analysis.shap_values import SECONDS, Dependence, FeatureShap
from training.reporting.drawing import BLUE, GREY, VERMILLION, WIDE, svg

MOST: Final = 10
"""Features in a plot; metrics.json has all of them."""

LINEAR_TO: Final = 1_000
"""Amounts above this are on a log axis."""

SPANS: Final = {"1 min": 60, "1 h": 3_600, "1 day": 86_400, "30 days": 2_592_000}
"""The ticks of an axis in seconds."""


MOST_CHARACTERS: Final = 44
"""Longer labels are cut: they would leave no room for the plot."""


def attribution_plot(features: list[FeatureShap]) -> Markup:
    """Draw the spread of the main features' SHAP values, for frauds and for genuine rows."""
    shown = features[:MOST]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for number, feature in enumerate(shown):
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
        axes.set_yticks(range(len(shown)), [_short(feature["words"]) for feature in shown])
        axes.invert_yaxis()
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_xlabel("Towards genuine (below 0) or towards fraud (above 0), in log-odds")
        figure.legend(loc="outside upper center", ncols=2, frameon=False)

    label = "Spread of SHAP values by feature, for frauds and for genuine payments."
    return svg("shap", (WIDE, 0.9 + 0.26 * len(shown)), draw, label)


def dependence_plot(dependence: list[Dependence]) -> Markup:
    """Draw the SHAP value over the feature's own value, for the main features."""

    def draw(figure: Figure) -> None:
        grid = figure.subplots(-(-len(dependence) // 2), 2, squeeze=False)
        for axes, feature in zip(grid.flat, dependence, strict=False):
            _dependence(axes, feature)
        for axes in grid.flat[len(dependence) :]:
            axes.set_visible(False)

    names = ", ".join(feature["words"] for feature in dependence)
    height = 2.1 * -(-len(dependence) // 2)
    return svg("dependence", (WIDE, height), draw, f"SHAP value along the value of {names}.")


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
    axes.axhline(0, color=GREY, linewidth=0.8)
    name, unit = _short(feature["words"]), feature["unit"]
    if unit == SECONDS:
        _spans(axes)
    elif value.max() > LINEAR_TO:
        axes.set_xscale("symlog", linthresh=LINEAR_TO, linscale=0.5)
        axes.set_xlim(left=min(0, value.min()))
        powers = range(int(log10(LINEAR_TO)), int(log10(value.max())) + 1)
        axes.set_xticks([0, *(10.0**power for power in powers)])
    axes.set_xlabel(f"{name} ({unit})" if unit and unit != SECONDS else name)
    axes.set_ylabel("towards fraud")


def _spans(axes: Axes) -> None:
    """Give an axis in seconds ticks in minutes, hours and days."""
    axes.set_xscale("symlog", linthresh=min(SPANS.values()), linscale=0.1)
    axes.set_xlim(left=0)
    axes.set_xticks(list(SPANS.values()), list(SPANS))
    axes.minorticks_off()


def alone_plot(leaks: LeakFigures) -> Markup:
    """Draw the average precision of the best features alone, with the model's as a line."""
    shown = leaks["alone"][:MOST]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        at = range(len(shown))
        axes.barh(at, [feature["average_precision"] for feature in shown], color=BLUE)
        axes.set_yticks(at, [_short(feature["words"]) for feature in shown])
        axes.axvline(leaks["average_precision"], color=VERMILLION, linestyle="--")
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("Average precision, 0 to 1; dashed: the model with all columns")

    label = (
        f"Average precision of single features; the model's is {leaks['average_precision']:.3f}."
    )
    return svg("alone", (WIDE, 0.7 + 0.19 * len(shown)), draw, label)


def _short(words: str) -> str:
    is_short = len(words) <= MOST_CHARACTERS
    return words if is_short else f"{words[: MOST_CHARACTERS - 1].rstrip()}…"
