"""What decisions cost: defaults in the data's own money, the price of a review, and realised costs.

Pure. A cost is in the data's currency and of one row, times the row's weight.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from fraud_api_lambda.policy import Policy, cutoffs
from training.policy.defaults import IN_MEDIANS, PLAIN

APPROVE, REVIEW, BLOCK = range(3)

CURRENCY: Final = "the data's currency"
HALVINGS: Final = 60
BLOCKS_NOTHING: Final = 1.0
"""A threshold that no probability reaches."""


@dataclass(frozen=True, slots=True)
class Priced:
    """Rows with what a decision on them needs, each of shape (n_transactions,).

    Attributes
    ----------
    probabilities : float in (0, 1)
        Calibrated.
    amounts : float
    is_fraud : bool
    weights : float
    """

    probabilities: np.ndarray
    amounts: np.ndarray
    is_fraud: np.ndarray
    weights: np.ndarray


def policy_for(given: dict[str, Any], median_amount: float) -> Policy:
    """The policy with every number written out: the given ones, and defaults for the others.

    What rows have to tell, the shadow price and the single threshold, is as if there were none.
    """
    defaults = {name: share * median_amount for name, share in IN_MEDIANS.items()} | PLAIN
    learned = {"shadow_price": 0.0, "single_threshold": BLOCKS_NOTHING}
    return Policy(**{"currency": CURRENCY, **defaults, **learned, **given})


def median_amount(amounts: np.ndarray, weights: np.ndarray) -> float:
    """The amount that half of the transactions stay below."""
    order = np.argsort(amounts, kind="stable")
    below = np.cumsum(weights[order])
    return float(amounts[order][np.searchsorted(below, below[-1] / 2)])


def with_shadow_price(policy: Policy, rows: Priced) -> Policy:
    """The policy whose reviews, on these rows, stay within `reviews_per_thousand`.

    A shadow price on top of `review_cost` makes the reviews that save least not pay any more: the
    least one, to within rounding, that meets the budget; 0 where it is met anyway.
    """
    budget = policy.reviews_per_thousand / 1_000

    def reviewed(price: float) -> float:
        decided = decisions(rows.probabilities, rows.amounts, replace(policy, shadow_price=price))
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


def costs(rows: Priced, decided: np.ndarray, policy: Policy) -> np.ndarray:
    """The realised cost of each row, in the data's currency; the shadow price is no cost."""
    paid = replace(policy, shadow_price=0.0)
    known = paid.expected_costs(rows.is_fraud.astype(float), rows.amounts)  # p is 0 or 1
    by_decision = [known.approve, known.review, known.block]
    cost: np.ndarray = rows.weights * np.choose(decided, by_decision)
    return cost


def cheapest_threshold(rows: Priced, policy: Policy) -> float:
    """The single threshold with the least realised cost, where all at or above it are blocked."""
    order = np.argsort(-rows.probabilities, kind="stable")
    approved, blocked = (
        costs(rows, np.full(len(order), what), policy)[order] for what in (APPROVE, BLOCK)
    )
    total = approved.sum() + np.cumsum(blocked - approved)
    ordered = rows.probabilities[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    best = last_of_tie[np.argmin(total[last_of_tie])]
    return float(ordered[best]) if total[best] < approved.sum() else BLOCKS_NOTHING
