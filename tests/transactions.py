"""Builders of transactions and Hypothesis strategies, within the limits of the wire."""

from typing import Any

from hypothesis import strategies as st

from fraud_api_lambda.domain.transaction import MAX_AMOUNT, Transaction, TransactionType

ACCOUNTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)
MONEY = st.floats(0, MAX_AMOUNT)
CENTS = st.integers(0, 10**9).map(lambda cents: cents / 100)


def transaction(**changes: Any) -> Transaction:
    """A plain transfer, with changes."""
    usual: dict[str, Any] = {
        "type": TransactionType.TRANSFER,
        "amount": 250.0,
        "hour": 14,
        "origin": "C1",
        "destination": "C2",
        "origin_balance": 1_000.0,
    }
    return Transaction(**{**usual, **changes})


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    """Any transaction that the API accepts, often with amount and balance near each other."""
    balance = draw(MONEY | CENTS)
    near = st.sampled_from([0.0, 0.95, 0.999_999, 1.0, 1.000_001, 10.0]).map(
        lambda share: min(share * balance, MAX_AMOUNT)
    )
    return transaction(
        type=draw(st.sampled_from(list(TransactionType))),
        amount=draw(MONEY | CENTS | near),
        hour=draw(st.integers(0, 23)),
        origin=draw(ACCOUNTS),
        destination=draw(ACCOUNTS | ACCOUNTS.map(lambda name: f"M{name}"[:64])),
        origin_balance=balance,
    )
