"""The decision costs least by its own formulas, and never gets milder as fraud gets likelier."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.policy import decide
from fraud_api_lambda.transaction import Decision
from training.costs import decisions

money = st.floats(0, 1e6)
policies = st.fixed_dictionaries(
    {
        "fraud_fixed": money,
        "fraud_share": st.floats(0, 5),
        "review_cost": money,
        "review_friction": money,
        "review_catches": st.floats(0, 1),
        "block_fixed": money,
        "block_share": st.floats(0, 5),
        "shadow_price": money,
    }
)
probabilities = st.floats(1e-12, 1 - 1e-12)
amounts = st.floats(0, 1e9)

USUAL = {
    "fraud_fixed": 5.0,
    "fraud_share": 1.0,
    "review_cost": 2.0,
    "review_friction": 0.5,
    "review_catches": 0.8,
    "block_fixed": 5.0,
    "block_share": 0.05,
    "shadow_price": 0.0,
}
SEVERITY = list(Decision)


def expected_costs(p: float, amount: float, policy: dict[str, Any]) -> dict[Decision, float]:
    """The formulas, written down a second time."""
    loss = policy["fraud_fixed"] + policy["fraud_share"] * amount
    queue = policy["review_cost"] + policy["shadow_price"]
    return {
        Decision.APPROVE: p * loss,
        Decision.REVIEW: queue
        + (1 - p) * policy["review_friction"]
        + p * (1 - policy["review_catches"]) * loss,
        Decision.BLOCK: (1 - p) * (policy["block_fixed"] + policy["block_share"] * amount),
    }


@given(p=probabilities, amount=amounts, policy=policies)
def test_no_other_decision_costs_less(p: float, amount: float, policy: dict[str, Any]) -> None:
    costs = expected_costs(p, amount, policy)

    chosen = costs[decide(p, amount, policy)]

    least, scale = min(costs.values()), max(costs.values())
    assert chosen <= least + 1e-9 * scale


@given(p=probabilities, q=probabilities, amount=amounts, policy=policies)
def test_a_higher_probability_never_gets_a_milder_decision(
    p: float, q: float, amount: float, policy: dict[str, Any]
) -> None:
    low, high = sorted((p, q))

    decided = [SEVERITY.index(decide(each, amount, policy)) for each in (low, high)]

    assert decided == sorted(decided)


@given(p=probabilities, amount=amounts, policy=policies, useless=st.booleans())
def test_a_review_that_catches_nothing_or_costs_the_world_is_never_asked_for(
    p: float, amount: float, policy: dict[str, Any], useless: bool
) -> None:
    changed = {"review_catches": 0.0} if useless else {"review_cost": 1e18}

    assert decide(p, amount, {**policy, **changed}) is not Decision.REVIEW


def test_equal_costs_get_the_milder_decision() -> None:
    even = dict.fromkeys(USUAL, 0.0)

    assert decide(0.5, 10.0, even) is Decision.APPROVE
    assert decide(0.5, 10.0, {**even, "fraud_fixed": 1.0, "block_fixed": 1.0}) is Decision.APPROVE


@pytest.mark.parametrize(
    ("p", "decision"),
    [(0.001, Decision.APPROVE), (0.1, Decision.REVIEW), (0.9, Decision.BLOCK)],
)
def test_the_three_decisions_follow_the_probability(p: float, decision: Decision) -> None:
    assert decide(p, 1_000.0, USUAL) is decision


def test_an_amount_of_nothing_still_has_a_price() -> None:
    assert decide(0.99, 0.0, USUAL) is Decision.BLOCK


@given(policy=policies, rows=st.lists(st.tuples(probabilities, amounts), min_size=1, max_size=20))
def test_a_column_is_decided_as_its_payments_are(
    policy: dict[str, Any], rows: list[tuple[float, float]]
) -> None:
    p, amount = np.array(rows).T

    codes = decisions(p, amount, policy)

    assert [SEVERITY[code] for code in codes] == [decide(*row, policy) for row in rows]


@pytest.mark.parametrize(("p", "instead"), [(0.04, Decision.APPROVE), (0.1, Decision.BLOCK)])
def test_the_shadow_price_counts_as_the_cost_of_a_review(p: float, instead: Decision) -> None:
    assert decide(p, 1_000.0, USUAL) is Decision.REVIEW
    assert decide(p, 1_000.0, {**USUAL, "shadow_price": 100.0}) is instead
