"""A waterfall: what moved a payment from the average to its own probability."""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd

from console.palette import LOWERS, NEUTRAL, RAISES
from console.plots.charts import LEGEND, Plot
from console.words import strength

MOST_BARS: Final = 7
"""Contributions with a bar of their own; all others share one."""

KINDS: Final = alt.Scale(
    domain=["raises", "lowers", "all together"], range=[RAISES, LOWERS, NEUTRAL]
)

IN_WORDS: Final = "\u2190 less suspicious \u00b7 more suspicious \u2192"
IN_LOG_ODDS: Final = "Log-odds of fraud, before calibration"


def waterfall(
    explanation: dict[str, Any], labels: Mapping[str, str], verdict: str, *, in_words: bool
) -> Plot:
    """A waterfall from the base value to the log-odds before calibration.

    Parameters
    ----------
    explanation : dict
        Of an answer.
    labels : dict of str to str
        The label of each feature.
    verdict : str
        The probability, in words.
    in_words : bool
        Say how strong a contribution is, without its log-odds.
    """
    frame = pd.DataFrame(steps(explanation, labels, verdict, in_words=in_words))
    low, high = frame["low"].min(), frame["high"].max()
    room = (0.45 if in_words else 0.15) * (high - low) or 1.0
    scale = alt.Scale(domain=[low - room / 3, high + 2 * room], nice=False)
    axis = alt.Axis(labels=not in_words, ticks=not in_words, grid=not in_words, tickCount=7)
    title = IN_WORDS if in_words else IN_LOG_ODDS
    x = alt.X("low:Q", scale=scale, title=title, axis=axis)
    order = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=140, ticks=False))
    kind = alt.Color("kind:N", scale=KINDS, legend=LEGEND)
    tooltip = [alt.Tooltip("label:N", title="Step"), alt.Tooltip("text:N", title="Effect")]
    base = alt.Chart(frame).encode(order, tooltip=tooltip)
    bars = base.mark_bar(cornerRadius=2, height={"band": 0.7})
    ends = base.mark_tick(thickness=4, size=20).transform_filter("datum.kind == 'all together'")
    text = base.mark_text(align="left", dx=6, color=NEUTRAL)
    return alt.layer(
        bars.encode(x, alt.X2("high:Q"), kind),
        ends.encode(x, kind),
        text.encode(alt.X("high:Q", scale=scale), text="text:N"),
    ).properties(height=28 * len(frame) + 70)


def steps(
    explanation: dict[str, Any], labels: Mapping[str, str], verdict: str, *, in_words: bool
) -> list[dict[str, Any]]:
    """The rows of the waterfall: an average payment, each contribution, and this payment."""
    total = explanation["base_value"]
    first = "" if in_words else f"{total:.2f}"
    rows = [_bar("An average payment", total, total, "all together", first)]
    for label, added in contributions(explanation, labels):
        kind = "raises" if added > 0 else "lowers"
        text = strength(added) if in_words else f"{added:+.2f}"
        rows.append(_bar(label, total, total + added, kind, text))
        total += added
    last = verdict if in_words else f"{total:.2f}"
    return [*rows, _bar("This payment", total, total, "all together", last)]


def _bar(label: str, start: float, end: float, kind: str, text: str) -> dict[str, Any]:
    low, high = sorted((start, end))
    return {"label": label, "low": low, "high": high, "kind": kind, "text": text}


def contributions(
    explanation: dict[str, Any], labels: Mapping[str, str]
) -> list[tuple[str, float]]:
    """Contributions by label of features, the largest first, the smallest summed at the end."""
    groups: dict[str, float] = {}
    for name, added in explanation["contributions"].items():
        label = labels.get(name, name)
        groups[label] = groups.get(label, 0.0) + added
    ranked = sorted(groups.items(), key=lambda group: -abs(group[1]))
    rest = sum(added for _, added in ranked[MOST_BARS:])
    named = ranked[:MOST_BARS]
    return [*named, ("All others", rest)] if len(ranked) > MOST_BARS else named
