"""One definition of each feature, for a payment and for a column."""

import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.transaction import Transaction, TransactionType
from fraud_api_lambda.features.payment import FEATURE_SETS, FEATURES, Facts, feature_row
from tests.transactions import transaction, transactions
from training.data.matrix import derive, fact_matrix, feature_matrix


def columns(rows: list[Transaction]) -> Facts:
    facts = [Facts.of(row) for row in rows]
    return Facts(
        type=pd.Categorical([str(each.type) for each in facts], categories=list(TransactionType)),
        amount=np.array([each.amount for each in facts]),
        balance=np.array([each.balance for each in facts]),
        payee_is_merchant=np.array([each.payee_is_merchant for each in facts]),
        hour=np.array([each.hour for each in facts]),
    )


def value(feature: str, **changes: object) -> float:
    return feature_row(transaction(**changes), [feature])[0]


@pytest.mark.parametrize("feature_set", FEATURE_SETS)
@given(rows=st.lists(transactions(), min_size=1, max_size=5))
def test_a_column_and_single_payments_give_the_same_bits(
    feature_set: str, rows: list[Transaction]
) -> None:
    names = FEATURE_SETS[feature_set]

    matrix = feature_matrix(columns(rows), names)

    singly = b"".join(struct.pack(f"{len(names)}f", *feature_row(row, names)) for row in rows)
    assert matrix.tobytes() == singly


@given(row=transactions())
def test_every_feature_is_finite_in_float32(row: Transaction) -> None:
    values = np.array(feature_row(row, FEATURES), dtype=np.float32)

    assert np.isfinite(values).all()


@pytest.mark.parametrize("feature_set", FEATURE_SETS)
@given(rows=st.lists(transactions(), min_size=1, max_size=5))
def test_what_resampling_leaves_alone_reaches_the_booster_unchanged(
    feature_set: str, rows: list[Transaction]
) -> None:
    facts = columns(rows)

    derived = derive(fact_matrix(facts, feature_set), feature_set)

    assert derived.tobytes() == feature_matrix(facts, FEATURE_SETS[feature_set]).tobytes()


@pytest.mark.parametrize(
    ("amount", "balance", "share"),
    [(50, 200, 0.25), (200, 200, 1), (900, 200, 4.5), (5_000, 200, 10), (7, 0, 1), (0, 0, 0)],
)
def test_share_leaving_is_capped_and_defined_without_a_balance(
    amount: float, balance: float, share: float
) -> None:
    assert value("share_leaving", amount=amount, origin_balance=balance) == share


def test_money_that_comes_in_takes_no_share_and_empties_nothing() -> None:
    incoming = {"type": TransactionType.CASH_IN, "amount": 100.0, "origin_balance": 100.0}

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
    kinds = ("emptied", "nearly_emptied", "exceeds_balance")

    found = tuple(kind for kind in kinds if value(kind, amount=amount, origin_balance=100.0))

    assert found == expected


@given(row=transactions())
def test_a_payment_empties_nearly_empties_or_exceeds_but_never_two(row: Transaction) -> None:
    assert sum(feature_row(row, ("emptied", "nearly_emptied", "exceeds_balance"))) <= 1


def test_strict_sets_know_neither_balance_nor_what_follows_from_it() -> None:
    balances = {"balance", "share_leaving", "emptied", "nearly_emptied", "exceeds_balance"}

    for feature_set in ("strict", "strict+hour"):
        assert not balances & set(FEATURE_SETS[feature_set])
    assert "hour" not in FEATURE_SETS["strict"]
