"""Why the decision on a payment and its `is_fraud` disagree, in the API's own figures."""

from console.api import Answer
from console.payments import write_amount


def why_they_differ(answer: Answer) -> str | None:
    """Why threshold and policy disagree on a payment; None where they agree."""
    if answer["is_fraud"] is (answer["decision"] != "approve"):
        return None
    costs = dict(answer["expected_costs"])
    chosen = costs.pop(answer["decision"])
    others = " and ".join(f"{write_amount(cost)} to {name}" for name, cost in costs.items())
    side = "reaches" if answer["is_fraud"] else "stays below"
    return (
        f"The probability {side} the threshold, so `is_fraud` is {str(answer['is_fraud']).lower()}."
        f" The decision is the one with the lowest expected cost: {write_amount(chosen)} to "
        f"{answer['decision']}, against {others}."
    )
