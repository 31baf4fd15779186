"""The verdict follows from the checks: one red light is a no-go, and says why."""

import inspect
from collections import defaultdict
from copy import deepcopy
from typing import Any, get_args

import pytest
from markupsafe import Markup

from training.analysis.findings import Code, warning
from training.commands.registry import challenge
from training.option_values import LEAKY
from training.reporting.checks import OF_FINDINGS
from training.reporting.report import render
from training.reporting.schema import RunMetrics
from training.reporting.verdict import verdict


@pytest.fixture
def good(metrics: RunMetrics) -> Any:
    """A run of which every check passes."""
    run: Any = deepcopy(metrics)
    arm = run["arms"][run["feature_set"]]
    arm["stopped"]["saved_a_month"] = {"amount": 2e6, "low": 1e6, "high": 3e6}
    arm["outcome"]["saved"]["single threshold"]["amount"] = 1.0
    arm["outcome"]["reviews_per_thousand"] = run["policy"]["reviews_per_thousand"]
    arm["calibration"]["observed_over_expected"] = 1.0
    run["split"]["test"]["frauds"] = 100
    run["published"]["data"] = "provided"
    run["settings"]["given_costs"] = ["review_cost"]
    run["findings"] = []
    return run


def test_a_run_whose_checks_all_pass_is_a_go(good: Any) -> None:
    found = verdict(good)

    assert {each["light"] for each in found["checks"]} == {"green"}
    assert (found["is_go"], found["sentence"]) == (True, "Every check passes.")


def test_simulated_payments_are_a_no_go(good: Any) -> None:
    good["published"]["data"] = "simulated"

    found = verdict(good)

    assert not found["is_go"]
    assert found["sentence"] == "Do not serve it, because it was trained on simulated payments."


def chosen(run: Any) -> Any:
    return run["arms"][run["feature_set"]]


def few_frauds(run: Any) -> None:
    run["split"]["test"]["frauds"] = 19


def split_by_hours(run: Any) -> None:
    run["split"]["by"] = "hours"


def may_lose_money(run: Any) -> None:
    chosen(run)["stopped"]["saved_a_month"]["low"] = 0.0


def short_window(run: Any) -> None:
    chosen(run)["stopped"]["saved_a_month"] = None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (few_frauds, "there are too few frauds"),
        (split_by_hours, "there is too little data"),
        (may_lose_money, "it may cost more than approving every payment"),
        (short_window, "it is not known what a month saves"),
    ],
)
def test_figures_that_say_no_are_a_no_go(good: Any, change: Any, reason: str) -> None:
    change(good)

    assert verdict(good)["sentence"] == f"Do not serve it, because {reason}."


def hardly_enough(run: Any) -> None:
    run["split"]["test"]["frauds"] = 99


def too_many_predicted(run: Any) -> None:
    chosen(run)["calibration"]["observed_over_expected"] = 0.79


def too_few_predicted(run: Any) -> None:
    chosen(run)["calibration"]["observed_over_expected"] = 1.26


def too_many_reviews(run: Any) -> None:
    chosen(run)["outcome"]["reviews_per_thousand"] = 1.26 * run["policy"]["reviews_per_thousand"]


def one_threshold_is_cheaper(run: Any) -> None:
    chosen(run)["outcome"]["saved"]["single threshold"]["amount"] = -1.0


def default_costs(run: Any) -> None:
    run["settings"]["given_costs"] = []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (hardly_enough, "the figures rest on few frauds"),
        (too_many_predicted, "it predicts too many frauds"),
        (too_few_predicted, "it predicts too few frauds"),
        (too_many_reviews, "analysts get more payments than the budget allows"),
        (one_threshold_is_cheaper, "one threshold for all amounts would have saved more"),
        (default_costs, "the money rests on default costs"),
    ],
)
def test_a_doubt_is_a_go_with_a_note(good: Any, change: Any, reason: str) -> None:
    change(good)

    found = verdict(good)

    assert found["is_go"]
    sentence = f"No check speaks against it. Before you decide, note that {reason}."
    assert found["sentence"] == sentence


@pytest.mark.parametrize("code", [*get_args(Code.__value__)])
def test_every_finding_has_a_light(good: Any, code: Code) -> None:
    good["findings"] = [warning(code, "title", "text")]
    good["history"] = {}
    if code == "split-by-hours":
        good["split"]["by"] = "hours"

    lights = [each["light"] for each in verdict(good)["checks"] if each["light"] != "green"]

    expected = OF_FINDINGS[code]["light"] if code in OF_FINDINGS else "red"
    assert lights == [expected]


def test_of_two_reasons_each_is_said_once(good: Any) -> None:
    good["findings"] = [warning(code, "", "") for code in ("leak", "not-calibrated")]
    good["settings"]["given_costs"] = []

    assert verdict(good)["sentence"] == (
        "Do not serve it, because a column seems to give the answer away and its probabilities "
        "are not calibrated. Before you decide, note that the money rests on default costs."
    )


def test_a_leak_is_named_in_words(good: Any) -> None:
    good["findings"] = [warning("leak", "", "")]
    good["leaks"]["alone"][0] |= {"feature": "emptied", "words": "Empties account"}

    texts = [each["text"] for each in verdict(good)["checks"] if each["light"] == "red"]

    assert len(texts) == 1
    assert "The best column alone (Empties account) ranks" in texts[0]


def test_the_leaky_baseline_is_a_no_go(good: Any) -> None:
    good["arms"][LEAKY] = chosen(good)
    good["feature_set"] = LEAKY
    del good["published"]

    reason = "because it uses columns that are known only after the payment"
    assert reason in verdict(good)["sentence"]


def test_a_go_names_the_margin_of_challenge(good: Any) -> None:
    good["verdict"] = verdict(good)

    assert inspect.signature(challenge).parameters["margin"].default == 0.01
    assert "first save at least 1 % of that model" in render(good, defaultdict(Markup))
