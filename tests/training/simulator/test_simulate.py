"""The simulator: deterministic, consistent balances, PaySim's distributions."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.paysim_files import frame_of, frame_to_score
from tests.transactions import TYPES
from training.errors import InputError
from training.files.writing import write_transactions
from training.simulator.accounts import account_ids
from training.simulator.events import PAYMENT
from training.simulator.paysim_totals import HOURLY, MEAN_AMOUNTS, MONEY_BY_HOUR, TYPE_SHARES
from training.simulator.population import CIRCLE_SIZES, populate
from training.simulator.simulate import simulate

ROOT = Path(__file__).parents[3]
ROWS = 200_000
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
EXTRA = ["typology", "label_time"]
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


@pytest.mark.soak
def test_a_seed_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from training.files.writing import write_transactions; "
        "from training.simulator.simulate import simulate; "
        "write_transactions(simulate(1500, seed=3), Path(sys.argv[1]))"
    )

    def digest(hash_seed: str) -> str:
        path = tmp_path / f"{hash_seed}.csv"
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", code, path], check=True, cwd=ROOT, env=environment)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert digest("1") == digest("2")


def test_another_seed_gives_different_rows() -> None:
    assert not simulate(1_000, seed=1).equals(simulate(1_000, seed=2))


def test_a_simulation_has_the_requested_rows_and_the_columns_of_paysim_plus_two(
    frame: pd.DataFrame,
) -> None:
    assert len(frame) == ROWS
    assert list(frame.columns) == [*PAYSIM, *EXTRA]


@pytest.mark.parametrize("days", [1, 2, 30])
def test_steps_are_sorted_and_within_the_simulated_days(days: int) -> None:
    steps = simulate(20_000, seed=5, days=days)["step"]

    assert steps.is_monotonic_increasing
    assert steps.iloc[0] >= 1
    assert steps.iloc[-1] <= 24 * days


def moves(row: pd.Series) -> list[tuple[str, float, float]]:
    """The accounts whose balance a row moves, with the balance before and after."""
    moved = [(row["nameOrig"], row["oldbalanceOrg"], row["newbalanceOrig"])]
    if row["type"] == "TRANSFER":
        moved.append((row["nameDest"], row["oldbalanceDest"], row["newbalanceDest"]))
    return moved


def test_every_balance_continues_the_one_before_it() -> None:
    held: dict[str, float] = {}
    continued = 0

    for _, row in simulate(2_000, seed=8).iterrows():
        for account, before, after in moves(row):
            continued += account in held
            assert held.get(account, before) == before
            held[account] = after

    assert continued > 1_500


def test_a_payer_pays_at_most_the_balance_and_receives_the_full_amount(
    frame: pd.DataFrame,
) -> None:
    comes_in = frame["type"] == "CASH_IN"
    before, amount = frame["oldbalanceOrg"], frame["amount"]

    expected = np.where(comes_in, before + amount, np.maximum(before - amount, 0))

    np.testing.assert_allclose(frame["newbalanceOrig"], expected, rtol=0, atol=0.0051)


def test_payee_balances_appear_in_transfers_only_and_grow_by_the_amount(
    frame: pd.DataFrame,
) -> None:
    transfer = frame["type"] == "TRANSFER"
    gained = frame["newbalanceDest"] - frame["oldbalanceDest"]

    expected = np.where(transfer, frame["amount"], 0)

    np.testing.assert_allclose(gained, expected, rtol=1e-9, atol=0.01)


def test_amounts_and_balances_are_finite_and_not_negative(frame: pd.DataFrame) -> None:
    money = frame[["amount", *BALANCES]].to_numpy()

    assert np.isfinite(money).all()
    assert (money >= 0).all()
    assert (frame["amount"] > 0).all()


def test_frauds_are_as_rare_as_in_paysim(frame: pd.DataFrame) -> None:
    assert frame["isFraud"].mean() == pytest.approx(0.0013, rel=0.05)


def test_genuine_traffic_is_low_at_night(genuine: pd.DataFrame) -> None:
    by_hour = np.bincount(genuine["step"] % 24, minlength=24)

    assert by_hour[:6].sum() < 0.1 * by_hour[9:15].sum()


def test_each_customer_has_usual_hours(genuine: pd.DataFrame) -> None:
    hours = genuine["step"] % 24
    usual = hours.groupby(genuine["nameOrig"]).transform("median")

    assert (hours - usual).abs().mean() < 0.75 * (hours - hours.median()).abs().mean()


def test_customers_and_merchants_recur(genuine: pd.DataFrame) -> None:
    assert genuine["nameOrig"].value_counts().median() >= 5
    merchants = genuine.loc[genuine["type"] == "PAYMENT", "nameDest"]
    assert merchants.value_counts().median() >= 5


def test_only_payments_go_to_merchants_and_no_merchant_pays(frame: pd.DataFrame) -> None:
    to_merchant = frame["nameDest"].str.startswith("M")

    assert (to_merchant == (frame["type"] == "PAYMENT")).all()
    assert frame["nameOrig"].str.startswith("C").all()


def test_no_two_accounts_share_a_name() -> None:
    accounts = account_ids(populate(np.random.default_rng(0), 1_000_000, DAYS))

    assert len(set(accounts)) == len(accounts) == 64_000


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.integers(1_000, 5_000), seed=st.integers(0, 2**32), days=st.integers(1, 90))
def test_any_simulation_can_be_read_as_training_data(
    tmp_path_factory: pytest.TempPathFactory, rows: int, seed: int, days: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "simulated.csv"

    write_transactions(simulate(rows, seed, days=days), path)

    assert len(frame_of(path)) == rows


@pytest.mark.parametrize("rows", [999, 0, -5])
def test_too_few_rows_for_both_classes_are_refused(rows: int) -> None:
    with pytest.raises(InputError, match=rf"^--rows {rows}: too few .* give 1,000 or more$"):
        simulate(rows, seed=0)


def test_csv_is_written_without_quotes_as_in_paysim(tmp_path: Path) -> None:
    write_transactions(simulate(1_000, seed=0), tmp_path / "plain.csv")

    text = (tmp_path / "plain.csv").read_text()
    assert text.startswith(f"{','.join([*PAYSIM, *EXTRA])}\n")
    assert '"' not in text


def test_a_name_that_needs_quotes_is_quoted(tmp_path: Path, frame: pd.DataFrame) -> None:
    odd = frame.head(1_000).assign(nameOrig='a,"b"')

    write_transactions(odd, tmp_path / "odd.csv")

    back = frame_to_score(tmp_path / "odd.csv")
    assert set(back["nameOrig"]) == {'a,"b"'}


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.PARQUET"])
def test_the_extension_selects_the_format_and_parent_directories_are_created(
    tmp_path: Path, name: str, frame: pd.DataFrame
) -> None:
    few = frame.head(20_000)

    write_transactions(few, tmp_path / "new" / name)

    pd.testing.assert_series_equal(
        frame_of(tmp_path / "new" / name)["amount"], few["amount"], check_exact=True
    )


def test_another_extension_is_refused_before_anything_is_written(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match=r"neither in \.csv nor in \.parquet"):
        write_transactions(frame, tmp_path / "rows.json")

    assert not list(tmp_path.iterdir())


def test_an_unwritable_path_is_named(tmp_path: Path, frame: pd.DataFrame) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match=r"file is not a folder; choose another$"):
        write_transactions(frame, tmp_path / "file" / "rows.csv")


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_failed_write_leaves_only_the_old_file(
    tmp_path: Path, name: str, frame: pd.DataFrame
) -> None:
    path = tmp_path / name
    path.write_bytes(b"the old file")
    mixed = pd.Series(["text", 1.5] * (ROWS // 2), dtype=object)

    with pytest.raises(pa.ArrowException):
        write_transactions(frame.assign(nameDest=mixed), path)

    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_overwritten(tmp_path: Path, frame: pd.DataFrame) -> None:
    (tmp_path / "rows.csv").mkdir()

    with pytest.raises(InputError, match=r"rows\.csv: is a folder; name a file$"):
        write_transactions(frame, tmp_path / "rows.csv")

    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


@pytest.fixture(scope="module")
def payouts(genuine: pd.DataFrame) -> pd.DataFrame:
    return genuine[genuine["type"].isin(["TRANSFER", "CASH_OUT"])]


def share_of(rows: pd.DataFrame) -> pd.Series:
    return rows["amount"] / rows["oldbalanceOrg"].where(rows["oldbalanceOrg"] > 0)


def of_typology(rows: pd.DataFrame, typology: str) -> pd.DataFrame:
    return rows[rows["typology"] == typology]


def test_types_are_as_common_as_in_paysim(frame: pd.DataFrame) -> None:
    shares = frame["type"].value_counts(normalize=True).reindex(TYPES)

    np.testing.assert_allclose(shares, TYPE_SHARES, rtol=0.05)


def test_mean_amounts_by_type_match_paysim(frame: pd.DataFrame) -> None:
    means = frame.groupby("type", observed=True)["amount"].mean().reindex(TYPES)

    np.testing.assert_allclose(means, MEAN_AMOUNTS, rtol=0.1)


def by_hour(weights: np.ndarray) -> np.ndarray:
    """Traffic shares of the busy hours, those with at least 1 % of the traffic."""
    rest, payments = HOURLY / HOURLY.sum(axis=1, keepdims=True)
    traffic = TYPE_SHARES[PAYMENT] * payments + (1 - TYPE_SHARES[PAYMENT]) * rest
    busy: np.ndarray = (weights / weights.sum())[traffic >= 0.01]
    return busy


def test_hourly_traffic_matches_paysim(frame: pd.DataFrame) -> None:
    found = np.bincount(frame["step"] % 24, minlength=24)

    rest, payments = HOURLY / HOURLY.sum(axis=1, keepdims=True)
    wanted = TYPE_SHARES[PAYMENT] * payments + (1 - TYPE_SHARES[PAYMENT]) * rest
    np.testing.assert_allclose(by_hour(found), by_hour(wanted), rtol=0.1)


def test_hourly_amounts_match_paysim(frame: pd.DataFrame) -> None:
    found = np.bincount(frame["step"] % 24, weights=frame["amount"], minlength=24)

    by_type = MONEY_BY_HOUR / MONEY_BY_HOUR.sum(axis=1, keepdims=True)
    wanted = (TYPE_SHARES * MEAN_AMOUNTS) @ by_type
    # With 200,000 rows a few transfers of fifty million dominate an hour.
    np.testing.assert_allclose(by_hour(found), by_hour(wanted), rtol=0.2)


def test_the_spread_of_genuine_amounts_matches_paysim(genuine: pd.DataFrame) -> None:
    medians = genuine.groupby("type", observed=True)["amount"].median()

    paysim = {"CASH_IN": 144_772, "CASH_OUT": 146_478, "PAYMENT": 8_862, "TRANSFER": 478_856}
    assert {kind: medians[kind] for kind in paysim} == pytest.approx(paysim, rel=0.1)


def test_some_genuine_traffic_happens_at_night(genuine: pd.DataFrame) -> None:
    hour = genuine["step"] % 24

    assert 0.05 < ((hour >= 22) | (hour < 6)).mean() < 0.09


def test_frauds_are_only_slightly_more_frequent_at_night(
    frauds: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    at_night, usually = (frauds["step"] % 24 < 6).mean(), (genuine["step"] % 24 < 6).mean()

    assert usually < at_night < 4 * usually


def test_genuine_payouts_sometimes_empty_the_account(payouts: pd.DataFrame) -> None:
    share = share_of(payouts)

    assert share.between(0.95, 1).mean() == pytest.approx(0.015, abs=0.003)
    assert (share == 1).mean() == pytest.approx(0.006, abs=0.0015)
    assert of_typology(payouts, "emptying").pipe(share_of).between(0.9499, 1.0001).all()


def test_many_genuine_payers_have_no_balance_and_many_have_enough(payouts: pd.DataFrame) -> None:
    assert 0.3 < (payouts["oldbalanceOrg"] == 0).mean() < 0.7
    assert share_of(payouts).between(0, 1).mean() > 0.2


def test_wages_are_paid_on_two_days(genuine: pd.DataFrame) -> None:
    wages = of_typology(genuine, "payday")

    assert set(wages["type"]) == {"TRANSFER"}
    assert (wages["step"] // 24).nunique() == 2
    assert wages.groupby(["nameOrig", wages["step"] // 24]).size().median() >= 10


def test_triples_are_three_payments_by_one_payer_within_an_hour(genuine: pd.DataFrame) -> None:
    triples = (
        of_typology(genuine, "triple").groupby(["nameOrig", "type", "step"], observed=True).size()
    )

    assert len(triples) > 300
    assert (triples % 3 == 0).all()


def test_rent_is_a_large_transfer_to_a_new_payee(genuine: pd.DataFrame) -> None:
    transfers = genuine[genuine["type"] == "TRANSFER"]
    new = ~transfers.duplicated(["nameOrig", "nameDest"])
    rent = of_typology(transfers, "rent")

    assert len(rent) > 300
    assert new[rent.index].mean() > 0.98
    assert rent["amount"].median() > transfers["amount"].median()


def test_bills_are_a_burst_of_transfers_by_one_payer_within_an_hour(genuine: pd.DataFrame) -> None:
    bursts = of_typology(genuine, "bills").groupby(["nameOrig", "step"]).size()

    assert len(bursts) > 10
    assert (bursts >= 4).mean() > 0.9


def test_a_collection_is_paid_to_one_payee_by_several_payers_within_hours(
    genuine: pd.DataFrame,
) -> None:
    rows = of_typology(genuine, "collection")
    groups = rows.groupby(["nameDest", rows["step"] // 24])

    assert groups.ngroups > 10
    assert groups["nameOrig"].nunique().median() >= 4
    assert (groups["step"].max() - groups["step"].min()).median() <= 2


def test_some_payees_of_collections_pass_most_of_the_money_on_the_same_day(
    genuine: pd.DataFrame,
) -> None:
    collected, passed_on = (of_typology(genuine, name) for name in ("collection", "passing-on"))
    received = collected.groupby(["nameDest", collected["step"] // 24])["amount"].sum()
    sent = passed_on.groupby(["nameOrig", passed_on["step"] // 24])["amount"].sum()

    assert len(sent) > 5
    assert set(sent.index) <= set(received.index)
    assert (sent / received[sent.index]).between(0.1, 0.951).all()


def pauses(frame: pd.DataFrame, typology: str) -> pd.Series:
    """Hours since the payer's earlier payment, of the rows of a typology that have one."""
    since = frame["step"] - frame.groupby("nameOrig")["step"].shift()
    return since[frame["typology"] == typology].dropna()


