"""Costs of decisions: defaults, the shadow price of a review, and realised costs.

Pure. A cost is in the data's currency, of one row, multiplied by the row's weight.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from fraud_api_lambda.policy import Policy, cutoffs
from training.data.rows import Rows, ScoredRows
from training.policy.defaults import IN_MEDIANS, PLAIN

APPROVE, REVIEW, BLOCK = range(3)

CURRENCY: Final = "the data's currency"
HALVINGS: Final = 60
BLOCKS_NOTHING: Final = 1.0
"""A threshold that no probability reaches."""


def fit_policy(given: dict[str, Any], trained: Rows, scored: ScoredRows) -> Policy:
    """A policy with its shadow price and its single threshold.

    Parameters
    ----------
    given : dict
        Numbers that differ from the defaults.
    trained : Rows
        All rows of the training: defaults are multiples of their median genuine amount.
    scored : ScoredRows
        Of the threshold window.
    """
    policy = policy_for(given, median_genuine_amount(trained))
    single = cheapest_threshold(scored, policy)
    return replace(with_shadow_price(policy, scored), single_threshold=single)


def policy_for(given: dict[str, Any], median_amount: float) -> Policy:
    """A policy of the given numbers, and of defaults for the others.

    The shadow price and the single threshold, which are learned from rows, have no effect yet.
    """
    defaults = {name: share * median_amount for name, share in IN_MEDIANS.items()} | PLAIN
    learned = {"shadow_price": 0.0, "single_threshold": BLOCKS_NOTHING}
    return Policy(**{"currency": CURRENCY, **defaults, **learned, **given})


def median_genuine_amount(rows: Rows) -> float:
    """The weighted median amount of the genuine rows."""
    amounts, weights = rows.amounts[~rows.is_fraud], rows.weights[~rows.is_fraud]
    order = np.argsort(amounts, kind="stable")
    below = np.cumsum(weights[order])
    return float(amounts[order][np.searchsorted(below, below[-1] / 2)])


def with_shadow_price(policy: Policy, scored: ScoredRows) -> Policy:
    """The policy whose reviews, on these rows, stay within `reviews_per_thousand`.

    The shadow price is added to `review_cost`, so that the reviews that save least no longer pay:
    the lowest price, to within rounding, that meets the budget, or 0 if no price is needed.
    """
    budget, rows = policy.reviews_per_thousand / 1_000, scored.rows

    def reviewed(price: float) -> float:
        priced = replace(policy, shadow_price=price)
        decided = decisions(scored.probabilities, rows.amounts, priced)
        return float(np.average(decided == REVIEW, weights=rows.weights))

    if reviewed(0.0) <= budget:
        return replace(policy, shadow_price=0.0)
    # A review saves at most what the largest fraud costs.
    low, high = 0.0, policy.fraud_fixed + policy.fraud_share * float(rows.amounts.max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reviewed(middle) <= budget else (middle, high)
    return replace(policy, shadow_price=high)


def decisions(probabilities: np.ndarray, amounts: np.ndarray, policy: Policy) -> np.ndarray:
    """The policy's decisions as `APPROVE`, `REVIEW` or `BLOCK`, shape (n_transactions,)."""
    # A cost of next to nothing puts a cutoff at infinity, as Python's own division does.
    with np.errstate(over="ignore"):
        review_above, block_above = cutoffs(amounts, policy, np.where)
    decided: np.ndarray = (probabilities > review_above).astype(int) + (probabilities > block_above)
    return decided


def costs(rows: Rows, decided: np.ndarray, policy: Policy) -> np.ndarray:
    """The realised cost of each row, in the data's currency, without the shadow price."""
    paid = replace(policy, shadow_price=0.0)
    known = paid.expected_costs(rows.is_fraud.astype(float), rows.amounts)  # p is 0 or 1
    by_decision = [known.approve, known.review, known.block]
    cost: np.ndarray = rows.weights * np.choose(decided, by_decision)
    return cost


def cheapest_threshold(scored: ScoredRows, policy: Policy) -> float:
    """The threshold with the least realised cost if all payments at or above it are blocked."""
    order = np.argsort(-scored.probabilities, kind="stable")
    approved, blocked = (
        costs(scored.rows, np.full(len(order), decision), policy)[order]
        for decision in (APPROVE, BLOCK)
    )
    total = approved.sum() + np.cumsum(blocked - approved)
    ordered = scored.probabilities[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    best = last_of_tie[np.argmin(total[last_of_tie])]
    return float(ordered[best]) if total[best] < approved.sum() else BLOCKS_NOTHING
