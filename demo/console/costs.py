"""What each decision is expected to cost, by the policy that the API tells; and so, why it decides.

The API decides; this only shows its sums.
"""

from typing import Any

from console.payments import write_amount

type Policy = dict[str, Any]


def expected_costs(probability: float, amount: float, policy: Policy) -> dict[str, float]:
    """The expected cost of each decision, mildest first, in the model's currency."""
    loss = possible_loss(amount, policy)
    friction = policy["block_fixed"] + policy["block_share"] * amount
    genuine = 1 - probability
    return {
        "approve": probability * loss,
        "review": policy["review_cost"]
        + policy["shadow_price"]
        + genuine * policy["review_friction"]
        + probability * (1 - policy["review_catches"]) * loss,
        "block": genuine * friction,
    }


def possible_loss(amount: float, policy: Policy) -> float:
    """What a fraud of this amount costs if it passes."""
    return float(policy["fraud_fixed"] + policy["fraud_share"] * amount)


def why_they_differ(answer: dict[str, Any], amount: float, policy: Policy) -> str | None:
    """Why threshold and policy disagree on a payment; None where they agree."""
    if answer["is_fraud"] is (answer["decision"] != "approve"):
        return None
    costs = expected_costs(answer["fraud_probability"], amount, policy)
    chosen = costs.pop(answer["decision"])
    others = " and ".join(f"{write_amount(cost)} to {name}" for name, cost in costs.items())
    side = "reaches" if answer["is_fraud"] else "stays below"
    return (
        f"The probability {side} the threshold, so `is_fraud` is {str(answer['is_fraud']).lower()}."
        f" The decision is another question, what costs least: to {answer['decision']} is expected "
        f"to cost {write_amount(chosen)}, against {others}."
    )
