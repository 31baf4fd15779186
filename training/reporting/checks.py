"""The checks of page one: what each looks at, and when its light is amber or red. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from training.analysis.findings import Code
from training.option_values import LEAKY
from training.reporting.figures import CheckResult, Light
from training.reporting.formats import amount, count, figure, in_currency
from training.reporting.schema import RunMetrics
from training.scoring.window_figures import ModelFigures

type CheckOf = Callable[[RunMetrics], CheckResult | None]

FEW, ENOUGH = 20, 100
"""Frauds in the test window: with fewer, figures say nothing, or only roughly."""

CLOSE: Final = 1.25
"""The factor by which frauds may differ from those predicted, and reviews exceed the budget."""

GIVEN_AWAY: Final = "a column seems to give the answer away"
SHORTCUT: Final = "the data has a shortcut that flatters the model"


def _light(light: Light, text: str, reason: str = "") -> CheckResult:
    return {"light": light, "text": text, "reason": reason}


OF_FINDINGS: Final[Mapping[Code, CheckResult]] = {
    "leak": _light("red", "One column alone does nearly all of the model's work.", GIVEN_AWAY),
    "too-good": _light("red", "The model is too good to be true.", GIVEN_AWAY),
    "emptied-accounts": _light(
        "amber",
        "Nearly all frauds empty the account to the cent, genuine payments do not.",
        SHORTCUT,
    ),
    "night": _light(
        "amber", "Frauds are far more frequent at night than genuine payments.", SHORTCUT
    ),
    "adds-nothing": _light(
        "red",
        "One column alone ranks payments as well as the model.",
        "the model is no better than one column alone",
    ),
    "not-calibrated": _light(
        "red",
        "The probabilities are not those of fraud, so decisions by cost may be wrong.",
        "its probabilities are not calibrated",
    ),
    "calibration-lost": _light(
        "red",
        "The measured model is calibrated, but the served one is not.",
        "the served model is not calibrated",
    ),
    "stops-nothing": _light("red", "The model stops no payment of its data.", "it stops nothing"),
    "approves-nothing": _light(
        "red", "The model approves no payment of its data.", "it approves nothing"
    ),
    "history-worse": _light(
        "amber",
        "On the test window, the model ranks payments better without them.",
        "account histories make it worse",
    ),
    "better-resampling": _light(
        "amber",
        "Another treatment of the few frauds gives a better model.",
        "another resampling gives a better model",
    ),
    "not-compared": _light(
        "amber",
        "The model was not compared with all others; one of them may do better.",
        "it was not compared with all other models",
    ),
}
"""The lights of findings; of "split-by-hours", see `_enough`."""


def _of(metrics: RunMetrics, *codes: Code) -> CheckResult | None:
    """The light of the first of some findings that the run has."""
    have = {finding["code"] for finding in metrics["findings"]}
    return next((OF_FINDINGS[code] for code in codes if code in have), None)


def _chosen(metrics: RunMetrics) -> ModelFigures:
    return metrics["arms"][metrics["feature_set"]]


def _money(metrics: RunMetrics, value: float) -> str:
    return f"{amount(value)}{in_currency(metrics['policy']['currency'])}"


def _real(metrics: RunMetrics) -> CheckResult | None:
    """Whether the payments are real; not known of a run that publishes no model."""
    if "published" not in metrics:
        return None
    if metrics["published"]["data"] == "simulated":
        return _light(
            "red",
            "The payments are simulated. The model has never seen a fraud of yours, and promote "
            "refuses to serve it to real callers.",
            "it was trained on simulated payments",
        )
    return _light("green", "The payments do not come from this program's simulator.")


def _enough(metrics: RunMetrics) -> CheckResult:
    frauds = metrics["split"]["test"]["frauds"]
    told = f"{frauds:,} frauds to measure on"
    if metrics["split"]["by"] == "hours":
        text = f"{told}, and too few days: no gap for late labels, no calibration."
        return _light("red", text, "there is too little data")
    if frauds < FEW:
        return _light(
            "red", f"Only {told}; fewer than {FEW} say nothing.", "there are too few frauds"
        )
    if frauds < ENOUGH:
        text = f"{told[:1].upper()}{told[1:]}: enough for rough figures; mind their intervals."
        return _light("amber", text, "the figures rest on few frauds")
    return _light("green", f"{told}.")


def _giveaway(metrics: RunMetrics) -> CheckResult:
    """Whether something tells the answer that a service would not know."""
    if metrics["feature_set"] == LEAKY:
        text = (
            "The model uses columns that are known only after the payment. It is never published."
        )
        return _light("red", text, "it uses columns that are known only after the payment")
    if found := _of(metrics, "leak", "too-good"):
        return {**found, "text": f"{found['text']} {_best_column(metrics)}"}
    found = _of(metrics, "emptied-accounts", "night")
    return found or _light("green", "No column gives the answer away, and no shortcut was found.")


def _more_than_one_column(metrics: RunMetrics) -> CheckResult | None:
    """Whether the model is better than its best column; of a leak, the other check tells."""
    if _of(metrics, "leak", "too-good"):
        return None
    found = _of(metrics, "adds-nothing") or _light("green", "")
    return {**found, "text": f"{found['text']} {_best_column(metrics)}".strip()}


def _best_column(metrics: RunMetrics) -> str:
    best = metrics["leaks"]["alone"][0]
    alone, reached = best["average_precision"], metrics["leaks"]["average_precision"]
    return (
        f"The best column alone ({best['words']}) ranks payments with {alone:.2f}, the model with "
        f"{reached:.2f}; 1 is perfect."
    )


def _probabilities(metrics: RunMetrics) -> CheckResult:
    if found := _of(metrics, "not-calibrated", "calibration-lost"):
        return found
    figures = _chosen(metrics)
    actual, ratio = (
        figures["transactions"] * figures["fraud_rate"],
        figures["calibration"]["observed_over_expected"],
    )
    text = f"Predicted frauds: {count(actual / ratio)}; actual: {count(actual)}."
    if 1 / CLOSE <= ratio <= CLOSE:
        return _light("green", text)
    return _light("amber", text, f"it predicts {'too many' if ratio < 1 else 'too few'} frauds")


def _saving(metrics: RunMetrics) -> CheckResult:
    """Whether the policy is sure to save money against approving every payment."""
    figures = _chosen(metrics)
    saved = figures["stopped"]["saved_a_month"]
    if saved is None:
        text = "The test window is too short to say what a month saves."
        return _light("red", text, "it is not known what a month saves")
    if saved["low"] <= 0:
        text = "It may cost more than approving every payment."
        return _light("red", text, "it may cost more than approving every payment")
    single = figures["outcome"]["saved"]["single threshold"]["amount"]
    if single < 0:
        text = "It saves money, but blocking above one threshold would have saved more."
        return _light("amber", text, "one threshold for all amounts would have saved more")
    least = _money(metrics, saved["low"])
    return _light("green", f"It saves money even at the low end of the interval: {least} a month.")


def _costs(metrics: RunMetrics) -> CheckResult:
    if metrics["settings"]["given_costs"]:
        return _light("green", "Some or all costs of decisions are your own.")
    return _light(
        "amber",
        "The costs of fraud, of reviews and of blocked customers are defaults, not your own.",
        "the money rests on default costs",
    )


def _reviews(metrics: RunMetrics) -> CheckResult:
    if found := _of(metrics, "stops-nothing", "approves-nothing"):
        return found
    outcome, budget = _chosen(metrics)["outcome"], metrics["policy"]["reviews_per_thousand"]
    text = (
        f"{figure(outcome['reviews_per_thousand'])} of 1,000 payments wait for an analyst, "
        f"{count(outcome['reviews_per_day'])} a day; the budget is {figure(budget)}."
    )
    if outcome["reviews_per_thousand"] <= CLOSE * budget:
        return _light("green", text)
    return _light("amber", text, "analysts get more payments than the budget allows")


def _histories(metrics: RunMetrics) -> CheckResult | None:
    if metrics["history"] is None:
        return None
    fine = "Knowing what the accounts did before does not make the model worse."
    return _of(metrics, "history-worse") or _light("green", fine)


def _alternatives(metrics: RunMetrics) -> CheckResult:
    fine = "No other model that was compared is clearly better."
    return _of(metrics, "better-resampling", "not-compared") or _light("green", fine)


CHECKS: Final[Mapping[str, CheckOf]] = {
    "Real payments": _real,
    "Enough frauds": _enough,
    "No giveaway": _giveaway,
    "More than one column": _more_than_one_column,
    "Probabilities": _probabilities,
    "Money": _saving,
    "Costs": _costs,
    "Analysts": _reviews,
    "Account histories": _histories,
    "Alternatives": _alternatives,
}
"""The checks in the order of page one; one without a result does not apply to the run."""
