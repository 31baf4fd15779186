"""Shortcuts in the data are reported with their figures, and only real ones."""

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.domain.schema import Roles, Schema, Time
from tests.paysim_files import rows_of
from training.analysis.findings import Finding
from training.analysis.shortcuts import shortcuts
from training.data.rows import Rows
from training.reading.dataset import Dataset

FRAUDS, GENUINE = 100, 1_000
DAYTIME, NIGHT = 36, 26


def part(
    rows: int, *, fraud: bool, emptying: float, at_night: float, kind: str = "TRANSFER"
) -> pd.DataFrame:
    """Rows of one class; the given shares empty the account and happen at night."""
    rank = np.arange(rows) / rows
    return pd.DataFrame(
        {
            "step": np.where(rank < at_night, NIGHT, DAYTIME),
            "type": kind,
            "amount": np.where(rank < emptying, 1_000.0, 10.0),
            "nameOrig": "C1",
            "oldbalanceOrg": 1_000.0,
            "nameDest": "C2",
            "isFraud": int(fraud),
            "weight": 1.0,
        }
    )


def data(
    *,
    frauds_emptying: float = 0.3,
    genuine_emptying: float = 0.05,
    frauds_at_night: float = 0.05,
    genuine_at_night: float = 0.05,
    kind: str = "TRANSFER",
) -> pd.DataFrame:
    frauds = part(FRAUDS, fraud=True, emptying=frauds_emptying, at_night=frauds_at_night)
    genuine = part(
        GENUINE, fraud=False, emptying=genuine_emptying, at_night=genuine_at_night, kind=kind
    )
    first = part(1, fraud=False, emptying=0, at_night=0).assign(step=1, weight=1e-9)
    frame = pd.concat([first, frauds, genuine], ignore_index=True)
    return frame.assign(type=pd.Categorical(frame["type"]))


def found(frame: pd.DataFrame) -> list[Finding]:
    return shortcuts(rows_of(frame))


def test_data_without_shortcuts_has_no_findings() -> None:
    assert found(data()) == []


def test_frauds_that_empty_the_account_alone_are_named() -> None:
    (finding,) = found(data(frauds_emptying=0.97, genuine_emptying=0.002))

    assert finding["code"] == "emptied-accounts"
    assert finding["text"] == (
        "amount == oldbalanceOrg holds for 97.0% of frauds and 0.2% of genuine TRANSFER "
        "rows, so decision-time can score near 1.0 by memorising it: an artefact of how "
        "the data was made, not skill."
    )


@pytest.mark.parametrize(("frauds", "genuine"), [(0.79, 0.0), (1.0, 0.03)])
def test_weak_evidence_of_emptying_is_not_reported(frauds: float, genuine: float) -> None:
    assert found(data(frauds_emptying=frauds, genuine_emptying=genuine)) == []


def test_only_payouts_are_compared_when_accounts_are_emptied() -> None:
    frame = data(frauds_emptying=1, genuine_emptying=0.05, kind="PAYMENT")

    assert "0.0% of genuine" in found(frame)[0]["text"]


def test_without_genuine_payouts_there_is_nothing_to_compare() -> None:
    frame = data(frauds_emptying=1, genuine_emptying=0, kind="PAYMENT").iloc[1:]

    assert found(frame) == []


def test_frauds_at_night_are_reported() -> None:
    (finding,) = found(data(frauds_at_night=0.25, genuine_at_night=0.02))

    assert finding["code"] == "night"
    assert finding["text"] == (
        "25.0% of frauds but 2.0% of genuine rows happen between midnight and 06:00, so "
        "strict+hour owes much of its skill to the hour: an artefact of this data."
    )


def test_a_slightly_worse_night_is_not_reported() -> None:
    assert found(data(frauds_at_night=0.25, genuine_at_night=0.06)) == []


def test_less_than_a_day_says_nothing_about_nights() -> None:
    frame = data(frauds_at_night=0.25, genuine_at_night=0.02)

    assert found(frame[frame["step"] > 1]) == []


def test_both_shortcuts_are_reported_together() -> None:
    frame = data(frauds_emptying=1, genuine_emptying=0, frauds_at_night=0.5, genuine_at_night=0.01)

    assert len(found(frame)) == 2


def test_shortcut_figures_are_weighted() -> None:
    frame = data(frauds_emptying=0.5, genuine_emptying=0)
    heavy = (frame["isFraud"] == 1) & (frame["amount"] == 1_000)

    named = found(frame.assign(weight=frame["weight"].mask(heavy, 9.0)))

    assert "holds for 90.0% of frauds" in named[0]["text"]


def test_frauds_at_night_of_a_schema_without_balances_flatter_the_default_features() -> None:
    schema = Schema("own", Roles(time=Time("at"), amount="amount", label="is_fraud"))
    frame = pd.DataFrame(
        {
            "at": ["2020-01-01 02:00"] * 5 + ["2020-01-02 12:00"] * 5,
            "amount": 1.0,
            "is_fraud": np.repeat([1, 0], 5),
        }
    )

    (finding,) = shortcuts(Rows.of(Dataset.of(frame, schema)))

    assert "06:00, so decision-time owes much of its skill to the hour" in finding["text"]
