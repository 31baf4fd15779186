"""Simulated people keep their books: the same rows from a seed, and every balance explained."""

import hashlib
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.dataset import read_transactions
from training.errors import InputError
from training.simulate import HOURLY, _names, _world, simulate, write_transactions

ROOT = Path(__file__).parents[2]
ROWS = 30_000
DAYS = 30
PAYSIM = [
    "step",
    "type",
    "amount",
    "nameOrig",
    "oldbalanceOrg",
    "newbalanceOrig",
    "nameDest",
    "oldbalanceDest",
    "newbalanceDest",
    "isFraud",
    "isFlaggedFraud",
]
BALANCES = ["oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulate(ROWS, seed=0, days=DAYS)


@pytest.fixture(scope="module")
def genuine(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["isFraud"] == 0]


@pytest.fixture(scope="module")
def frauds(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["isFraud"] == 1]


def test_a_seed_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from training.simulate import *; "
        "write_transactions(simulate(1500, seed=3), Path(sys.argv[1]))"
    )

    def digest(hash_seed: str) -> str:
        path = tmp_path / f"{hash_seed}.csv"
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", code, path], check=True, cwd=ROOT, env=environment)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert digest("1") == digest("2")


def test_another_seed_gives_other_rows() -> None:
    assert not simulate(1_000, seed=1).equals(simulate(1_000, seed=2))


def test_there_are_exactly_the_rows_asked_for_in_paysims_columns(frame: pd.DataFrame) -> None:
    assert len(frame) == ROWS
    assert list(frame.columns) == PAYSIM


@pytest.mark.parametrize("days", [1, 2, 30])
def test_steps_are_sorted_and_within_the_days(days: int) -> None:
    steps = simulate(20_000, seed=5, days=days)["step"]

    assert steps.is_monotonic_increasing
    assert steps.iloc[0] >= 1
    assert steps.iloc[-1] <= 24 * days


def moves(row: pd.Series) -> list[tuple[str, float, float]]:
    """Whose balance a row moves, from what to what."""
    moved = [(row["nameOrig"], row["oldbalanceOrg"], row["newbalanceOrig"])]
    if row["type"] == "TRANSFER":
        moved.append((row["nameDest"], row["oldbalanceDest"], row["newbalanceDest"]))
    return moved


def test_every_balance_is_the_one_that_was_left_before() -> None:
    held: dict[str, float] = {}
    continued = 0

    for _, row in simulate(2_000, seed=8).iterrows():
        for account, before, after in moves(row):
            continued += account in held
            assert held.get(account, before) == before
            held[account] = after

    assert continued > 1_500


def test_money_leaves_the_payer_as_far_as_it_reaches_and_comes_in_whole(
    frame: pd.DataFrame,
) -> None:
    comes_in = frame["type"] == "CASH_IN"
    before, amount = frame["oldbalanceOrg"], frame["amount"]

    expected = np.where(comes_in, before + amount, np.maximum(before - amount, 0))

    np.testing.assert_allclose(frame["newbalanceOrig"], expected, rtol=0, atol=0.0051)


def test_a_payee_is_seen_in_transfers_only_and_gets_the_amount(frame: pd.DataFrame) -> None:
    transfer = frame["type"] == "TRANSFER"
    gained = frame["newbalanceDest"] - frame["oldbalanceDest"]

    expected = np.where(transfer, frame["amount"], 0)

    np.testing.assert_allclose(gained, expected, rtol=1e-9, atol=0.01)


def test_no_amount_or_balance_is_negative_or_endless(frame: pd.DataFrame) -> None:
    money = frame[["amount", *BALANCES]].to_numpy()

    assert np.isfinite(money).all()
    assert (money >= 0).all()
    assert (frame["amount"] > 0).all()


def test_frauds_are_as_rare_as_in_paysim(frame: pd.DataFrame) -> None:
    assert frame["isFraud"].mean() == pytest.approx(0.0013, rel=0.05)


def test_genuine_types_are_as_common_as_in_paysim(genuine: pd.DataFrame) -> None:
    shares = genuine["type"].value_counts(normalize=True)

    paysim = {"CASH_IN": 22.0, "CASH_OUT": 35.2, "DEBIT": 0.7, "PAYMENT": 33.8, "TRANSFER": 8.3}
    assert (100 * shares).to_dict() == pytest.approx(paysim, abs=1)


def test_genuine_traffic_sleeps_at_night(genuine: pd.DataFrame) -> None:
    by_hour = np.bincount(genuine["step"] % 24, minlength=24)

    assert by_hour[:6].sum() < 0.1 * by_hour[9:15].sum()


def test_the_rhythm_of_the_day_is_paysims_to_the_hour(genuine: pd.DataFrame) -> None:
    by_hour = np.bincount(genuine["step"] % 24, minlength=24)

    np.testing.assert_allclose(by_hour / by_hour.sum(), HOURLY / HOURLY.sum(), atol=0.006)


def test_customers_keep_their_own_hours(genuine: pd.DataFrame) -> None:
    hours = genuine["step"] % 24
    usual = hours.groupby(genuine["nameOrig"]).transform("median")

    assert (hours - usual).abs().mean() < 0.75 * (hours - hours.median()).abs().mean()


def test_thieves_do_not_sleep(frauds: pd.DataFrame, genuine: pd.DataFrame) -> None:
    at_night, usually = (frauds["step"] % 24 < 6).mean(), (genuine["step"] % 24 < 6).mean()

    assert at_night > 5 * usually
    assert at_night < 0.8


