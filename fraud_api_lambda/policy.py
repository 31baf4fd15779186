"""What to do about a payment: the decision with the least expected cost. Pure.

With probability p of fraud, loss L = fraud_fixed + fraud_share * amount and
friction F = block_fixed + block_share * amount, the expected costs are

- approve: p L
- review: review_cost + (1 - p) review_friction + p (1 - review_catches) L
- block: (1 - p) F

so the decisions are three stretches of p, or two where a review never pays. As with features, one
definition serves a payment and a column of them, by the `where` it is given.

References
----------
C. Elkan: The foundations of cost-sensitive learning, IJCAI 2001.
"""

from collections.abc import Callable
from typing import Any, Final

from fraud_api_lambda.transaction import Decision

type Value = Any
"""A float, or a NumPy column of them."""

NEVER: Final = 2.0
"""A probability that none reaches."""


def decide(fraud_probability: float, amount: float, policy: dict[str, Any]) -> Decision:
    """The decision with the least expected cost, the milder one of equals.

    Parameters
    ----------
    fraud_probability : float in (0, 1)
        Calibrated.
    amount : float
    policy : dict
        From the bundle: the numbers of the formulas above, and the `shadow_price` of a review,
        which keeps the queue within its budget.
    """
    review_above, block_above = cutoffs(amount, policy, _choose)
    if fraud_probability > block_above:
        return Decision.BLOCK
    return Decision.REVIEW if fraud_probability > review_above else Decision.APPROVE


def cutoffs(
    amount: Value, policy: dict[str, Any], where: Callable[[Value, Value, Value], Value]
) -> tuple[Value, Value]:
    """Above which probability a payment is reviewed, and above which it is blocked.

    The two are equal where a review never pays. Comparing with cutoffs, not costs, keeps the
    decision monotone in the probability whatever is rounded.
    """
    loss = policy["fraud_fixed"] + policy["fraud_share"] * amount
    friction = policy["block_fixed"] + policy["block_share"] * amount
    queue = policy["review_cost"] + policy["shadow_price"] + policy["review_friction"]
    caught = policy["review_catches"] * loss + policy["review_friction"]
    missed = friction - policy["review_friction"] + (1 - policy["review_catches"]) * loss
    review_above = _ratio(queue, caught, NEVER, where)
    review_until = _ratio(friction - queue, missed, -NEVER, where)
    block_above = _ratio(friction, loss + friction, NEVER, where)
    pays = review_above < review_until
    return where(pays, review_above, block_above), where(pays, review_until, block_above)


def _ratio(
    part: Value, whole: Value, otherwise: float, where: Callable[[Value, Value, Value], Value]
) -> Value:
    there = whole > 0
    return where(there, part / where(there, whole, 1.0), otherwise)


def _choose(condition: Value, yes: Value, no: Value) -> Value:
    return yes if condition else no
