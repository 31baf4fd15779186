"""Small pictures of an account's history."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from console.palette import LOWERS, NEUTRAL, RAISES
from console.payments import money
from console.plots.charts import Plot

DAYS: Final = 30
"""Before the payment; an account's state has some more."""

BAR: Final = 32
"""The height of a bar with its gap."""

DAY: Final = "datum.value ? (datum.value > 0 ? '+' : '') + datum.value + ' days' : 'this day'"

KINDS: Final = alt.Scale(domain=["other", "known fraud"], range=[LOWERS, RAISES])


def by_day(days: Sequence[dict[str, Any]]) -> Plot:
    """Payments of each day around the payment; known frauds in their colour, on top.

    Parameters
    ----------
    days : sequence of dict
        `days_ago`, `count` and `frauds`, of days with payments.
    """
    frame = pd.DataFrame(counts(days))
    first, last = min(-DAYS, frame["day"].min()), max(0, frame["day"].max())
    ticks = [day for day in (-DAYS, -20, -10, 0, last) if first <= day <= last]
    scale = alt.Scale(domain=[first - 0.5, last + 0.5], nice=False)
    x = alt.X(
        "day:Q",
        scale=scale,
        title=None,
        axis=alt.Axis(values=sorted({*ticks}), grid=False, labelExpr=DAY),
    )
    most = int(frame.groupby("day")["count"].sum().max())
    y = alt.Y(
        "count:Q",
        title="Payments",
        axis=alt.Axis(values=[0, most], format="d"),
        scale=alt.Scale(domain=[0, most * 1.1]),
    )
    bars = alt.Chart(frame).mark_bar(size=7, cornerRadiusEnd=1)
    now = alt.Chart(pd.DataFrame([{"day": 0}])).mark_rule(strokeDash=[3, 3], color=NEUTRAL)
    return alt.layer(
        now.encode(alt.X("day:Q", scale=scale, title=None)),
        bars.encode(
            x,
            y,
            alt.Color("kind:N", scale=KINDS, legend=None),
            alt.Order("kind:N", sort="descending"),
            tooltip=[
                alt.Tooltip("day:Q", title="Day"),
                alt.Tooltip("kind:N", title="Kind"),
                alt.Tooltip("count:Q", title="Payments"),
            ],
        ),
    ).properties(height=100)


def counts(days: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bars: for each day those known as frauds, and the others."""
    rows = []
    for each in days:
        day = -each["days_ago"]
        rows += [
            {"day": day, "kind": "other", "count": each["count"] - each["frauds"]},
            {"day": day, "kind": "known fraud", "count": each["frauds"]},
        ]
    return rows


def against_usual(amount: float, usual: float, currency: str) -> Plot:
    """The amount of a payment beside the usual amount of an account."""
    rows = [("This payment", amount, RAISES), ("Usual", usual, NEUTRAL)]
    told = [
        {"label": name, "amount": value, "text": money(value, currency), "colour": colour}
        for name, value, colour in rows
    ]
    most = 1.9 * (max(amount, usual) or 1.0)
    base = alt.Chart(pd.DataFrame(told)).encode(
        alt.Y("label:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False))
    )
    x = alt.X("amount:Q", axis=None, scale=alt.Scale(domain=[0, most], nice=False))
    colour = alt.Color("colour:N", scale=None)
    return alt.layer(
        base.mark_bar(height=14, cornerRadiusEnd=2).encode(x, colour, tooltip=["text:N"]),
        base.mark_text(align="left", dx=6, color=NEUTRAL).encode(x, text="text:N"),
    ).properties(height=2 * BAR)
