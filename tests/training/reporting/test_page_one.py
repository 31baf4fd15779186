"""Page one answers a manager's questions, with the figures of metrics.json and no others."""

import re
from collections import defaultdict
from copy import deepcopy
from typing import Any

import pytest
from markupsafe import Markup

from training.reporting.report import render
from training.reporting.schema import RunMetrics
from training.reporting.verdict import with_verdict

NO_PLOTS: dict[str, Markup] = defaultdict(Markup)

STOPPED = {
    "hours": 144,
    "frauds_stopped": {"value": 0.7715, "low": 0.6512, "high": 0.8641},
    "genuine_stopped": {"value": 0.3333, "low": 0.2468, "high": 1.0},
    "saved_a_month": {"amount": 1_234_567.0, "low": -98_765.4, "high": 2_345_678.0},
    "by_day": [],
}
DECIDED = [
    {"decision": "approve", "transactions": 39_600.0, "frauds": 23.0},
    {"decision": "review", "transactions": 100.0, "frauds": 27.0},
    {"decision": "block", "transactions": 300.0, "frauds": 250.0},
]


@pytest.fixture
def run(metrics: RunMetrics) -> Any:
    """A run with 300 frauds in its test window, and costs in euros."""
    changed: Any = deepcopy(metrics)
    arm = changed["arms"][changed["feature_set"]]
    usual = {"fraud_amount": 0.0, "genuine_amount": 0.0, "cost": 0.0}
    arm |= {"stopped": deepcopy(STOPPED), "transactions": 40_000.0}
    arm["outcome"]["by_decision"] = [{**usual, **each} for each in DECIDED]
    changed["split"]["test"] |= {"frauds": 300, "rows": 40_000, "transactions": 40_000.0}
    changed["policy"]["currency"] = "EUR"
    return changed


def page_one(run: Any) -> str:
    """The words of page one."""
    html = render(with_verdict(run), NO_PLOTS)
    html = html[html.index("<main>") : html.index("The evidence")]
    text = re.sub(r"<[^>]+>", " ", html).replace("&nbsp;", " ").replace("&#39;", "'")
    return re.sub(r"\s+", " ", text)


def test_page_one_has_the_figures_of_metrics_json(run: Any) -> None:
    text = page_one(run)

    assert "Of 100 frauds 77 are stopped 95 % interval 65 to 86" in text
    assert "300 frauds: 250 blocked 27 held 23 missed" in text
    assert "Of 100 stopped payments 33 are genuine 95 % interval 25 to 100" in text
    assert "400 stopped: 123 genuine 277 fraud" in text
    assert "In a month 1.23 million EUR saved 95 % interval -98,800 to 2.35 million EUR" in text
    assert "Of 1,000 genuine payments , 3.1 are stopped: 1.26 blocked, 1.84 held." in text


def test_page_one_says_which_data_and_which_models(run: Any) -> None:
    run["data"] |= {"file": "payments <2>.csv", "first_step": 1, "last_step": 743}

    text = page_one(run)

    assert "payments &lt;2&gt;.csv , 31 days ( steps" in text
    assert f"Measured model {run['evaluated']['version']}, fitted until step" in text
    assert f"Served model {run['version']}: the same settings, fitted again until step" in text
    run["published"]["refitted"] = False
    assert "Served model the measured model itself" in page_one(run)


def test_amounts_without_a_currency_are_in_the_datas_currency(run: Any) -> None:
    run["policy"]["currency"] = "the data's currency"

    assert "1.23 million saved" in page_one(run)
    assert "-98,800 to 2.35 million in the data's currency" in page_one(run)


def test_a_loss_is_not_called_a_saving(run: Any) -> None:
    run["arms"][run["feature_set"]]["stopped"]["saved_a_month"]["amount"] = -54_321.0

    assert "In a month 54,300 EUR lost" in page_one(run)


def test_the_limits_stand_beside_the_figures(run: Any) -> None:
    text = page_one(run)

    for limit in (
        "Stopped means blocked at once, or held until an analyst has decided.",
        "Only frauds that somebody reported count.",
        "(default costs, not yours), in 30 days like the 6 days of the test window",
        "compared with approving every payment, not with your rules of today",
        "assumes that analysts recognise 80 of 100 frauds",
        "draw whole days of the test window",
    ):
        assert limit in text
    run["settings"]["given_costs"] = ["review_cost"]
    assert "default costs" not in page_one(run)


def test_with_few_frauds_page_one_says_so_in_place_of_figures(run: Any) -> None:
    run["split"]["test"]["frauds"] = 19

    text = page_one(run)

    assert "Of 100 frauds Too few to say: the test window has 19." in text
    assert text.count("Too few") == 3
    assert not re.search("77|33 are|1.23 million|interval", text[: text.index("Data and model")])


def test_a_short_window_has_no_saving_of_a_month(run: Any) -> None:
    run["arms"][run["feature_set"]]["stopped"] |= {"saved_a_month": None, "hours": 8}

    assert "In a month Not measured: the test window is only 8 hours long." in page_one(run)


def test_a_policy_that_stops_nothing_has_no_share_of_genuine_payments(run: Any) -> None:
    arm = run["arms"][run["feature_set"]]
    arm["stopped"]["genuine_stopped"] = None
    for each in arm["outcome"]["by_decision"][1:]:
        each |= {"transactions": 0.0, "frauds": 0.0}

    assert "Of 100 stopped payments It stops no payment of the test window." in page_one(run)


def test_every_check_is_on_page_one_with_its_light(run: Any) -> None:
    html = render(with_verdict(run), NO_PLOTS)
    checks = with_verdict(run)["verdict"]["checks"]
    rows = re.findall(r'aria-label="(\w+)">.*?</td><th scope="row">(.*?)</th>', html, re.DOTALL)

    assert rows == [(each["light"], each["name"]) for each in checks]
    assert len(checks) == 9
