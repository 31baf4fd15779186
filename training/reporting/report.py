"""The report and the model card of a training run, rendered from its metrics alone."""

from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from training.analysis.findings import sentence
from training.option_values import LEAKY
from training.reporting.plots import (
    alone_plot,
    attribution_plot,
    dependence_plot,
    precision_recall_plot,
    reliability_plot,
)
from training.reporting.schema import RunMetrics

HEADLINES: Final = ("decision-time", "strict")
"""The two feature sets on page one: with balances, and without."""


def report(metrics: RunMetrics) -> str:
    """Render one self-contained page of HTML: no script, no outside address, the same every time.

    Parameters
    ----------
    metrics : RunMetrics
        The content of ``metrics.json``.
    """
    return render(metrics, drawn(metrics))


def drawn(metrics: RunMetrics) -> dict[str, Markup]:
    """Draw the plots of `render`, by their names in its template."""
    shown = {name: metrics["arms"][name] for name in _headlines(metrics)}
    return {
        "precision_recall": precision_recall_plot(metrics["arms"]),
        "reliability": reliability_plot(shown),
        "attributions": attribution_plot(metrics["attributions"]["features"]),
        "dependence": dependence_plot(metrics["attributions"]["dependence"]),
        "alone": alone_plot(metrics["leaks"]),
    }


def render(metrics: RunMetrics, plots: dict[str, Markup]) -> str:
    """Render the report with plots already drawn: drawing takes nearly all of the time."""
    return _render("report.html.jinja", metrics, plots=plots)


def model_card(metrics: RunMetrics) -> str:
    """Render the model card in Markdown: intended use, evaluation and limits.

    References
    ----------
    M. Mitchell et al.: Model cards for model reporting, FAT* 2019.
    """
    return _render("model_card.md.jinja", metrics)


def _render(name: str, metrics: RunMetrics, **more: Any) -> str:
    environment = Environment(
        loader=PackageLoader("training.reporting"),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "share": _share,
        "count": _count,
        "figure": _figure,
        "sentence": sentence,
    }
    return environment.get_template(name).render(
        metrics=metrics,
        arm=metrics["arms"][metrics["feature_set"]],
        headlines=_headlines(metrics),
        leaky=LEAKY,
        **more,
    )


def _headlines(metrics: RunMetrics) -> list[str]:
    return [name for name in HEADLINES if name in metrics["arms"]] or [metrics["feature_set"]]


def _share(value: float | None) -> str:
    """A share as a percentage, with three decimals below 1 %."""
    if value is None:
        return "-"
    return f"{value:.1%}" if value == 0 or value >= 0.01 else f"{value:.3%}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _figure(value: float | None) -> str:
    """A number with three significant digits."""
    return "-" if value is None else f"{value:.3g}"