def test_emptying_an_account_is_no_proof_of_fraud(
    frauds: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    def emptied(rows: pd.DataFrame) -> int:
        return int((rows["amount"] == rows["oldbalanceOrg"]).sum())

    assert emptied(genuine) >= emptied(frauds) > 0
    assert emptied(frauds) < 0.8 * len(frauds)


def test_a_take_over_is_a_transfer_that_its_receiver_then_cashes_out(frauds: pd.DataFrame) -> None:
    waiting: Counter[str] = Counter()

    for row in frauds.itertuples():
        if row.type == "TRANSFER":
            waiting[row.nameDest] += 1
        else:
            assert row.type == "CASH_OUT"
            assert waiting[row.nameOrig] > 0
            waiting[row.nameOrig] -= 1

    assert waiting.total() == 0


def test_a_take_over_in_the_last_hour_is_still_cashed_out_after_it() -> None:
    for seed in range(20):
        rows = simulate(1_000, seed=seed, days=1).query("isFraud == 1")
        received = rows.query("type == 'TRANSFER'").groupby("nameDest")["step"].min()
        cashed = rows.query("type == 'CASH_OUT'").groupby("nameOrig")["step"].min()
        assert (cashed >= received[cashed.index]).all()


def test_customers_and_merchants_come_back(genuine: pd.DataFrame) -> None:
    assert genuine["nameOrig"].value_counts().median() >= 5
    merchants = genuine.loc[genuine["type"] == "PAYMENT", "nameDest"]
    assert merchants.value_counts().median() >= 5


def test_customers_pay_mostly_those_whom_they_paid_before(genuine: pd.DataFrame) -> None:
    transfers = genuine[genuine["type"].isin(["TRANSFER", "CASH_OUT"])]
    often = transfers.groupby("nameOrig").filter(lambda rows: len(rows) >= 40)

    new = ~often.duplicated(["nameOrig", "nameDest"])

    assert new.mean() < 0.5


def test_only_payments_go_to_merchants_and_no_merchant_pays(frame: pd.DataFrame) -> None:
    to_merchant = frame["nameDest"].str.startswith("M")

    assert (to_merchant == (frame["type"] == "PAYMENT")).all()
    assert frame["nameOrig"].str.startswith("C").all()


def test_no_two_accounts_share_a_name() -> None:
    names = _names(_world(np.random.default_rng(0), 1_000_000))

    assert len(set(names)) == len(names) == 64_000


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.integers(1_000, 5_000), seed=st.integers(0, 2**32), days=st.integers(1, 90))
def test_any_simulation_can_be_read_for_training(
    tmp_path_factory: pytest.TempPathFactory, rows: int, seed: int, days: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "simulated.csv"

    write_transactions(simulate(rows, seed, days=days), path)

    assert len(read_transactions(path)) == rows


@pytest.mark.parametrize("rows", [999, 0, -5])
def test_too_few_rows_for_both_classes_are_refused(rows: int) -> None:
    with pytest.raises(InputError, match=rf"^--rows {rows}: too few .* give 1,000 or more$"):
        simulate(rows, seed=0)


def test_csv_is_written_as_paysim_without_quotes(tmp_path: Path) -> None:
    write_transactions(simulate(1_000, seed=0), tmp_path / "plain.csv")

    text = (tmp_path / "plain.csv").read_text()
    assert text.startswith(f"{','.join(PAYSIM)}\n")
    assert '"' not in text


def test_a_name_that_needs_quotes_gets_them(tmp_path: Path, frame: pd.DataFrame) -> None:
    odd = frame.head(1_000).assign(nameOrig='a,"b"')

    write_transactions(odd, tmp_path / "odd.csv")

    back = read_transactions(tmp_path / "odd.csv", labelled=False)
    assert set(back["nameOrig"]) == {'a,"b"'}


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.PARQUET"])
def test_the_ending_chooses_the_format_and_directories_are_made(
    tmp_path: Path, name: str, frame: pd.DataFrame
) -> None:
    write_transactions(frame, tmp_path / "new" / name)

    pd.testing.assert_series_equal(
        read_transactions(tmp_path / "new" / name)["amount"], frame["amount"], check_exact=True
    )


def test_another_ending_is_refused_before_anything_is_written(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match=r"neither in \.csv nor in \.parquet"):
        write_transactions(frame, tmp_path / "rows.json")

    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, frame: pd.DataFrame) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match=r"rows\.csv: cannot be written: .*; choose another$"):
        write_transactions(frame, tmp_path / "file" / "rows.csv")


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, name: str, frame: pd.DataFrame
) -> None:
    path = tmp_path / name
    path.write_bytes(b"the old file")
    mixed = pd.Series(["text", 1.5] * (ROWS // 2), dtype=object)

    with pytest.raises(pa.ArrowException):
        write_transactions(frame.assign(nameDest=mixed), path)

    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]


def test_a_temporary_that_was_begun_is_removed(tmp_path: Path, frame: pd.DataFrame) -> None:
    (tmp_path / "rows.csv").mkdir()

    with pytest.raises(InputError, match=r"cannot be written: Is a directory"):
        write_transactions(frame, tmp_path / "rows.csv")

    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_amounts_of_a_type_are_spread_as_in_paysim(genuine: pd.DataFrame) -> None:
    medians = genuine.groupby("type", observed=True)["amount"].median()

    assert medians["TRANSFER"] == pytest.approx(math.exp(12.99), rel=0.1)
    assert medians["PAYMENT"] == pytest.approx(math.exp(8.89), rel=0.1)
