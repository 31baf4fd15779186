"""The card simulator: its columns, its people, its frauds, and how hard they are to find."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.card_simulator import CardSample, best_column, stump
from fraud_api_lambda.features.places import Place
from training.commands.schema import describe
from training.errors import InputError
from training.files.tables import read_as_text
from training.files.writing import write_transactions
from training.schemas.built_in import built_in
from training.schemas.draft import draft
from training.simulator.cards.payments import Typology
from training.simulator.cards.places import distance_km
from training.simulator.cards.simulate import simulate
from training.simulator.cards.traffic import traffic
from training.simulator.cards.typologies import frauds as frauds_among
from training.simulator.cards.world import create_world

ROOT = Path(__file__).parents[3]
ROWS = 100_000
DAYS = 30
FAR_KM = 100
SCHEMA = built_in("cards")


@pytest.fixture(scope="module")
def sample() -> CardSample:
    return CardSample.simulated(ROWS, seed=0)


@pytest.fixture(scope="module")
def frame(sample: CardSample) -> pd.DataFrame:
    """The sample, with the time and the distance as numbers."""
    seconds = (pd.to_datetime(sample.frame["time"]) - pd.Timestamp("2026-01-01")).dt.total_seconds()
    home, shop = (
        Place(sample.frame[f"{place}_lat"].to_numpy(), sample.frame[f"{place}_long"].to_numpy())
        for place in ("home", "shop")
    )
    return sample.frame.assign(second=seconds, km=distance_km(home, shop))


@pytest.fixture(scope="module")
def genuine(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["is_fraud"] == 0]


@pytest.fixture(scope="module")
def frauds(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["is_fraud"] == 1]


def of_typology(rows: pd.DataFrame, typology: str) -> pd.DataFrame:
    return rows[rows["typology"] == typology]


@pytest.mark.soak
def test_a_seed_gives_the_same_cards_in_every_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from training.files.writing import write_transactions; "
        "from training.simulator.cards.simulate import simulate; "
        "write_transactions(simulate(1500, seed=3), Path(sys.argv[1]))"
    )

    def digest(hash_seed: str) -> str:
        path = tmp_path / f"{hash_seed}.csv"
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", code, path], check=True, cwd=ROOT, env=environment)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert digest("1") == digest("2")


def test_another_seed_gives_other_payments() -> None:
    assert not simulate(1_000, seed=1).equals(simulate(1_000, seed=2))


def test_the_columns_are_those_of_the_schema_in_its_order(frame: pd.DataFrame) -> None:
    assert len(frame) == ROWS
    assert list(simulate(1_000, seed=0)) == [*SCHEMA.columns(), *SCHEMA.ignore]


@pytest.mark.parametrize("name", ["cards.csv", "cards.parquet"])
def test_a_written_file_fits_the_schema(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    write_transactions(simulate(5_000, seed=0), path)

    describe(path, schema="cards")

    assert capsys.readouterr().out == f"{path} fits cards\n"


def test_a_draft_of_the_columns_differs_from_the_schema_in_the_device_only(
    sample: CardSample,
) -> None:
    made = draft(sample.frame)

    roles = {role: column for column, role in SCHEMA.roles.by_column()}
    assert made.roles == {role: f'"{column}"' for role, column in roles.items()}
    assert set(made.attributes) == {*SCHEMA.attributes, "typology"}
    assert (made.undecided, made.peer_group) == (1, SCHEMA.peer_group)
    assert made.ignore == ["device_id"]


@pytest.mark.parametrize("name", ["cards.csv", "cards.parquet"])
def test_ids_come_back_as_the_texts_that_were_written(tmp_path: Path, name: str) -> None:
    few, path = simulate(1_000, seed=0), tmp_path / name

    write_transactions(few, path)

    back = read_as_text(path)
    for column in ("card_id", "merchant_id", "payment_id", "device_id"):
        assert back[column].tolist() == few[column].tolist()
    assert back["card_id"].str.fullmatch(r"99\d{14}").all()


def test_amounts_have_the_decimals_of_the_schema(frame: pd.DataFrame) -> None:
    assert (frame["amount"] == frame["amount"].round(SCHEMA.decimals)).all()
    assert frame["amount"].min() > 0


@pytest.mark.parametrize("days", [1, 2, 90])
def test_times_are_sorted_and_within_the_days(days: int) -> None:
    time = simulate(5_000, seed=5, days=days)["time"]

    assert time.is_monotonic_increasing
    assert time.str.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d").all()
    assert pd.to_datetime(time).max() < pd.Timestamp("2026-01-01") + pd.Timedelta(days=days)


@pytest.mark.parametrize("rows", [999, 0, -5])
def test_too_few_cards_for_both_classes_are_refused(rows: int) -> None:
    with pytest.raises(InputError, match=rf"^--rows {rows}: too few .* give 1,000 or more$"):
        simulate(rows, seed=0)


def test_every_payment_has_an_id_of_its_own(frame: pd.DataFrame) -> None:
    assert frame["payment_id"].is_unique


def test_a_card_has_one_home_and_a_merchant_one_place_and_category(frame: pd.DataFrame) -> None:
    homes = frame.groupby("card_id")[["home_lat", "home_long"]].nunique()
    merchants = frame.groupby("merchant_id")[["shop_lat", "shop_long", "country", "category"]]

    assert homes.to_numpy().max() == 1
    assert merchants.nunique().to_numpy().max() == 1


def test_most_payments_in_shops_are_near_home(genuine: pd.DataFrame) -> None:
    in_shops = genuine[genuine["channel"] != "online"]

    assert 0.9 < (in_shops["km"] < FAR_KM).mean() < 0.97


def test_each_category_has_its_own_amounts(genuine: pd.DataFrame) -> None:
    medians = genuine.groupby("category")["amount"].median()

    assert len(medians) == 12
    assert medians["digital"] < medians["groceries"] < medians["electronics"]


def test_customers_return_to_their_usual_shops() -> None:
    world = create_world(np.random.default_rng(0), 1_000_000, DAYS)
    payments = traffic(np.random.default_rng(0), world, 200_000)
    one_category = world.merchants.category[payments.merchant] == 0
    in_shops = one_category & (payments.merchant < world.merchants.first_online)

    visits = pd.DataFrame({"who": payments.customer, "where": payments.merchant})[in_shops]
    by_customer = visits.value_counts().groupby(level="who")
    share_of_usual = by_customer.max() / by_customer.sum()

    assert world.merchants.n_shops > 10
    assert share_of_usual[by_customer.sum() >= 5].median() > 0.5


def test_a_traveller_pays_in_shops_far_from_home_for_days(genuine: pd.DataFrame) -> None:
    trips = of_typology(genuine, "travel")
    seconds = trips.groupby("card_id")["second"]

    assert (trips["km"] > FAR_KM).mean() > 0.99
    assert (seconds.max() - seconds.min()).between(0, 9 * 86_400).all()
    assert 0.01 < len(trips) / len(genuine) < 0.04


def test_a_new_telephone_is_unknown_at_first_and_known_later(genuine: pd.DataFrame) -> None:
    unknown = of_typology(genuine, "new-device")
    known_devices = set(genuine.loc[genuine["device_is_known"] == 1, "device_id"])

    assert (unknown["device_is_known"] == 0).all()
    assert unknown["device_id"].isin(known_devices).sum() > 50
    assert 0.005 < len(unknown) / len(genuine) < 0.02


def test_night_workers_pay_at_night(genuine: pd.DataFrame) -> None:
    night = genuine["second"] // 3_600 % 24 < 6
    works = genuine["typology"] == "night-work"

    assert night[works].mean() > 5 * night[~works].mean()


def test_a_large_purchase_is_far_above_the_usual_amount(genuine: pd.DataFrame) -> None:
    usual = genuine.groupby("category")["amount"].transform("median")

    ratio = (genuine["amount"] / usual)[genuine["typology"] == "large-purchase"]

    assert ratio.median() > 4


def test_a_device_belongs_to_one_customer_unless_a_thief_has_it(frame: pd.DataFrame) -> None:
    owners = frame[frame["is_fraud"] == 0].groupby("device_id")["card_id"].nunique()

    assert owners.max() == 1


def test_frauds_are_a_few_in_a_thousand(sample: CardSample) -> None:
    assert sample.is_fraud.mean() == pytest.approx(0.0045, rel=0.01)


def test_the_five_fraud_typologies_have_their_intended_shares(frauds: pd.DataFrame) -> None:
    shares = frauds["typology"].value_counts(normalize=True).to_dict()

    wanted = {
        "take-over": 0.28,
        "card-testing": 0.18,
        "compromised-merchant": 0.29,
        "fraudulent-merchant": 0.15,
        "dormant-card": 0.10,
    }
    assert shares == pytest.approx(wanted, abs=0.01)


def test_no_typology_has_both_frauds_and_genuine_payments(
    frauds: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    assert set(frauds["typology"]).isdisjoint(set(genuine["typology"]))


def test_a_take_over_buys_far_away_online_and_mostly_on_a_new_device(
    frauds: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    taken, online = of_typology(frauds, "take-over"), genuine[genuine["channel"] == "online"]
    by_victim = taken.groupby(["card_id", "device_id"])["second"]

    assert set(taken["channel"]) == {"online"}
    assert taken["km"].median() > 1.1 * online["km"].median()
    assert 0.7 < (taken["device_is_known"] == 0).mean() < 0.9
    assert taken["amount"].median() > 2 * online["amount"].median()
    assert by_victim.size().max() > 1


def test_card_tests_are_bursts_of_small_payments_by_many_cards(frauds: pd.DataFrame) -> None:
    bursts = of_typology(frauds, "card-testing").groupby("device_id")

    assert bursts["merchant_id"].nunique().max() == 1
    assert bursts["card_id"].nunique().median() >= 3
    assert (bursts["second"].max() - bursts["second"].min()).max() < 15 * 60
    assert bursts["amount"].max().max() <= 6


def test_copied_cards_were_used_at_one_merchant_before(
    frauds: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    copied = of_typology(frauds, "compromised-merchant")
    gangs = copied[copied["channel"] == "online"].groupby("device_id")
    in_shops = genuine[genuine["channel"] != "online"]

    assert gangs.ngroups >= 3
    for _, online in gangs:
        victims, last = set(online["card_id"]), online["second"].max()
        before = in_shops[in_shops["card_id"].isin(victims) & (in_shops["second"] < last)]
        visitors = before.groupby("merchant_id")["card_id"].nunique()
        assert visitors.max() == len(victims)


def test_a_copied_card_pays_elsewhere_by_magnetic_stripe_as_the_card_itself(
    frauds: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    copied = of_typology(frauds, "compromised-merchant")
    swiped = copied[copied["channel"] == "magstripe"]

    assert len(swiped) > 0.6 * len(copied)
    assert (swiped["device_is_known"] == 1).all()
    assert swiped["device_id"].isin(set(genuine["device_id"])).mean() > 0.9
    assert (swiped["km"] > FAR_KM).mean() > 0.8


def pauses(frame: pd.DataFrame, typology: str) -> pd.Series:
    """Days from the card's last earlier payment to its first of a typology."""
    first = of_typology(frame, typology).groupby("card_id")["second"].min()
    known = frame[frame["card_id"].isin(first.index)]
    earlier = known[known["second"] < known["card_id"].map(first)]
    return (first - earlier.groupby("card_id")["second"].max()).dropna() / 86_400


