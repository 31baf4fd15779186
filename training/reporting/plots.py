"""The plots of how well a model ranks, predicts and saves."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.metrics.figures import Evaluation
from training.policy.figures import DayFigures
from training.reporting.drawing import (
    BLUE,
    GREY,
    HALF,
    MARKS,
    STYLES,
    VERMILLION,
    WIDE,
    share_axes,
    svg,
)
from training.reporting.formats import amount

BANDS: Final = 2
"""Curves drawn with their interval; more bands would hide each other."""

MOST_NAMED_DAYS: Final = 10


def saving_plot(days: list[DayFigures], currency: str, unit: str) -> Markup:
    """Draw what each day saves, and the fraud that is stopped and missed.

    Parameters
    ----------
    days : list of DayFigures
    currency : str
    unit : str
        The word before the number of a day; empty for dates.
    """

    def draw(figure: Figure) -> None:
        fraud, saved = figure.subplots(1, 2)
        at = np.arange(len(days))
        stopped = np.array([day["fraud_amount_stopped"] for day in days])
        missed = np.array([day["fraud_amount"] for day in days]) - stopped
        fraud.bar(at, stopped, color=BLUE, label="stopped")
        fraud.bar(
            at,
            missed,
            bottom=stopped,
            color="white",
            edgecolor=VERMILLION,
            hatch="///",
            label="missed",
        )
        fraud.set_title("Amount of fraud")
        fraud.legend(frameon=False, ncols=2, loc="upper left")
        fraud.set_ylim(0, 1.25 * max(1e-9, *(stopped + missed)))
        saved.bar(at, [day["saved"] for day in days], color=BLUE)
        saved.axhline(0, color=GREY, linewidth=0.8)
        saved.set_title("Saved against approving everything")
        for axes in (fraud, saved):
            _days(axes, [day["day"] for day in days], unit)
            axes.set_ylabel(f"in {currency}")
            axes.grid(visible=False, axis="x")
            axes.ticklabel_format(axis="y", style="plain")
            axes.yaxis.set_major_formatter(_amount)

    label = "Fraud stopped and missed, and the amount saved, on each day of the test window."
    return svg("saving", (WIDE, 2.7), draw, label)


def _amount(value: float, _: int) -> str:
    return amount(value)


def _days(axes: Axes, names: list[str], unit: str) -> None:
    """Name some days: all of a few, or the first and the last."""
    every = 1 if len(names) <= MOST_NAMED_DAYS else len(names) - 1
    shown = range(0, len(names), every)
    axes.set_xticks(list(shown), [names[day][-5:] if not unit else names[day] for day in shown])
    axes.set_xlabel(unit or "day (month-day)")


def precision_recall_plot(arms: Mapping[str, Evaluation]) -> Markup:
    """Draw precision over recall of every feature set, the first ones with their interval.

    Parameters
    ----------
    arms : mapping of str to Evaluation
        By the words for each feature set.
    """

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
        share_axes(
            axes, "Recall: share of frauds found", "Precision: share of alerts that are fraud"
        )
        figure.legend(loc="outside upper center", ncols=1, frameon=False)

    names = ", ".join(f"{name} {arm['average_precision']:.3f}" for name, arm in arms.items())
    return svg("pr", (HALF, 4.2), draw, f"Precision over recall. Average precision: {names}.")


def reliability_plot(arms: Mapping[str, Evaluation]) -> Markup:
    """Draw the actual fraud rate over the predicted one, in bins with equal frauds."""

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
        axes.plot([lowest, 1], [lowest, 1], color=GREY, linestyle="--", label="predicted = actual")
        axes.set(xscale="log", yscale="log")
        axes.set_xlabel("Predicted share of fraud (0 to 1, log)")
        axes.set_ylabel("Actual share of fraud (0 to 1, log)")
        axes.legend(frameon=False, loc="upper left")

    label = f"Reliability of {', '.join(arms)} in bins with about equal numbers of frauds."
    return svg("reliability", (HALF, 4.2), draw, label)
