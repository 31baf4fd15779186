"""The decision on a payment: the one with the lowest expected cost. Pure.

With probability p of fraud, loss L = fraud_fixed + fraud_share * amount and
friction F = block_fixed + block_share * amount, the expected costs are

- approve: p L
- review: review_cost + shadow_price + (1 - p) review_friction + p (1 - review_catches) L
- block: (1 - p) F

so the decisions are three intervals of p, or two where a review never pays. As with features, one
definition serves one payment and a column of payments.

References
----------
C. Elkan: The foundations of cost-sensitive learning, IJCAI 2001.
"""

from dataclasses import asdict, dataclass
from typing import Final

from fraud_api_lambda.domain.assessment import Decision, ExpectedCosts
from fraud_api_lambda.domain.checks import LARGEST, check_fields, check_number
from fraud_api_lambda.domain.elementwise import Value, Where, choose

NEVER: Final = 2.0
"""A cutoff above every probability."""

MOST: Final[dict[str, float]] = {
    "fraud_fixed": LARGEST,
    "fraud_share": 1e6,
    "review_cost": LARGEST,
    "review_friction": LARGEST,
    "review_catches": 1.0,
    "block_fixed": LARGEST,
    "block_share": 1e6,
    "reviews_per_thousand": 1_000.0,
    "shadow_price": LARGEST,
    "single_threshold": 1.0,
}
"""The upper limit of each number; the lower one is 0."""

MAX_CURRENCY: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The costs of decisions, in the currency of the amounts.

    Attributes
    ----------
    currency : str
        Printable, 1 to 64 characters.
    fraud_fixed, fraud_share : float
        The cost of an approved fraud: a fixed part, and a share of the amount.
    review_cost, review_friction, review_catches : float
        The cost of a review, its cost to a genuine customer, and the share of frauds it detects.
    block_fixed, block_share : float
        The cost of blocking a genuine payment: a fixed part, and a share of the amount.
    reviews_per_thousand : float
        The review capacity, per 1,000 payments.
    shadow_price : float
        Added to `review_cost` to keep reviews within the capacity.
    single_threshold : float
        The cheapest threshold if only the probability decided; for comparison.

    Raises
    ------
    ValueError
        If a value is not of its type, or outside of 0 to `MOST`.
    """

    currency: str
    fraud_fixed: float
    fraud_share: float
    review_cost: float
    review_friction: float
    review_catches: float
    block_fixed: float
    block_share: float
    reviews_per_thousand: float
    shadow_price: float
    single_threshold: float

    def __post_init__(self) -> None:
        if not is_currency(self.currency):
            raise ValueError(f"currency is not a name of 1 to {MAX_CURRENCY} characters")
        for name, most in MOST.items():
            check_number(name, getattr(self, name), 0.0, most)

    @classmethod
    def from_dict(cls, value: object) -> "Policy":
        """The policy that `as_dict` wrote."""
        return cls(**check_fields("it", value, ("currency", *MOST)))

    def as_dict(self) -> dict[str, float | str]:
        """Plain data, as bundles hold it and ``GET /model`` serves it."""
        return asdict(self)

    def loss(self, amount: Value) -> Value:
        """The cost of a fraud of this amount that is approved."""
        return self.fraud_fixed + self.fraud_share * amount

    def friction(self, amount: Value) -> Value:
        """The cost of a genuine payment of this amount that is blocked."""
        return self.block_fixed + self.block_share * amount

    def expected_costs(self, fraud_probability: Value, amount: Value) -> ExpectedCosts:
        """The expected cost of each decision, in the policy's currency.

        Parameters
        ----------
        fraud_probability : float in [0, 1], or a column
            Calibrated. With 0 or 1, a cost is the cost that occurred.
        amount : float, or a column of the same length

        Notes
        -----
        The review's cost includes the shadow price. Nobody pays it, but the decision counts it.
        """
        genuine = 1 - fraud_probability
        loss = self.loss(amount)
        missed = fraud_probability * (1 - self.review_catches) * loss
        queue = self.review_cost + self.shadow_price
        return ExpectedCosts(
            approve=fraud_probability * loss,
            review=queue + genuine * self.review_friction + missed,
            block=genuine * self.friction(amount),
        )


def is_currency(value: object) -> bool:
    """Whether a value can name a currency."""
    return isinstance(value, str) and 1 <= len(value) <= MAX_CURRENCY and value.isprintable()


def decide(fraud_probability: float, amount: float, policy: Policy) -> Decision:
    """The decision with the lowest expected cost; of equal costs, the milder decision.

    Parameters
    ----------
    fraud_probability : float in (0, 1)
        Calibrated.
    amount : float
    policy : Policy
    """
    review_above, block_above = cutoffs(amount, policy, choose)
    if fraud_probability > block_above:
        return Decision.BLOCK
    return Decision.REVIEW if fraud_probability > review_above else Decision.APPROVE


def cutoffs(amount: Value, policy: Policy, where: Where) -> tuple[Value, Value]:
    """The probabilities above which a payment is reviewed, and above which it is blocked.

    The two are equal where a review never pays. They are where two of `Policy.expected_costs` are
    equal. Comparing with cutoffs, not costs, keeps the decision monotone in the probability in
    spite of rounding.
    """
    loss, friction = policy.loss(amount), policy.friction(amount)
    queue = policy.review_cost + policy.shadow_price + policy.review_friction
    caught = policy.review_catches * loss + policy.review_friction
    missed = friction - policy.review_friction + (1 - policy.review_catches) * loss
    review_above = _ratio(queue, caught, NEVER, where)
    review_until = _ratio(friction - queue, missed, -NEVER, where)
    block_above = _ratio(friction, loss + friction, NEVER, where)
    pays = review_above < review_until
    return where(pays, review_above, block_above), where(pays, review_until, block_above)


def _ratio(part: Value, whole: Value, otherwise: float, where: Where) -> Value:
    is_positive = whole > 0
    return where(is_positive, part / where(is_positive, whole, 1.0), otherwise)
