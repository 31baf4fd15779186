"""Typical values come from genuine rows; hours are on a clock."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.decisions.typical import ALL, Hours
from fraud_api_lambda.domain.schema import Attribute, Kind, Roles, Schema, Time, Unit
from fraud_api_lambda.features.plan import Plan
from tests.paysim_files import rows_of
from tests.transactions import PAYSIM, PLAN, TYPES
from training.bundling.typical_values import hourly, typical_values, usual_hours
from training.data.learning import learn
from training.data.rows import Rows
from training.reading.dataset import Dataset


def shares(busy: range, *, quiet: float = 0.0) -> np.ndarray:
    """Shares of the 24 hours: equally busy ones and quieter ones."""
    counts = np.full(24, quiet)
    counts[[hour % 24 for hour in busy]] = 1.0
    shares: np.ndarray = counts / counts.sum()
    return shares


def payments(
    kinds: list[str],
    amounts: list[float],
    hours: list[int],
    *,
    is_fraud: Sequence[bool] | bool = False,
    weights: Sequence[float] | float = 1.0,
) -> Rows:
    """Payments of accounts that hold the amount."""
    frame = pd.DataFrame(
        {
            "step": 24 + np.array(hours),
            "type": pd.Categorical(kinds, TYPES),
            "amount": amounts,
            "nameOrig": "C1",
            "oldbalanceOrg": amounts,
            "nameDest": "C2",
            "isFraud": is_fraud,
            "weight": weights,
        }
    )
    return rows_of(frame)


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        (range(8, 18), Hours(8, 16)),
        (range(20, 30), Hours(20, 4)),
        (range(3, 4), Hours(3, 3)),
    ],
)
def test_the_usual_hours_are_the_shortest_run_that_covers_nine_in_ten_payments(
    busy: range, expected: Hours
) -> None:
    assert usual_hours(shares(busy)) == expected


@pytest.mark.parametrize(("quiet", "is_told_apart"), [(1.0, False), (0.7, False), (0.1, True)])
def test_every_hour_is_usual_if_none_is_quiet(quiet: float, *, is_told_apart: bool) -> None:
    usual = usual_hours(shares(range(7, 23), quiet=quiet))

    assert (usual != Hours(0, 23)) is is_told_apart


def test_usual_hours_can_span_midnight() -> None:
    assert [hour for hour in range(24) if hour in Hours(22, 1)] == [0, 1, 22, 23]
    assert all(hour in Hours(0, 23) for hour in range(24))


def test_typical_values_are_weighted() -> None:
    rows = payments(["DEBIT"] * 3, [1.0, 2.0, 9.0], [3, 3, 4], weights=[1.0, 1.0, 6.0])

    typical = typical_values(rows, PLAN)

    assert hourly(np.asarray(rows.facts.hour), rows.weights)[[3, 4]].tolist() == [0.25, 0.75]
    assert typical.values["DEBIT"]["amount"] == 9.0


def test_usual_hours_around_midnight_do_not_include_noon() -> None:
    rows = payments(["DEBIT"] * 4, [1.0] * 4, [23, 23, 0, 1])

    typical = typical_values(rows, PLAN)

    assert typical.values["DEBIT"]["hour"] == 23.0
    assert typical.hours["DEBIT"] == Hours(23, 1)


def test_a_median_is_one_of_the_amounts() -> None:
    rows = payments(["DEBIT"] * 3, [199.99, 199.99, 5.0], [1, 2, 3])

    typical = typical_values(rows, PLAN)

    assert typical.values["DEBIT"]["amount"] == 199.99


def test_a_type_without_genuine_rows_gets_the_overall_typical_values() -> None:
    rows = payments(
        ["DEBIT", "DEBIT", "TRANSFER"], [1.0, 3.0, 100.0], [1, 2, 3], is_fraud=[False, False, True]
    )

    typical = typical_values(rows, PLAN)

    assert {group: usual["amount"] for group, usual in typical.values.items()} == dict.fromkeys(
        (ALL, *TYPES), 1.0
    )


def test_a_feature_that_a_peer_group_never_has_gets_the_overall_typical_value() -> None:
    tries = Attribute("tries", Kind.NUMBER, ("tries",))
    channel = Attribute("channel", Kind.CATEGORY, ("channel",), levels=("chip", "online"))
    schema = Schema(
        "any",
        Roles(Time("hour", Unit.HOUR), "amount", "fraud"),
        peer_group="channel",
        attributes={"channel": channel, "tries": tries},
    )
    frame = pd.DataFrame({"hour": 1, "amount": 1.0, "fraud": 0}, index=range(4))
    frame["channel"] = ["chip", "online", "online", "online"]
    rows = Rows.of(Dataset.of(frame.assign(tries=[np.nan, 2.0, 3.0, 9.0]), schema))

    typical = typical_values(rows, Plan(schema, learn(rows), "decision-time"))

    assert typical.values["chip"]["tries"] == typical.values[ALL]["tries"] == 3.0


def test_the_group_of_all_has_the_typical_values_of_all_genuine_payments() -> None:
    rows = payments(["DEBIT"] * 3 + ["TRANSFER"] * 2, [1.0, 2.0, 3.0, 8.0, 9.0], [1, 1, 1, 5, 5])

    typical = typical_values(rows, PLAN)

    amounts = {group: typical.values[group]["amount"] for group in (ALL, "DEBIT", "TRANSFER")}
    assert amounts == {ALL: 3.0, "DEBIT": 2.0, "TRANSFER": 8.0}
    assert typical.hours[ALL] != typical.hours["DEBIT"]


def test_a_schema_without_peer_group_has_the_group_of_all_alone() -> None:
    rows = payments(["DEBIT"] * 3, [1.0, 2.0, 3.0], [1, 1, 1])
    alone = replace(PLAN, schema=replace(PAYSIM, peer_group=None))

    assert set(typical_values(rows, alone).values) == {ALL}


@pytest.mark.parametrize(
    ("payment", "transfer", "expected"),
    [(1.0, 1.0, {"CASH_OUT"}), (9.0, 1.0, {"CASH_OUT", "TRANSFER"}), (1.0, 9.0, {"CASH_OUT"})],
)
def test_a_type_is_risky_if_its_fraud_rate_is_higher_than_that_of_all(
    payment: float, transfer: float, expected: set[str]
) -> None:
    kinds = ["PAYMENT"] * 2 + ["TRANSFER"] * 3 + ["CASH_OUT"]
    weights = [payment, payment, 1.0, transfer, transfer, 1.0]
    is_fraud = [False, False, True, False, False, True]

    rows = payments(kinds, [1.0] * 6, [1] * 6, is_fraud=is_fraud, weights=weights)

    assert typical_values(rows, PLAN).risky == {"type": expected}