@pytest.mark.parametrize("typology", ["dormant-card", "waking"])
def test_a_dormant_card_has_paid_nothing_for_ten_days(frame: pd.DataFrame, typology: str) -> None:
    days = pauses(frame, typology)

    assert len(days) >= 8
    assert (days >= 9).mean() > 0.9


def test_a_fraudulent_merchant_charges_its_own_customers_for_days(
    frame: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    charged = of_typology(frame, "fraudulent-merchant")
    visited = set(zip(genuine["card_id"], genuine["merchant_id"], strict=True))
    days = charged.groupby("merchant_id")["second"].agg(np.ptp) / 86_400

    assert all(
        pair in visited for pair in zip(charged["card_id"], charged["merchant_id"], strict=True)
    )
    assert days.between(2, 21).all()
    assert genuine["merchant_id"].isin(days.index).sum() > 0.5 * len(charged)


def test_a_shopping_spree_is_several_payments_by_one_card_within_two_hours(
    genuine: pd.DataFrame,
) -> None:
    seconds = of_typology(genuine, "shopping-spree").groupby("card_id")["second"]

    assert seconds.size().median() >= 2
    assert (seconds.max() - seconds.min()).median() < 2 * 3_600


def test_a_sale_is_many_payments_at_one_merchant_within_an_hour(genuine: pd.DataFrame) -> None:
    sales = of_typology(genuine, "sale").groupby("merchant_id")

    assert sales["card_id"].nunique().median() >= 6
    assert (sales["second"].max() - sales["second"].min()).median() < 3_600


def test_no_copied_card_pays_before_it_was_copied() -> None:
    random, noon = np.random.default_rng(0), 12 * 3_600
    world = create_world(random, 5_000, days=1)
    genuine = traffic(random, world, 5_000)
    in_the_afternoon = replace(genuine, second=noon + genuine.second // 2)

    stolen = frauds_among(random, world, in_the_afternoon, 50)

    assert stolen.second[stolen.typology == Typology.COMPROMISED_MERCHANT].min() > noon


def test_reports_come_after_the_payment_and_some_frauds_are_never_reported(
    frauds: pd.DataFrame, genuine: pd.DataFrame
) -> None:
    delay = pd.to_datetime(frauds["reported_at"]) - pd.to_datetime(frauds["time"])

    assert delay.min() >= pd.Timedelta(hours=1)
    assert delay.median() / pd.Timedelta(hours=72) == pytest.approx(1, rel=0.25)
    assert 0.005 < delay.isna().mean() < 0.07
    assert 0.00005 < genuine["reported_at"].notna().mean() < 0.0005


def test_every_column_that_a_model_may_read_is_judged(sample: CardSample) -> None:
    columns = {name for each in SCHEMA.attributes.values() for name in each.columns}
    judged = {*sample.features, *sample.identities}

    assert judged == {
        *columns,
        *("amount", "hour", "distance"),
        *("card_id", "merchant_id", "device_id"),
    }


@pytest.mark.slow
def test_a_model_of_all_columns_finds_many_frauds_but_not_all(sample: CardSample) -> None:
    assert 0.4 < sample.model < 0.8


@pytest.mark.slow
def test_no_single_column_finds_half_as_many_as_the_model(sample: CardSample) -> None:
    assert best_column(sample)[0] < 0.5
    assert stump(sample)[0] < 0.5


def test_distances_are_those_on_the_globe() -> None:
    berlin, munich = Place(np.array([52.52]), np.array([13.40])), Place(48.14, 11.58)

    assert distance_km(berlin, munich) == pytest.approx([504], abs=2)
