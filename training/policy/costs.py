"""Costs of decisions: defaults, the shadow price of a review, and realised costs.

Pure. Costs are in the data's currency, one per row, multiplied by the row's weight.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from fraud_api_lambda.decisions.policy import Policy, cutoffs
from training.data.rows import Rows, ScoredRows
from training.policy.defaults import (
    MEDIAN_MULTIPLES,
    NO_CURRENCY,
    OTHER_DEFAULTS,
    currency_of,
)

APPROVE, REVIEW, BLOCK = range(3)

HALVINGS: Final = 60
BLOCKS_NOTHING: Final = 1.0
"""A threshold that no probability reaches."""


def fit_policy(given: dict[str, Any], trained: Rows, scored: ScoredRows) -> Policy:
    """Fit the shadow price and the single threshold of a policy.

    Parameters
    ----------
    given : dict
        Numbers that differ from the defaults.
    trained : Rows
        All training rows; some defaults are multiples of their median genuine amount.
    scored : ScoredRows
        The rows of the threshold window.
    """
    currency = currency_of(trained.dataset.schema)
    policy = policy_for(given, median_genuine_amount(trained), currency)
    single = cheapest_threshold(scored, policy)
    return replace(with_shadow_price(policy, scored), single_threshold=single)


def policy_for(given: dict[str, Any], median_amount: float, currency: str = NO_CURRENCY) -> Policy:
    """A policy with the given numbers, and defaults for the others.

    The shadow price and the single threshold have no effect until `fit_policy` sets them.
    """
    defaults = {
        name: share * median_amount for name, share in MEDIAN_MULTIPLES.items()
    } | OTHER_DEFAULTS
    learned = {"shadow_price": 0.0, "single_threshold": BLOCKS_NOTHING}
    return Policy(**{"currency": currency, **defaults, **learned, **given})


def median_genuine_amount(rows: Rows) -> float:
    """The weighted median amount of the genuine rows."""
    amounts, weights = rows.amounts[~rows.is_fraud], rows.weights[~rows.is_fraud]
    order = np.argsort(amounts, kind="stable")
    below = np.cumsum(weights[order])
    return float(amounts[order][np.searchsorted(below, below[-1] / 2)])


def with_shadow_price(policy: Policy, scored: ScoredRows) -> Policy:
    """The policy whose reviews, on these rows, stay within `reviews_per_thousand`.

    The shadow price is added to `review_cost`, so that the reviews that save least no longer pay.
    It is the lowest price that meets the budget, to within rounding, or 0 if none is needed.
    """
    budget, rows = policy.reviews_per_thousand / 1_000, scored.rows

    def reviewed(price: float) -> float:
        priced = replace(policy, shadow_price=price)
        decided = decisions(scored.probabilities, rows.amounts, priced)
        return float(np.average(decided == REVIEW, weights=rows.weights))

    if reviewed(0.0) <= budget:
        return replace(policy, shadow_price=0.0)
    # A review saves at most the cost of the largest fraud.
    low, high = 0.0, policy.fraud_fixed + policy.fraud_share * float(rows.amounts.max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reviewed(middle) <= budget else (middle, high)
    return replace(policy, shadow_price=high)


def decisions(probabilities: np.ndarray, amounts: np.ndarray, policy: Policy) -> np.ndarray:
    """The policy's decisions as `APPROVE`, `REVIEW` or `BLOCK`, shape (n_transactions,)."""
    # A tiny cost overflows a cutoff to infinity, as in Python's own division.
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
    """The threshold with the lowest realised cost if every payment at or above it is blocked."""
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
