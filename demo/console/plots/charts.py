"""Plots of answers."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from console.palette import LOOKS, LOWERS, NEUTRAL

type Plot = alt.LayerChart | alt.FacetChart
"""The types of altair's layered charts."""

PERCENT: Final = alt.Axis(format="~%", tickCount=6)
LEAST: Final = 1e-6
"""The lower end of the axis of probabilities."""


LEGEND: Final = alt.Legend(
    title=None, orient="top", symbolOpacity=1, symbolSize=110, symbolStrokeWidth=0
)


def colour() -> alt.Color:
    """Decisions in their colours, in the same order everywhere."""
    scale = _scale([look.colour for look in LOOKS.values()])
    return alt.Color("decision:N", scale=scale, legend=LEGEND)


def shape() -> alt.Shape:
    """Decisions in their shapes."""
    scale = _scale([look.shape for look in LOOKS.values()])
    return alt.Shape("decision:N", scale=scale, legend=LEGEND)


def _scale(values: list[str]) -> alt.Scale:
    return alt.Scale(domain=list(LOOKS), range=values)


def probability(*, title: str) -> alt.Y:
    """Probabilities on a log axis."""
    scale = alt.Scale(type="log", domain=[LEAST, 1], clamp=True)
    return alt.Y("probability:Q", scale=scale, title=title, axis=alt.Axis(format="~%", values=TENS))


TENS: Final = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]


APPROVED: Final = "datum.decision == 'approve'"


def timeline(scored: Sequence[dict[str, Any]], *, threshold: float, days: float, kind: str) -> Plot:
    """Time, probability and decision of every payment so far; `kind` names its category."""
    frame = pd.DataFrame(scored, columns=["day", "probability", "decision", "amount", "kind"])
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, aria=False)  # too many to read out; a table has the alerts
        .encode(
            alt.X(
                "day:Q", scale=alt.Scale(domain=[0, days]), title="Day", axis=alt.Axis(tickCount=6)
            ),
            probability(title="Probability of fraud"),
            colour(),
            shape(),
            size=alt.condition(APPROVED, alt.value(22), alt.value(120)),
            opacity=alt.condition(APPROVED, alt.value(0.6), alt.value(1)),
            tooltip=[
                alt.Tooltip("kind:N", title=kind),
                alt.Tooltip("amount:Q", format=",.2f"),
                alt.Tooltip("probability:Q", format=".3~%"),
                "decision:N",
            ],
        )
    )
    level = alt.Chart(pd.DataFrame([{"probability": threshold}]))
    rule = level.mark_rule(strokeDash=[5, 4], color=NEUTRAL).encode(probability(title=""))
    return alt.layer(rule, points).properties(height=300)


def reliability(bins: Sequence[dict[str, Any]]) -> Plot:
    """Observed fraud rate over predicted probability, both on log axes."""
    frame = pd.DataFrame(bins)
    frame["observed_low"] = frame["observed_low"].clip(lower=LEAST)
    low = min(frame["expected"].min(), frame["observed_low"].min())
    scale = alt.Scale(type="log", domain=[low, 1], clamp=True)
    axis = alt.Axis(format="~%", values=[tick for tick in TENS if tick >= low])
    x = alt.X("expected:Q", scale=scale, axis=axis, title="Predicted: mean probability of the bin")
    title = "Observed: fraud rate of the bin"
    ideal = pd.DataFrame([{"expected": low, "observed": low}, {"expected": 1, "observed": 1}])
    base = alt.Chart(frame).encode(x)
    y = alt.Y("observed:Q", scale=scale, axis=axis, title=title)
    tooltip = [
        alt.Tooltip("expected:Q", title="Predicted", format=".3~%"),
        alt.Tooltip("observed:Q", title="Observed", format=".3~%"),
        alt.Tooltip("frauds:Q", title="Frauds"),
        alt.Tooltip("transactions:Q", title="Payments", format=",.0f"),
    ]
    return alt.layer(
        alt.Chart(ideal).mark_line(strokeDash=[5, 4], color=NEUTRAL).encode(x, y),
        base.mark_rule(color=LOWERS, strokeWidth=2).encode(
            alt.Y("observed_low:Q", scale=scale, title=title), alt.Y2("observed_high:Q")
        ),
        base.mark_point(filled=True, size=90, color=LOWERS, opacity=1).encode(y, tooltip=tooltip),
    ).properties(height=320)


def precision_over_recall(points: Sequence[dict[str, Any]], fraud_rate: float) -> Plot:
    """Precision at each recall with its interval, over the line of chance."""
    whole = alt.Scale(domain=[0, 1])
    base = alt.Chart(pd.DataFrame(points)).encode(
        alt.X("recall:Q", scale=whole, axis=PERCENT, title="Recall: share of frauds detected")
    )
    title = "Precision: share of alerts that are fraud"
    y = alt.Y("precision:Q", scale=whole, axis=PERCENT, title=title)
    tooltip = [alt.Tooltip("recall:Q", format=".0%"), alt.Tooltip("precision:Q", format=".3~%")]
    band = base.mark_area(opacity=0.18, color=LOWERS).encode(
        alt.Y("low:Q", scale=whole, title=title), alt.Y2("high:Q")
    )
    chance = alt.Chart(pd.DataFrame([{"precision": fraud_rate}]))
    return alt.layer(
        band,
        chance.mark_rule(strokeDash=[5, 4], color=NEUTRAL).encode(y),
        base.mark_line(color=LOWERS, strokeWidth=2.5).encode(y, tooltip=tooltip),
    ).properties(height=320)
