"""Builders of PaySim's payments and Hypothesis strategies, within the limits of the wire."""

from typing import Any, Final

from hypothesis import strategies as st

from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import MAX_AMOUNT, Payment
from fraud_api_lambda.features.plan import FEATURE_SETS, Plan
from training.schemas.built_in import built_in

PAYSIM: Final = built_in("paysim")
TYPES: Final = PAYSIM.attributes["type"].levels
LEARNED: Final = Learned(levels={"type": TYPES})
"""What any PaySim file teaches: its schema leaves nothing open."""

PLANS: Final = {name: Plan(PAYSIM, LEARNED, name) for name in FEATURE_SETS}
PLAN: Final = PLANS["decision-time"]
READER: Final = PLAN.reader

ACCOUNTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)
MONEY = st.floats(0, MAX_AMOUNT)
CENTS = st.integers(0, 10**9).map(lambda cents: cents / 100)


FRAUD: Final[dict[str, Any]] = {
    "step": 27,
    "type": "CASH_OUT",
    "amount": 1_300_000.0,
    "nameOrig": "C2718281828",
    "oldbalanceOrg": 1_300_000.0,
    "nameDest": "C3141592653",
    "oldbalanceDest": 0.0,
}
"""An account emptied to the cent by a cash-out at three in the morning."""

GENUINE: Final[dict[str, Any]] = {
    "step": 14,
    "type": "PAYMENT",
    "amount": 1_820.5,
    "nameOrig": "C1618033988",
    "oldbalanceOrg": 20_430.75,
    "nameDest": "M1414213562",
}
"""A purchase at a merchant in the afternoon, a small share of the balance."""


def body(**changes: Any) -> dict[str, Any]:
    """A plain transfer as a request, with changes."""
    usual = {
        "step": 14,
        "type": "TRANSFER",
        "amount": 250.0,
        "nameOrig": "C1",
        "oldbalanceOrg": 1_000.0,
        "nameDest": "C2",
    }
    return {**usual, **changes}


def transaction(**changes: Any) -> Payment:
    """A plain transfer, with changes of its body."""
    return READER.payment(body(**changes))


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Any request that the API accepts, often with amount and balance near each other."""
    balance = draw(MONEY | CENTS)
    shares = st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.999_999, 1.0, 1.000_001, 10.0])
    near = shares.map(lambda share: min(share * balance, MAX_AMOUNT))
    return body(
        step=draw(st.integers(1, 24)),
        type=draw(st.sampled_from(TYPES)),
        amount=draw(MONEY | CENTS | near),
        nameOrig=draw(ACCOUNTS),
        nameDest=draw(ACCOUNTS | ACCOUNTS.map(lambda name: f"M{name}"[:64])),
        oldbalanceOrg=balance,
    )


def transactions() -> st.SearchStrategy[Payment]:
    """Any payment that the API accepts."""
    return bodies().map(READER.payment)
