"""Tests on card payments, which lie beside the project and are never committed."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from benchmarks.history import batch_of, differing, folded
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.fields import labels_of
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.wire.wire import Wire
from tests.fakes import ReadyProvider
from tests.training.reading.test_paysim import DATA
from training.data.rows import Rows
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.histories.columns import with_histories
from training.reading.calendar import Calendar
from training.reading.dataset import read_dataset
from training.reading.schema_of_file import schema_of_file
from training.scoring.score import load_scorer, score
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

SPARKOV = """
name = "cards"
currency = "USD"
label_delay = "7d"
peer_group = "category"
ignore = ["city", "state", "zip", "job", "dob", "city_pop"]

[roles]
time = "trans_date_trans_time"
amount = "amt"
payer = "cc_num"
payee = "merchant"
label = "is_fraud"
id = "trans_num"

[attributes]
category = "category"
gender = "flag"
home = ["lat", "long"]
shop = ["merch_lat", "merch_long"]
"""
HANDBOOK = """
name = "terminals"
label_delay = "7d"
ignore = ["TX_FRAUD_SCENARIO"]

[roles]
label = "TX_FRAUD"
time = "TX_DATETIME"
amount = "TX_AMOUNT"
payer = "CUSTOMER_ID"
payee = "TERMINAL_ID"
id = "TRANSACTION_ID"
"""
CARDS = DATA / "sparkov_like_2019-09-01_to_2020-03-31.parquet"
SCHEMAS = {CARDS.name: SPARKOV, "handbook_2018-04-01_to_08-14.parquet": HANDBOOK}
ROWS = 100_000

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no card payments: put them into {DATA}"),
]


class Scored(NamedTuple):
    """Rows of a file, less their label, with the probabilities of `score`, and the model."""

    bodies: list[dict[str, Any]]
    probabilities: list[float]
    scorer: Scorer


@pytest.fixture(scope="module", params=[*SCHEMAS, "paysim"])
def scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    folder = tmp_path_factory.mktemp("cards")
    data, text, name = folder / "data.parquet", folder / "schema.toml", request.param
    known = name in SCHEMAS  # of PaySim, fewer rows than these are at hand: simulated ones
    frame = pd.read_parquet(DATA / name).tail(ROWS) if known else simulate(ROWS, 0)
    write_transactions(frame, data)
    text.write_text(SCHEMAS.get(name, ""))
    schema = schema_of_file(data, str(text) if known else None)
    settings = Settings(booster={"n_estimators": 20})
    options = TrainOptions(
        schema,
        feature_set="decision-time",
        settings=settings,
        choose_ratio=False,
        compare=False,
        refit=False,
    )
    train(data, folder / "model", options)
    score(folder / "model", data, folder / "scored.parquet")
    found = pd.read_parquet(folder / "scored.parquet")["fraud_probability"].to_list()
    labels = [name for name in labels_of(schema) if name in frame]
    return Scored(bodies_of(frame, labels), found, load_scorer(folder / "model"))


def bodies_of(frame: pd.DataFrame, labels: list[str]) -> list[dict[str, Any]]:
    """Each row as a body of `POST /predict`."""
    plain = frame.drop(columns=labels)
    for name in plain.select_dtypes("datetime"):
        plain[name] = plain[name].dt.strftime("%Y-%m-%dT%H:%M:%S")
    bodies: list[dict[str, Any]] = json.loads(plain.to_json(orient="records", double_precision=15))
    return bodies


def test_posted_rows_of_own_columns_get_the_same_probability_as_score_bit_for_bit(
    scored: Scored,
) -> None:
    wire = Wire(scored.scorer.bundle)

    posted = [
        scored.scorer.assess(wire.payment(json.dumps(body).encode())).fraud_probability
        for body in scored.bodies
    ]

    assert posted == scored.probabilities
    assert len(posted) == ROWS


def test_own_columns_find_most_frauds_of_the_sparkov_like_cards(tmp_path: Path) -> None:
    text = tmp_path / "schema.toml"
    text.write_text(SPARKOV)
    schema = schema_of_file(CARDS, str(text))
    calendar = Calendar.of(schema)
    windows = Windows(
        train_until=calendar.step_until("2020-02-29"), test_from=calendar.step_from("2020-03-08")
    )
    options = TrainOptions(schema, windows=windows, compare=False, refit=False)

    arms = train(CARDS, tmp_path / "model", options)["arms"]

    assert arms["decision-time"]["average_precision"] >= 0.82
    assert arms["history"]["average_precision"] >= 0.93
    for arm in arms.values():
        assert 0.8 <= arm["calibration"]["observed_over_expected"] <= 1.25


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns_of_histories_have_the_bits_of_the_fold_in_every_row(
    name: str, tmp_path: Path
) -> None:
    text = tmp_path / "schema.toml"
    text.write_text(SCHEMAS[name])
    rows = with_histories(
        Rows.of(read_dataset(DATA / name, schema_of_file(DATA / name, str(text))))
    )
    order = np.argsort(rows.dataset.seconds, kind="stable")

    assert differing(rows, order, folded(batch_of(rows, order), rows)) == 0


def test_rows_of_the_kaggle_set_are_all_answered(tmp_path: Path) -> None:
    text = tmp_path / "schema.toml"
    text.write_text(SPARKOV)
    schema = schema_of_file(CARDS, str(text))
    settings = Settings(booster={"n_estimators": 5})
    options = TrainOptions(
        schema, "decision-time", settings=settings, choose_ratio=False, compare=False
    )
    train(CARDS, tmp_path / "model", options)
    client = TestClient(create_app(ReadyProvider(load_scorer(tmp_path / "model"))))

    rows = pd.read_parquet(DATA / "sparkov_kaggle_real_rows.parquet").head(1_000)
    known = [name for name in rows if name in {*schema.columns(), *schema.ignore}]
    statuses = {
        client.post("/predict", json=body).status_code
        for body in bodies_of(rows[known], [schema.roles.label])
    }

    assert statuses == {200}
