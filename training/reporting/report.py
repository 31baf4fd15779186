"""The report and the model card of a training run, rendered from its metrics alone."""

from functools import partial
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from fraud_api_lambda.features.plan import HISTORY, WITHOUT_HISTORY
from training.analysis.findings import sentence
from training.option_values import LEAKY
from training.policy.defaults import NO_CURRENCY
from training.reading.calendar import period
from training.reporting import formats
from training.reporting.checks import FEW
from training.reporting.feature_plots import alone_plot, attribution_plot, dependence_plot
from training.reporting.feature_sets import in_words
from training.reporting.plots import precision_recall_plot, reliability_plot, saving_plot
from training.reporting.schema import RunMetrics, SchemaFigures, end_of

HEADLINES: Final = ("decision-time", "strict")
"""The two feature sets whose calibration is drawn, of a model without account histories."""


def report(metrics: RunMetrics) -> str:
    """Render one self-contained page of HTML: no script, no outside address, the same every time.

    Printed, page one is for a manager, pages two and three have the plots, the rest is an appendix.

    Parameters
    ----------
    metrics : RunMetrics
        The content of ``metrics.json``.
    """
    return render(metrics, drawn(metrics))


def drawn(metrics: RunMetrics) -> dict[str, Markup]:
    """Draw the plots of `render`, by their names in its template."""
    arms, schema = metrics["arms"], metrics["schema"]
    headlines = {in_words(name, schema): arms[name] for name in _headlines(metrics)}
    by_day = arms[metrics["feature_set"]]["stopped"]["by_day"]
    unit = schema["time_unit"] and "day"
    return {
        "saving": saving_plot(by_day, metrics["policy"]["currency"], unit),
        "precision_recall": precision_recall_plot(
            {in_words(name, schema): arm for name, arm in arms.items()}
        ),
        "reliability": reliability_plot(headlines),
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
        "share": formats.share,
        "count": formats.count,
        "figure": formats.figure,
        "amount": formats.amount,
        "of_100": formats.of_100,
        "duration": formats.duration,
        "sentence": sentence,
        "end_of": partial(end_of, schema=metrics["schema"]),
        "in_words": partial(in_words, schema=metrics["schema"]),
    }
    arm = metrics["arms"][metrics["feature_set"]]
    currency = metrics["policy"]["currency"]
    return environment.get_template(name).render(
        metrics=metrics,
        arm=arm,
        decided={each["decision"]: each for each in arm["outcome"]["by_decision"]},
        verdict=metrics["verdict"],
        money=formats.in_currency(currency),
        currency_code="" if currency == NO_CURRENCY else currency,
        time=_time(metrics["schema"]),
        few=FEW,
        period=period,
        leaky=LEAKY,
        **more,
    )


def _headlines(metrics: RunMetrics) -> list[str]:
    if metrics["history"] is not None:
        return [HISTORY, WITHOUT_HISTORY]
    return [name for name in HEADLINES if name in metrics["arms"]] or [metrics["feature_set"]]


def _time(schema: SchemaFigures) -> str:
    """The heading above windows."""
    unit = schema["time_unit"]
    if not unit:
        return f"time ({schema['timezone']})"
    return "steps (hours)" if unit == "step" else f"{unit}s"
