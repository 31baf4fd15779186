"""Any mix of columns is read, trained on, packed, served and described."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from fraud_api_lambda.domain.schema import Attribute, Kind, Roles, Schema, Time, Unit
from fraud_api_lambda.web.app import create_app
from tests.fakes import ReadyProvider
from training.fitting.settings import Settings
from training.scoring.score import load_scorer, score
from training.train import TrainOptions, train

ROWS = 600
POSTED = 20
KINDS = ("number", "holes", "flag", "prefix", "few", "many", "place", "other place")

pytestmark = pytest.mark.slow


def column(kind: str, chance: np.random.Generator) -> dict[str, Any]:
    """The columns of an attribute of a kind."""
    match kind:
        case "number":
            return {kind: chance.normal(0, 100, ROWS).round(3)}
        case "holes":
            return {
                kind: np.where(chance.random(ROWS) < 0.2, np.nan, chance.integers(9, size=ROWS))
            }
        case "flag":
            return {kind: chance.choice(["M", "F"], ROWS)}
        case "few":
            return {kind: chance.choice(["a b", "c[", "d<"], ROWS)}
        case "many":
            return {kind: np.repeat([f"0{number}" for number in range(ROWS // 20)], 20)}
    return {f"{kind}_{axis}": chance.uniform(-80, 80, ROWS).round(4) for axis in ("lat", "long")}


def attribute(kind: str) -> Attribute:
    match kind:
        case "number" | "holes":
            return Attribute(kind, Kind.NUMBER, (kind,))
        case "flag":
            return Attribute(kind, Kind.FLAG, (kind,))
        case "prefix":
            return Attribute(kind, Kind.FLAG, ("payee",), prefix="1")
        case "few" | "many":
            return Attribute(kind, Kind.CATEGORY, (kind,))
    return Attribute(kind, Kind.PLACE, (f"{kind}_lat", f"{kind}_long"))


def file_of(kinds: list[str], unit: Unit | None, seed: int) -> pd.DataFrame:
    """Ten days of payments, in which large amounts are often frauds."""
    chance = np.random.default_rng(seed)
    hours = np.sort(chance.integers(240, size=ROWS))
    amounts = chance.lognormal(3, 1, ROWS).round(2)
    counts = {Unit.SECOND: hours * 3_600, Unit.HOUR: hours, Unit.DAY: hours // 24}
    times = pd.Timestamp("2026-03-01") + pd.to_timedelta(hours, unit="h")
    columns = {
        "at": times.strftime("%Y-%m-%d %H:%M") if unit is None else counts[unit],
        "amount": amounts,
        "is_fraud": (chance.random(ROWS) < np.where(amounts > 40, 0.5, 0.03)).astype(int),
        "payee": chance.integers(10**18, 3 * 10**18, ROWS).astype(str),
        "balance": chance.lognormal(4, 1, ROWS).round(2),
    }
    for kind in kinds:
        columns |= {} if kind == "prefix" else column(kind, chance)
    return pd.DataFrame(columns)


def schema_of(kinds: list[str], unit: Unit | None, balance: str | None) -> Schema:
    roles = Roles(Time("at", unit), "amount", "is_fraud", payee="payee", balance=balance)
    peers = next((kind for kind in kinds if kind in {"few", "many"}), None)
    attributes = {kind: attribute(kind) for kind in kinds}
    ignore = () if balance else ("balance",)
    return Schema("any", roles, peer_group=peers, attributes=attributes, ignore=ignore)


@settings(max_examples=4)
@given(
    kinds=st.lists(st.sampled_from(KINDS), unique=True),
    unit=st.none() | st.sampled_from(Unit),
    balance=st.none() | st.just("balance"),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_schema_is_trained_on_and_served_with_the_probabilities_of_score(
    kinds: list[str], unit: Unit | None, balance: str | None, seed: int
) -> None:
    frame = file_of(kinds, unit, seed)
    options = TrainOptions(
        schema_of(kinds, unit, balance),
        settings=Settings(booster={"n_estimators": 5}),
        choose_ratio=False,
        compare=False,
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        frame.to_csv(folder / "data.csv", index=False)
        train(folder / "data.csv", folder / "model", options)
        score(folder / "model", folder / "data.csv", folder / "scored.parquet")
        scored = pd.read_parquet(folder / "scored.parquet")["fraud_probability"]
        client = TestClient(create_app(ReadyProvider(load_scorer(folder / "model")), docs=True))

    bodies = json.loads(frame.head(POSTED).drop(columns="is_fraud").to_json(orient="records"))
    answers = [client.post("/predict", json=body).json() for body in bodies]
    described = client.get("/model").json()

    assert [each["fraud_probability"] for each in answers] == scored.head(POSTED).to_list()
    assert {each["name"] for each in described["schema"]["fields"]} >= set(bodies[0])
    assert client.get("/openapi.json").status_code == 200
