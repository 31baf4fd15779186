"""Features of account histories: one payment and a column give the same bits."""

import struct
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.history.state import MOST_MINOR_UNITS
from fraud_api_lambda.history.view import NEVER_SEEN, History
from tests.transactions import LEARNED, PAYSIM, transaction
from training.data.matrix import derive, feature_matrix, input_matrix

PLAN = Plan(PAYSIM, replace(LEARNED, histories=("payer", "payee")), "history")
SUMS = st.integers(0, 184_000 * MOST_MINOR_UNITS)
COUNTS = st.integers(0, 184_000)


@st.composite
def histories(draw: st.DrawFn) -> History:
    numbers = {name: draw(SUMS if name.startswith("sum") else COUNTS) for name in History._fields}
    return History(**numbers)._replace(seen=draw(st.booleans()), new_partner=draw(st.booleans()))


PAYMENTS = st.lists(st.tuples(st.floats(0, 1e12), histories(), histories()), min_size=1, max_size=5)


def facts(amount: float, *seen: History) -> Facts:
    return transaction(amount=amount).facts._replace(histories=seen)


def valued(amount: float = 10.0, **numbers: int) -> dict[str, float]:
    """The payer's features, by number."""
    seen = NEVER_SEEN._replace(seen=True, **numbers)
    row = dict(zip(PLAN.names, PLAN.row(facts(amount, seen, NEVER_SEEN)), strict=True))
    return {name.removeprefix("payer_"): row[name] for name in row if name.startswith("payer_")}


def as_columns(rows: list[Facts]) -> Facts:
    seen = zip(*(each.histories for each in rows), strict=True)
    return Facts(
        amount=np.array([each.amount for each in rows]),
        hour=np.array([each.hour for each in rows]),
        balance=np.array([each.balance for each in rows]),
        attributes=tuple(map(np.array, zip(*(each.attributes for each in rows), strict=True))),
        histories=tuple(tuple(map(np.array, zip(*each, strict=True))) for each in seen),
    )


@given(rows=PAYMENTS)
def test_a_column_and_single_payments_give_the_same_bits(rows: list[Any]) -> None:
    payments = [facts(*each) for each in rows]

    matrix = feature_matrix(as_columns(payments), PLAN)

    singly = [struct.pack(f"{len(PLAN.names)}f", *PLAN.row(each)) for each in payments]
    together = np.frombuffer(b"".join(singly), dtype=np.float32)
    same = np.where(np.isnan(together), np.float32(np.nan), together)
    assert np.where(np.isnan(matrix), np.float32(np.nan), matrix).tobytes() == same.tobytes()


@given(rows=PAYMENTS)
def test_rows_that_resampling_leaves_alone_reach_the_booster_unchanged(rows: list[Any]) -> None:
    columns = as_columns([facts(*each) for each in rows])

    resampled = derive(input_matrix(columns, PLAN), PLAN)

    assert np.array_equal(resampled, feature_matrix(columns, PLAN), equal_nan=True)


def test_means_are_in_the_datas_currency_and_the_amount_is_told_against_them() -> None:
    found = valued(amount=30.0, count_24h=2, sum_24h=3_000, count_30d=4, sum_30d=4_000)

    assert (found["mean_24h"], found["amount_ratio_30d"]) == (15.0, 3.0)


SHARES = [(0, 0, 0.0), (1, 1, 1 / 6), (15, 5, 0.25)]


@pytest.mark.parametrize(("matured", "frauds", "share"), SHARES)
def test_the_share_of_known_frauds_is_drawn_towards_0(
    matured: int, frauds: int, share: float
) -> None:
    assert valued(matured_7d=matured, frauds_7d=frauds)["fraud_share_7d"] == share


@pytest.mark.parametrize("name", ["mean_24h", "amount_ratio_7d", "amount_ratio_30d"])
def test_a_number_of_no_payments_is_missing(name: str) -> None:
    assert isnan(valued()[name])


def test_what_a_payer_received_has_no_partners() -> None:
    plan = Plan(PAYSIM, replace(LEARNED, histories=("payer", "payee", "received")), "history")

    assert [name for name in plan.names if name.endswith("new_partner")] == [
        "payer_new_partner",
        "payee_new_partner",
    ]


def test_an_account_that_was_never_seen_has_no_times() -> None:
    row = dict(zip(PLAN.names, PLAN.row(transaction().facts), strict=True))

    assert isnan(row["payer_since_last_s"])
    assert row["payer_count_30d"] == 0
    assert row["payer_new_partner"]


def test_a_synthetic_row_has_whole_counts_and_the_mean_of_its_own_sum() -> None:
    between = NEVER_SEEN._replace(seen=0.6, count_30d=1.6, sum_30d=500.0, new_partner=0.2)
    inputs = input_matrix(as_columns([facts(10.0, between, NEVER_SEEN)]), PLAN)

    row = dict(zip(PLAN.names, derive(inputs, PLAN)[0].tolist(), strict=True))

    assert (row["payer_count_30d"], row["payer_new_partner"]) == (2, 0)
    assert row["payer_amount_ratio_30d"] == 4.0
