"""PaySim's features: one definition of each, for a payment and for a column."""

import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.payment import Facts, Payment
from tests.transactions import PLAN, PLANS, TYPES, transaction, transactions
from training.data.matrix import derive, feature_matrix, input_matrix

KINDS = ("emptied", "nearly_emptied", "exceeds_balance")


def columns(rows: list[Payment]) -> Facts:
    facts = [row.facts for row in rows]
    types, merchants = zip(*(each.attributes for each in facts), strict=True)
    return Facts(
        amount=np.array([each.amount for each in facts]),
        hour=np.array([each.hour for each in facts]),
        balance=np.array([each.balance for each in facts]),
        attributes=(pd.Categorical(types, categories=TYPES), np.array(merchants)),
    )


def valued(row: Payment) -> dict[str, float]:
    """The features of a payment by name."""
    return dict(zip(PLAN.names, PLAN.row(row.facts), strict=True))


def value(feature: str, **changes: object) -> float:
    return valued(transaction(**changes))[feature]


@pytest.mark.parametrize("feature_set", PLANS)
@given(rows=st.lists(transactions(), min_size=1, max_size=5))
def test_a_column_and_single_payments_give_the_same_bits(
    feature_set: str, rows: list[Payment]
) -> None:
    plan = PLANS[feature_set]

    matrix = feature_matrix(columns(rows), plan)

    singly = [struct.pack(f"{len(plan.names)}f", *plan.row(row.facts)) for row in rows]
    assert matrix.tobytes() == b"".join(singly)


@given(row=transactions())
def test_every_feature_is_finite_in_float32(row: Payment) -> None:
    values = np.array(PLAN.row(row.facts), dtype=np.float32)

    assert np.isfinite(values).all()


@pytest.mark.parametrize("feature_set", PLANS)
@given(rows=st.lists(transactions(), min_size=1, max_size=5))
def test_what_resampling_leaves_alone_reaches_the_booster_unchanged(
    feature_set: str, rows: list[Payment]
) -> None:
    facts, plan = columns(rows), PLANS[feature_set]

    derived = derive(input_matrix(facts, plan), plan)

    assert derived.tobytes() == feature_matrix(facts, plan).tobytes()


def test_paysims_features_are_those_of_every_model_that_was_trained_on_it() -> None:
    types = tuple(f"type_{level}" for level in TYPES)
    related = ("share_leaving", "emptied", "nearly_emptied", "exceeds_balance", "balance_zero")
    strict = (*types, "amount", "payee_is_merchant")

    assert {name: plan.names for name, plan in PLANS.items()} == {
        "strict": strict,
        "strict+hour": (*strict, "hour"),
        "decision-time": (*strict, "hour", "balance", *related),
        "history": (*strict, "hour", "balance", *related),  # of data without account histories
    }


@pytest.mark.parametrize(
    ("amount", "balance", "share"),
    [(50, 200, 0.25), (200, 200, 1), (900, 200, 4.5), (5_000, 200, 10), (7, 0, 1), (0, 0, 0)],
)
def test_share_leaving_is_capped_and_defined_without_a_balance(
    amount: float, balance: float, share: float
) -> None:
    assert value("share_leaving", amount=amount, oldbalanceOrg=balance) == share


def test_money_that_comes_in_takes_no_share_and_empties_nothing() -> None:
    incoming = {"type": "CASH_IN", "amount": 100.0, "oldbalanceOrg": 100.0}

    for feature in ("share_leaving", "emptied", "nearly_emptied", "exceeds_balance"):
        assert value(feature, **incoming) == 0


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (99.99, ("nearly_emptied",)),
        (99.996, ("emptied",)),
        (100.0, ("emptied",)),
        (100.004, ("emptied",)),
        (100.01, ("exceeds_balance",)),
        (95.0, ("nearly_emptied",)),
        (94.99, ()),
    ],
)
def test_half_a_cent_decides_between_emptying_nearly_and_exceeding(
    amount: float, expected: tuple[str, ...]
) -> None:
    row = valued(transaction(amount=amount, oldbalanceOrg=100.0))

    found = tuple(kind for kind in KINDS if row[kind])

    assert found == expected


@given(row=transactions())
def test_a_payment_empties_nearly_empties_or_exceeds_but_never_two(row: Payment) -> None:
    assert sum(valued(row)[kind] for kind in KINDS) <= 1