@pytest.mark.parametrize("typology", ["dormant-account", "waking"])
def test_a_dormant_account_has_paid_nothing_for_ten_days(
    frame: pd.DataFrame, typology: str
) -> None:
    hours = pauses(frame, typology)

    assert len(hours) >= 15
    assert (hours >= 9 * 24).mean() > 0.9


def test_waking_accounts_transfer_most_of_their_savings(genuine: pd.DataFrame) -> None:
    waking = of_typology(genuine, "waking")

    assert set(waking["type"]) == {"TRANSFER"}
    assert waking["nameOrig"].is_unique
    assert share_of(waking).median() > 0.5


def test_a_mule_is_used_for_days_and_also_receives_genuine_payments(frame: pd.DataFrame) -> None:
    stolen = frame[(frame["isFraud"] == 1) & (frame["typology"] != "mule-chain")]
    days = (stolen["step"] // 24).groupby(stolen["nameDest"]).agg(np.ptp)
    payees = frame.loc[frame["isFraud"] == 0, "nameDest"]

    assert days.max() <= 10
    assert (days > 0).sum() >= 10
    assert days.index.isin(payees).mean() > 0.9


def test_the_five_fraud_typologies_have_their_intended_shares(frauds: pd.DataFrame) -> None:
    shares = frauds["typology"].value_counts(normalize=True)

    wanted = {
        "take-over": 0.32,
        "small-repeats": 0.24,
        "mule-chain": 0.26,
        "scam": 0.1,
        "dormant-account": 0.08,
    }
    assert shares[shares > 0].to_dict() == pytest.approx(wanted, abs=0.01)


def test_only_frauds_have_a_fraud_typology(frauds: pd.DataFrame, genuine: pd.DataFrame) -> None:
    assert set(frauds["typology"]).isdisjoint(set(genuine["typology"]))


def test_a_take_over_takes_most_of_the_balance_but_rarely_exactly_all(frauds: pd.DataFrame) -> None:
    take_overs = of_typology(frauds, "take-over")
    share = share_of(take_overs)

    assert set(take_overs["type"]) == {"TRANSFER", "CASH_OUT"}
    assert share.between(0.7999, 1.0001).all()
    assert 0 < (take_overs["amount"] == take_overs["oldbalanceOrg"]).mean() <= 0.15


def test_small_repeats_are_several_small_amounts_within_two_hours(frauds: pd.DataFrame) -> None:
    repeats = of_typology(frauds, "small-repeats")
    by_victim = repeats.groupby("nameOrig")["step"]

    assert share_of(repeats).between(0.0499, 0.3001).all()
    assert by_victim.size().between(3, 8).all()
    assert (by_victim.max() - by_victim.min()).max() <= 2


def chains(frauds: pd.DataFrame) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Incoming and cashed-out rows of each mule that was used once."""
    rows = of_typology(frauds, "mule-chain")
    pairs = []
    for mule in rows.loc[rows["type"] == "TRANSFER", "nameDest"].unique():
        came_in, went_out = rows[rows["nameDest"] == mule], rows[rows["nameOrig"] == mule]
        if len(came_in) <= 10 and len(went_out) <= 3 and np.ptp(came_in["step"]) <= 2:
            pairs.append((came_in, went_out))
    return pairs


def test_a_mule_cashes_out_most_of_the_money_from_several_victims(frauds: pd.DataFrame) -> None:
    found = chains(frauds)

    assert len(found) >= 5
    for came_in, went_out in found:
        assert 3 <= came_in["nameOrig"].nunique() <= 10
        assert set(went_out["type"]) == {"CASH_OUT"}
        assert 0.599 < went_out["amount"].sum() / came_in["amount"].sum() < 0.951
        assert went_out["step"].min() >= came_in["step"].max()
        assert went_out["step"].max() - came_in["step"].min() <= 12


def test_a_mule_chain_in_the_last_hour_is_still_cashed_out_in_order() -> None:
    for seed in range(20):
        rows = of_typology(simulate(1_000, seed=seed, days=1), "mule-chain").reset_index()
        received = rows[rows["type"] == "TRANSFER"]["index"].max()
        assert rows[rows["type"] == "CASH_OUT"]["index"].min() > received


def test_mules_have_genuine_traffic_too(frauds: pd.DataFrame, genuine: pd.DataFrame) -> None:
    rows = of_typology(frauds, "mule-chain")
    mules = set(rows.loc[rows["type"] == "CASH_OUT", "nameOrig"])

    assert len(mules & set(genuine["nameOrig"])) > 0.8 * len(mules)


def test_a_scam_is_a_transfer_to_a_payee_new_to_the_victim(frame: pd.DataFrame) -> None:
    transfers = frame[frame["type"] == "TRANSFER"]
    new = ~transfers.duplicated(["nameOrig", "nameDest"])
    scams = of_typology(frame, "scam")

    assert set(scams["type"]) == {"TRANSFER"}
    assert new[scams.index].mean() > 0.95


def test_victims_have_earlier_genuine_payments(frame: pd.DataFrame) -> None:
    first = frame[frame["isFraud"] == 0].groupby("nameOrig")["step"].min()
    robbed = frame[(frame["isFraud"] == 1) & (frame["typology"] != "mule-chain")]

    assert (first.reindex(robbed["nameOrig"]).to_numpy() <= robbed["step"].to_numpy()).all()


def test_no_fraud_exceeds_ten_million_or_the_balance(frauds: pd.DataFrame) -> None:
    assert frauds["amount"].max() < 10_000_000
    robbed = frauds[frauds["typology"] != "mule-chain"]
    assert (robbed["amount"] <= robbed["oldbalanceOrg"] + 0.01).all()


def test_fraud_labels_arrive_after_about_three_days_and_some_never(frauds: pd.DataFrame) -> None:
    delay = frauds["label_time"] - frauds["step"]

    assert frauds["label_time"].dtype == "Int64"
    assert delay.min() >= 1
    assert delay.median() == pytest.approx(72, rel=0.25)
    assert 0.005 < delay.isna().mean() < 0.07


def test_a_few_genuine_rows_are_disputed(genuine: pd.DataFrame) -> None:
    assert 0.0001 < genuine["label_time"].notna().mean() < 0.0003


def test_accounts_have_no_rows_before_they_are_opened(frame: pd.DataFrame) -> None:
    people = populate(np.random.default_rng(0), ROWS, DAYS)
    opened = pd.Series(people.opened, index=account_ids(people)[: people.n_customers])
    late = opened[opened > 0]

    assert len(late) / len(opened) == pytest.approx(0.05, abs=0.005)
    for column in ("nameOrig", "nameDest"):
        rows = frame[frame[column].isin(late.index)]
        assert len(rows) > 100
        assert (rows["step"] // 24 >= rows[column].map(late)).all()


def test_every_customer_has_a_circle_of_three_to_twelve_others() -> None:
    people = populate(np.random.default_rng(0), ROWS, DAYS)
    smallest, largest = CIRCLE_SIZES

    assert (people.circle_size.min(), people.circle_size.max()) == (smallest, largest) == (3, 12)
    assert people.circles.shape[1] == largest
    assert (people.circles != np.arange(people.n_customers)[:, None]).all()


def test_one_transfer_in_seven_goes_outside_the_circle(genuine: pd.DataFrame) -> None:
    people = populate(np.random.default_rng(0), ROWS, DAYS)
    place = {name: place for place, name in enumerate(account_ids(people))}
    rows = genuine[genuine["type"] == "TRANSFER"]
    payer, payee = (rows[column].map(place) for column in ("nameOrig", "nameDest"))
    own = np.arange(12) < people.circle_size[payer][:, None]

    new = ~((people.circles[payer] == payee.to_numpy()[:, None]) & own).any(axis=1)

    assert new.mean() == pytest.approx(0.15, abs=0.03)


def test_activity_is_unequal_across_customers(genuine: pd.DataFrame) -> None:
    people = populate(np.random.default_rng(0), ROWS, DAYS)
    a_day = (
        genuine["nameOrig"].value_counts().reindex(account_ids(people)[: people.n_customers]) / DAYS
    )

    assert a_day.fillna(0).median() == pytest.approx(0.3, abs=0.06)
    assert a_day.fillna(0).mean() == pytest.approx(0.55, abs=0.02)
