"""Policy costs: defaults, review budget, realised costs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.training.transfers import transfers
from training.data.rows import ScoredRows
from training.policy.costs import (
    APPROVE,
    BLOCK,
    BLOCKS_NOTHING,
    REVIEW,
    cheapest_threshold,
    costs,
    decisions,
    fit_policy,
    median_genuine_amount,
    policy_for,
    with_shadow_price,
)


def scored_rows(is_fraud: np.ndarray, probabilities: np.ndarray, **columns: Any) -> ScoredRows:
    return ScoredRows(transfers(is_fraud, **columns), np.log(probabilities), probabilities)


@pytest.fixture(scope="module")
def scored() -> ScoredRows:
    """Payments whose probabilities are true."""
    random = np.random.default_rng(0)
    probabilities = 1 / (1 + np.exp(-random.normal(-4, 2, 50_000)))
    amounts = random.lognormal(5, 1.5, 50_000)
    return scored_rows(random.random(50_000) < probabilities, probabilities, amount=amounts)


def test_defaults_are_multiples_of_the_median_genuine_amount() -> None:
    policy = policy_for({}, 200.0)

    assert policy.fraud_fixed == policy.block_fixed == 10.0
    assert (policy.review_cost, policy.review_friction) == (4.0, 1.0)
    assert (policy.fraud_share, policy.block_share) == (1.0, 0.05)
    assert (policy.review_catches, policy.reviews_per_thousand) == (0.8, 2.0)


def test_a_given_number_replaces_its_default() -> None:
    assert policy_for({"review_cost": 7.0, "currency": "EUR"}, 200.0).review_cost == 7.0


def test_a_policy_without_a_currency_has_that_of_the_schema() -> None:
    rows = transfers(np.array([True, False]))
    own = replace(rows.dataset, schema=replace(rows.dataset.schema, currency="USD"))
    scored = ScoredRows(rows, np.zeros(2), np.full(2, 0.5))

    assert fit_policy({}, rows, scored).currency == "the data's currency"
    assert fit_policy({}, replace(rows, dataset=own), scored).currency == "USD"
    assert fit_policy({"currency": "EUR"}, replace(rows, dataset=own), scored).currency == "EUR"


def test_the_median_amount_is_weighted_by_transactions() -> None:
    rows = transfers(
        np.array([False, False, False, True]),
        amount=[10.0, 1.0, 5.0, 99.0],
        weight=[1.0, 1.0, 170.0, 999.0],
    )

    assert median_genuine_amount(rows) == 5.0


@pytest.mark.parametrize("budget", [0.0, 1.0, 5.0, 1_000.0])
def test_the_shadow_price_keeps_reviews_within_the_budget(
    scored: ScoredRows, budget: float
) -> None:
    policy = with_shadow_price(policy_for({"reviews_per_thousand": budget}, 150.0), scored)

    reviewed = (
        1_000 * (decisions(scored.probabilities, scored.rows.amounts, policy) == REVIEW).mean()
    )
    assert reviewed <= budget
    if 0 < budget < 1_000:
        assert reviewed == pytest.approx(budget, abs=0.03)  # one row is 0.02
    if budget == 1_000:
        assert policy.shadow_price == 0


def test_realised_costs_follow_the_outcome() -> None:
    policy = policy_for({}, 100.0)
    two = transfers(np.array([True, False]), amount=1_000.0, weight=[1.0, 3.0])

    spent = {what: costs(two, np.full(2, what), policy).tolist() for what in range(3)}

    assert spent[APPROVE] == [1_005, 0]
    assert spent[REVIEW] == pytest.approx([2 + 0.2 * 1_005, 3 * 2.5])
    assert spent[BLOCK] == [0, 3 * 55]


def test_with_true_probabilities_the_policy_costs_less_than_any_single_threshold(
    scored: ScoredRows,
) -> None:
    policy = with_shadow_price(policy_for({"reviews_per_thousand": 1_000.0}, 150.0), scored)
    threshold = cheapest_threshold(scored, policy)
    single = np.where(scored.probabilities >= threshold, BLOCK, APPROVE)

    ours = costs(
        scored.rows, decisions(scored.probabilities, scored.rows.amounts, policy), policy
    ).sum()

    assert ours < costs(scored.rows, single, policy).sum()


def test_the_cheapest_threshold_is_cheaper_than_its_neighbours(scored: ScoredRows) -> None:
    policy = policy_for({}, 150.0)
    best = cheapest_threshold(scored, policy)

    spent = [
        costs(scored.rows, np.where(scored.probabilities >= cut, BLOCK, APPROVE), policy).sum()
        for cut in (best, best / 2, best * 1.5, 1.0, 0.0)
    ]

    assert spent[0] == min(spent)


def test_nothing_is_blocked_if_blocking_never_pays() -> None:
    upside_down = scored_rows(
        np.array([False, False, True]), np.array([0.9, 0.8, 0.1]), amount=10.0
    )

    assert cheapest_threshold(upside_down, policy_for({}, 1_000.0)) == BLOCKS_NOTHING
