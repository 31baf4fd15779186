"""Plots of what-if curves: the probability over a quantity, or of each value of a category."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import altair as alt
import pandas as pd

from console.explore import Axis
from console.palette import NEUTRAL
from console.plots.charts import LEAST, TENS, Plot, colour, probability, shape

SHORT: Final = "format(datum.value, datum.value < 1000 ? '~g' : '~s')"
"""10k in place of 10,000; but 0.1, not 100m, which is taken for millions."""

ANSWER: Final = [
    alt.Tooltip("probability:Q", title="Probability", format=".3~%"),
    alt.Tooltip("decision:N", title="Decision"),
]


def curve(
    points: Sequence[dict[str, Any]],
    *,
    now: dict[str, Any],
    threshold: float,
    title: str,
    axis: Axis,
) -> Plot:
    """Probability over a quantity, on the regions of each decision.

    Parameters
    ----------
    points : sequence of dict
        `x`, `probability`, `decision` and `beyond`, with `x` rising, and above 0 on a log axis.
    now : dict
        The point of the payment itself.
    threshold : float
    title : str
        The name of the quantity.
    axis : Axis
        Any but CHOICE.
    """
    is_log = axis is Axis.LOG
    domain = [points[0]["x"], points[-1]["x"]]
    scale = alt.Scale(type="log" if is_log else "linear", domain=domain, nice=False)
    ticks = alt.Axis(labelExpr=SHORT, tickCount=5 if is_log else 8, grid=False)
    x = alt.X("x:Q", scale=scale, title=title, axis=ticks)
    y = probability(title="Probability of fraud")
    regions = (
        alt.Chart(pd.DataFrame(runs(points, log=is_log)))
        .mark_rect(opacity=0.28)
        .encode(alt.X("start:Q", scale=scale, title=title), alt.X2("end:Q"), colour())
    )
    line = alt.Chart(pd.DataFrame(points)).mark_line(strokeWidth=2.5, color=NEUTRAL)
    dashes = alt.Scale(domain=[False, True], range=[[1, 0], [2, 4]])
    beyond = alt.StrokeDash("beyond:N", scale=dashes, legend=None)
    spot = alt.Chart(pd.DataFrame([now] if now["x"] > 0 or not is_log else [], columns=list(now)))
    level = alt.Chart(pd.DataFrame([{"probability": threshold}]))
    tooltip = [alt.Tooltip("x:Q", title=title, format=",.0f" if is_log else "~g"), *ANSWER]
    return alt.layer(
        regions,
        level.mark_rule(strokeDash=[5, 4], color=NEUTRAL).encode(y),
        line.encode(x, y, beyond),
        spot.mark_point(filled=True, size=160, stroke="white", strokeWidth=2, opacity=1).encode(
            x, y, colour(), shape(), tooltip=tooltip
        ),
    ).properties(height=300)


def choices(
    points: Sequence[dict[str, Any]], *, now: dict[str, Any], threshold: float, title: str
) -> Plot:
    """Probability of each value of a category; parameters as of `curve`."""
    frame = pd.DataFrame(points).assign(size=lambda frame: frame["x"] == now["x"])
    scale = alt.Scale(type="log", domain=[LEAST, 1], clamp=True)
    axis = alt.Axis(format="~%", values=TENS)
    x = alt.X("probability:Q", scale=scale, title="Probability of fraud", axis=axis)
    order = alt.Y("x:N", sort="-x", title=title, axis=alt.Axis(labelLimit=160, grid=True))
    level = alt.Chart(pd.DataFrame([{"probability": threshold}]))
    marks = alt.Chart(frame).mark_point(filled=True, opacity=1, stroke="white")
    return alt.layer(
        level.mark_rule(strokeDash=[5, 4], color=NEUTRAL).encode(x),
        marks.encode(
            x,
            order,
            colour(),
            shape(),
            size=alt.condition("datum.size", alt.value(220), alt.value(80)),
            tooltip=[alt.Tooltip("x:N", title=title), *ANSWER],
        ),
    ).properties(height=max(300, 22 * len(points) + 60))


def runs(points: Sequence[dict[str, Any]], *, log: bool) -> list[dict[str, Any]]:
    """Intervals of one decision; a border is the mean, on the axis, of the points beside it."""
    intervals = [{"decision": points[0]["decision"], "start": points[0]["x"]}]
    for before, after in pairwise(points):
        if after["decision"] != before["decision"]:
            one, other = before["x"], after["x"]
            middle = (one * other) ** 0.5 if log else (one + other) / 2
            intervals[-1]["end"] = middle
            intervals.append({"decision": after["decision"], "start": middle})
    intervals[-1]["end"] = points[-1]["x"]
    return intervals
