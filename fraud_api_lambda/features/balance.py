"""The features of the payer's balance, and of the amount's relation to it. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.domain.elementwise import Arithmetic, Value
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.features.feature import Feature, Input, Measure

HALF_A_CENT: Final = 0.005
MAX_SHARE: Final = 10.0

NEARLY_ALL: Final = 0.95
"""The share of the balance from which a payment nearly empties the account."""

FEATURES: Final = (
    Feature("balance", Measure.BALANCE),
    *(
        Feature(name, Measure.SHARE, derived=True)
        for name in (
            "share_leaving",
            "emptied",
            "nearly_emptied",
            "exceeds_balance",
            "balance_zero",
        )
    ),
)


class Balance(NamedTuple):
    """The balance.

    Attributes
    ----------
    at : int
        The position of its first input among all inputs.
    amount_at : int
    incoming_at : tuple of int
        The inputs that tell whether money comes in; at most one of them is true.
    """

    at: int
    amount_at: int
    incoming_at: tuple[int, ...] = ()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The balance."""
        return (Input("balance", Measure.BALANCE),)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The balance, and the amount's relation to it."""
        return FEATURES

    def encode(self, facts: Facts, arithmetic: Arithmetic) -> Sequence[Value]:
        """The balance."""
        del arithmetic
        return (facts.balance,)

    def derive(self, inputs: Sequence[Value], arithmetic: Arithmetic) -> Sequence[Value]:
        """The balance, and the amount's relation to it."""
        where = arithmetic.where
        amount, balance = inputs[self.amount_at], inputs[self.at]
        has_balance = balance > 0
        ratio = amount / where(has_balance, balance, 1.0)
        capped = where(ratio < MAX_SHARE, ratio, MAX_SHARE)
        of_nothing = where(amount > 0, 1.0, 0.0)
        share = where(has_balance, capped, of_nothing)
        nearly, slightly_more = balance - HALF_A_CENT, balance + HALF_A_CENT
        exceeds = amount > slightly_more
        for at in self.incoming_at:
            outgoing = inputs[at] == 0
            has_balance, exceeds = has_balance & outgoing, exceeds & outgoing
            share = where(outgoing, share, 0.0)
        return (
            balance,
            share,
            has_balance & (amount >= nearly) & (amount <= slightly_more),
            has_balance & (share >= NEARLY_ALL) & (amount < nearly),
            exceeds,
            balance == 0,
        )
