"""The report and the model card of a training run, rendered from its metrics alone."""

from functools import partial
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from fraud_api_lambda.features.plan import HISTORY, WITHOUT_HISTORY
from training.analysis.findings import sentence
from training.option_values import LEAKY
from training.reading.calendar import period
from training.reporting.plots import (
    alone_plot,
    attribution_plot,
    dependence_plot,
    precision_recall_plot,
    reliability_plot,
)
from training.reporting.schema import RunMetrics, SchemaFigures, end_of

HEADLINES: Final = ("decision-time", "strict")
"""The two feature sets on page one of a model without account histories."""


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
        "end_of": partial(end_of, schema=metrics["schema"]),
    }
    return environment.get_template(name).render(
        metrics=metrics,
        arm=metrics["arms"][metrics["feature_set"]],
        headlines={name: _about(name, metrics) for name in _headlines(metrics)},
        time=_time(metrics["schema"]),
        period=period,
        leaky=LEAKY,
        **more,
    )


def _headlines(metrics: RunMetrics) -> list[str]:
    if metrics["history"] is not None:
        return [HISTORY, WITHOUT_HISTORY]
    return [name for name in HEADLINES if name in metrics["arms"]] or [metrics["feature_set"]]


_ABOUT: Final = {
    ("decision-time", True, True): "Uses the payer's balance before the payment.",
    ("decision-time", True, False): "Uses the payer's balance before the payment.",
    ("decision-time", False, True): "Uses the hour of the payment.",
    ("strict", True, True): "Uses neither balances nor the hour.",
    ("strict", True, False): "Uses no balances.",
    ("strict", False, True): "Does not use the hour.",
}
"""The facts that a feature set uses or leaves out, where there are balances and hours."""


def _about(feature_set: str, metrics: RunMetrics) -> str:
    """A sentence on the facts that a feature set uses or leaves out."""
    if feature_set == HISTORY:
        return "Uses what the accounts did before, too."
    if metrics["history"] is not None:
        return "The second model, which answers where no history is known."
    schema = metrics["schema"]
    return _ABOUT.get((feature_set, schema["has_balance"], schema["has_hours"]), "")


def _time(schema: SchemaFigures) -> str:
    """The heading above windows."""
    unit = schema["time_unit"]
    if not unit:
        return f"time ({schema['timezone']})"
    return "steps (hours)" if unit == "step" else f"{unit}s"


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
