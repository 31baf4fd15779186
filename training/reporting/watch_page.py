"""The page of a watch, rendered from its result alone."""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from training.reporting.formats import count, figure
from training.watch.watched import Watched
from training.watch.words import percent

WIDTH: Final = 240
"""Of the longest bar, in the units of the drawing."""


def watch_page(watched: Watched) -> str:
    """Render one self-contained page of HTML, without a script or an outside address."""
    environment = Environment(
        loader=PackageLoader("training.reporting"),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"count": count, "figure": figure, "percent": percent}
    numbers = [each.as_dict() for each in watched.numbers]
    ordered = sorted(numbers, key=lambda each: (not each["is_alarm"], -each["psi"]))
    return environment.get_template("watch.html.jinja").render(
        watched=watched,
        found=watched.as_dict(),
        numbers=[
            {**each, "bars": _bars(each["bins"], each["before"], each["now"])} for each in ordered
        ],
    )


def _bars(names: list[str], before: list[float], now: list[float]) -> list[dict[str, str | float]]:
    """The bins that hold payments, with the lengths of their two bars."""
    longest = max((*before, *now)) or 1.0
    return [
        {
            "name": name,
            "before": then,
            "now": today,
            "before_width": round(WIDTH * then / longest, 1),
            "now_width": round(WIDTH * today / longest, 1),
        }
        for name, then, today in zip(names, before, now, strict=True)
        if then or today
    ]
