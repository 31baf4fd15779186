"""The decision costs least by its own formulas, and never gets milder as fraud gets likelier."""

import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.decisions.policy import MOST, Policy, decide
from fraud_api_lambda.domain.assessment import Decision, ExpectedCosts
from tests.bundles import priced
from training.policy.costs import decisions

money = st.floats(0, 1e6)
policies = st.builds(
    Policy,
    currency=st.just("EUR"),
    fraud_fixed=money,
    fraud_share=st.floats(0, 5),
    review_cost=money,
    review_friction=money,
    review_catches=st.floats(0, 1),
    block_fixed=money,
    block_share=st.floats(0, 5),
    reviews_per_thousand=st.just(2.0),
    shadow_price=money,
    single_threshold=st.just(0.5),
)
probabilities = st.floats(1e-12, 1 - 1e-12)
amounts = st.floats(0, 1e9)

USUAL = Policy(
    currency="EUR",
    fraud_fixed=5.0,
    fraud_share=1.0,
    review_cost=2.0,
    review_friction=0.5,
    review_catches=0.8,
    block_fixed=5.0,
    block_share=0.05,
    reviews_per_thousand=2.0,
    shadow_price=0.0,
    single_threshold=0.5,
)
SEVERITY = list(Decision)


@given(p=probabilities, amount=amounts, policy=policies)
def test_the_decision_has_the_lowest_expected_cost(p: float, amount: float, policy: Policy) -> None:
    costs = asdict(policy.expected_costs(p, amount))

    decided = costs[decide(p, amount, policy)]

    lowest, scale = min(costs.values()), max(costs.values())
    assert decided <= lowest + 1e-9 * scale


def test_an_expected_cost_is_the_mean_of_what_fraud_and_genuine_cost() -> None:
    dear = replace(USUAL, shadow_price=3.0, review_catches=0.75)

    assert dear.expected_costs(0.0, 1_000.0) == ExpectedCosts(
        approve=0.0, review=2.0 + 3.0 + 0.5, block=5.0 + 50.0
    )
    assert dear.expected_costs(1.0, 1_000.0) == ExpectedCosts(
        approve=1_005.0, review=2.0 + 3.0 + 0.25 * 1_005.0, block=0.0
    )
    assert dear.expected_costs(0.5, 1_000.0) == ExpectedCosts(
        approve=502.5, review=5.0 + 0.25 + 125.625, block=27.5
    )


@given(p=probabilities, q=probabilities, amount=amounts, policy=policies)
def test_a_higher_probability_never_gets_a_milder_decision(
    p: float, q: float, amount: float, policy: Policy
) -> None:
    low, high = sorted((p, q))

    decided = [SEVERITY.index(decide(each, amount, policy)) for each in (low, high)]

    assert decided == sorted(decided)


@given(p=probabilities, amount=amounts, policy=policies, useless=st.booleans())
def test_a_review_that_catches_nothing_or_costs_the_world_is_never_asked_for(
    p: float, amount: float, policy: Policy, useless: bool
) -> None:
    changed = {"review_catches": 0.0} if useless else {"review_cost": 1e18}

    assert decide(p, amount, priced(policy, **changed)) is not Decision.REVIEW


def test_equal_costs_get_the_milder_decision() -> None:
    even = priced(USUAL, **dict.fromkeys(MOST, 0.0))

    assert decide(0.5, 10.0, even) is Decision.APPROVE
    assert decide(0.5, 10.0, replace(even, fraud_fixed=1.0, block_fixed=1.0)) is Decision.APPROVE


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
    policy: Policy, rows: list[tuple[float, float]]
) -> None:
    p, amount = np.array(rows).T

    codes = decisions(p, amount, policy)

    assert [SEVERITY[code] for code in codes] == [decide(*row, policy) for row in rows]


@pytest.mark.parametrize(("p", "instead"), [(0.04, Decision.APPROVE), (0.1, Decision.BLOCK)])
def test_the_shadow_price_counts_as_the_cost_of_a_review(p: float, instead: Decision) -> None:
    assert decide(p, 1_000.0, USUAL) is Decision.REVIEW
    assert decide(p, 1_000.0, replace(USUAL, shadow_price=100.0)) is instead


def test_plain_data_of_a_policy_makes_it_again() -> None:
    assert Policy.from_dict(USUAL.as_dict()) == USUAL


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, 1e300, 1, True, None, "1", [], {}])
@pytest.mark.parametrize("name", MOST)
def test_a_number_of_a_policy_is_finite_and_not_negative(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} is not a number from 0"):
        Policy.from_dict(USUAL.as_dict() | {name: value})


@pytest.mark.parametrize("value", ["", "x" * 65, "a\nb", None, 1.0, b"EUR"])
def test_a_currency_is_a_printable_name(value: object) -> None:
    with pytest.raises(ValueError, match="currency is not a name"):
        Policy.from_dict(USUAL.as_dict() | {"currency": value})


@pytest.mark.parametrize("name", USUAL.as_dict())
def test_a_policy_lacks_nothing(name: str) -> None:
    given = USUAL.as_dict()
    del given[name]

    with pytest.raises(ValueError, match=f"these differ: '{name}'"):
        Policy.from_dict(given)


def test_a_policy_has_nothing_more() -> None:
    with pytest.raises(ValueError, match="these differ: 'reviews_per_hundred'"):
        Policy.from_dict(USUAL.as_dict() | {"reviews_per_hundred": 1.0})
