"""What a policy stops and saves: shares and intervals that hold for few rows and for weights."""

from typing import Any

import numpy as np
import pytest

from tests.training.transfers import transfers
from training.data.rows import ScoredRows
from training.policy.backtest import policy_outcome
from training.policy.costs import policy_for
from training.policy.figures import StoppedFigures
from training.policy.stopped import stopped_figures

POLICY = policy_for({"fraud_share": 1.0, "review_cost": 1e9}, 100.0)
"""No payment is worth a review: it is blocked or approved."""

SURE, NO = 0.9, 1e-6
"""Probabilities of a payment that is blocked, and of one that is approved."""


def scored(probabilities: list[float], is_fraud: list[bool], **columns: Any) -> ScoredRows:
    p = np.array(probabilities)
    return ScoredRows(transfers(np.array(is_fraud), **columns), np.log(p), p)


def figures(
    n_frauds: int, n_missed: int, n_genuine: int, n_alarms: int, **columns: Any
) -> StoppedFigures:
    """Frauds, of which some are missed, and genuine payments, of which some are stopped."""
    probabilities = [SURE] * (n_frauds - n_missed) + [NO] * n_missed
    probabilities += [SURE] * n_alarms + [NO] * (n_genuine - n_alarms)
    is_fraud = [True] * n_frauds + [False] * n_genuine
    return stopped_figures(scored(probabilities, is_fraud, **columns), POLICY, seed=0)


def test_shares_count_what_is_stopped() -> None:
    found = figures(40, 10, 400, 20, step=np.arange(440) * 24 % 240)
    stopped, genuine = found["frauds_stopped"], found["genuine_stopped"]

    assert stopped is not None
    assert genuine is not None
    assert (stopped["value"], genuine["value"]) == (0.75, 0.4)
    assert 0.5 < stopped["low"] < 0.75 < stopped["high"] < 0.95


def test_a_payment_that_is_held_for_review_is_stopped() -> None:
    cheap = policy_for({"review_cost": 0.0, "review_friction": 0.0, "review_catches": 1.0}, 100.0)
    rows = scored([0.5, 0.5, NO], [True, False, False], step=np.array([1, 30, 60]))

    found = stopped_figures(rows, cheap, seed=0)

    reviewed = policy_outcome(rows, cheap, seed=0)["by_decision"][1]
    assert (reviewed["decision"], reviewed["frauds"]) == ("review", 1.0)
    assert found["frauds_stopped"] is not None
    assert found["frauds_stopped"]["value"] == 1.0


def test_a_share_without_a_row_has_an_upper_bound() -> None:
    genuine = figures(30, 0, 400, 0)["genuine_stopped"]

    assert genuine is not None
    assert (genuine["value"], genuine["low"]) == (0.0, 0.0)
    assert genuine["high"] == pytest.approx(1 - 0.025 ** (1 / 30))  # Clopper and Pearson


def test_a_genuine_row_that_stands_for_many_widens_the_interval() -> None:
    weights = np.where(np.arange(430) < 30, 1.0, 170.0)

    genuine = figures(30, 0, 400, 0, weight=weights)["genuine_stopped"]

    assert genuine is not None
    n_rows = 1 - 0.025 ** (1 / 30)
    assert genuine["high"] == pytest.approx(170 * n_rows / (170 * n_rows + 1 - n_rows))


def test_frauds_that_come_on_one_day_widen_the_interval() -> None:
    spread = figures(40, 20, 400, 0, step=np.arange(440) * 24 % 240)["frauds_stopped"]
    series = figures(40, 20, 400, 0, step=24 * np.where(np.arange(440) < 20, 1, 5))[
        "frauds_stopped"
    ]

    assert spread is not None
    assert series is not None
    assert series["low"] < spread["low"] - 0.1
    assert series["high"] > spread["high"] + 0.1


def test_a_policy_that_stops_nothing_has_no_share_of_genuine_payments() -> None:
    found = figures(3, 3, 10, 0)

    assert found["genuine_stopped"] is None
    assert found["frauds_stopped"] is not None
    assert found["frauds_stopped"]["value"] == 0.0


def test_a_month_is_30_days_like_those_of_the_window() -> None:
    steps = np.arange(240) + 1
    rows = scored([SURE] * 48 + [NO] * 192, [True] * 48 + [False] * 192, step=steps)
    outcome = policy_outcome(rows, POLICY, seed=0)["saved"]["approving all"]

    found = stopped_figures(rows, POLICY, seed=0)

    saved = found["saved_a_month"]
    assert saved is not None
    assert found["hours"] == 240
    assert saved["amount"] == pytest.approx(outcome["amount"] * 3)
    assert sum(day["saved"] for day in found["by_day"]) == pytest.approx(outcome["amount"])
    assert saved["low"] < saved["amount"] < saved["high"]


def test_the_interval_of_the_saving_draws_whole_days() -> None:
    saved = figures(72, 0, 10, 0, step=np.arange(82) % 72 + 1, amount=10.0)["saved_a_month"]

    assert saved is not None
    assert (saved["high"] - saved["low"]) / saved["amount"] > 1.5  # drawing payments gives 0.5


@pytest.mark.parametrize(("hours", "is_measured"), [(71, False), (72, True)])
def test_less_than_three_days_say_nothing_of_a_month(hours: int, is_measured: bool) -> None:
    steps = np.linspace(1, hours, 50).astype(int)

    found = figures(10, 0, 40, 0, step=steps)

    assert found["hours"] == hours
    assert (found["saved_a_month"] is not None) is is_measured


def test_days_are_numbered_and_a_day_without_payments_is_kept() -> None:
    found = figures(
        2, 1, 2, 0, step=np.array([1, 50, 2, 51]), amount=np.array([7.0, 9.0, 1.0, 1.0])
    )

    assert [day["day"] for day in found["by_day"]] == ["1", "2", "3"]
    assert [day["fraud_amount"] for day in found["by_day"]] == [7.0, 0.0, 9.0]
    assert [day["fraud_amount_stopped"] for day in found["by_day"]] == [7.0, 0.0, 0.0]


def test_the_same_seed_gives_the_same_figures() -> None:
    one, other = (figures(40, 10, 400, 20, step=np.arange(440) % 240) for _ in range(2))

    assert one == other
