"""The policy's backtest adds up, and its saving has an interval."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.training.transfers import transfers
from training.data.rows import ScoredRows
from training.policy.backtest import policy_outcome
from training.policy.costs import cheapest_threshold, policy_for, with_shadow_price
from training.policy.figures import PolicyOutcome

ROWS = 40_000


@pytest.fixture(scope="module")
def outcome() -> PolicyOutcome:
    random = np.random.default_rng(0)
    probabilities = 1 / (1 + np.exp(-random.normal(-5, 2, ROWS)))
    amounts = random.lognormal(5, 1.5, ROWS)
    is_fraud = random.random(ROWS) < probabilities
    rows = transfers(
        is_fraud,
        step=np.arange(ROWS) // 400,
        amount=amounts,
        typology=np.where(is_fraud, "scam", "genuine"),
    )
    scored = ScoredRows(rows, np.log(probabilities), probabilities)
    policy = with_shadow_price(policy_for({}, 150.0), scored)
    policy = replace(policy, single_threshold=cheapest_threshold(scored, policy))
    return policy_outcome(scored, policy, seed=0)


def test_every_payment_has_exactly_one_decision(outcome: dict[str, Any]) -> None:
    assert [each["decision"] for each in outcome["by_decision"]] == ["approve", "review", "block"]
    assert sum(each["transactions"] for each in outcome["by_decision"]) == ROWS


def test_the_costs_of_the_decisions_add_up(outcome: dict[str, Any]) -> None:
    total = sum(each["cost"] for each in outcome["by_decision"])

    assert total == pytest.approx(outcome["cost"]["policy"])


def test_reviews_are_counted_per_thousand_payments_and_per_day(
    outcome: dict[str, Any],
) -> None:
    reviewed = outcome["by_decision"][1]

    assert outcome["reviews_per_thousand"] == pytest.approx(1_000 * reviewed["transactions"] / ROWS)
    assert outcome["reviews_per_day"] == pytest.approx(reviewed["transactions"] / (100 / 24))
    assert outcome["queue_precision"] == reviewed["frauds"] / reviewed["transactions"]


@pytest.mark.parametrize(
    "way", ["approving all", "single threshold", "single threshold in hindsight"]
)
def test_the_saving_lies_within_its_interval(outcome: dict[str, Any], way: str) -> None:
    saved = outcome["saved"][way]

    assert saved["low"] < saved["amount"] < saved["high"]
    assert saved["amount"] == pytest.approx(outcome["cost"][way] - outcome["cost"]["policy"])


def test_larger_amounts_are_reviewed_at_lower_probabilities(outcome: dict[str, Any]) -> None:
    reviewed = [each["review_above"] for each in outcome["cutoffs"]]

    assert len(reviewed) == 5
    assert reviewed == sorted(reviewed, reverse=True)


def test_shares_of_a_typology_add_up_to_one(outcome: dict[str, Any]) -> None:
    assert [each["name"] for each in outcome["by_typology"]] == ["genuine", "scam"]
    for each in outcome["by_typology"]:
        assert each["approve"] + each["review"] + each["block"] == pytest.approx(1)
