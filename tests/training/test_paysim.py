"""Real PaySim rows, where they lie beside the project; they are never part of it."""

import csv
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from fraud_api_lambda.api import create_app
from tests.fakes import ReadyProvider
from training.leaky import LEAKY
from training.score import load_scorer, score
from training.summary import summary
from training.train import Windows, train

DATA = Path(__file__).parents[2].parent / "shared" / "data"
HOURS = DATA / "paysim_steps_1_to_8.csv"
JSON = {"Content-Type": "application/json"}

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real PaySim rows: put them into {DATA}"
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("sample")
    return train(DATA / "paysim_sample_steps_1_to_312.parquet", out, windows=Windows(test_days=1))


def test_balances_known_in_time_nearly_solve_paysim(sample: dict[str, Any]) -> None:
    assert sample["arms"]["decision-time"]["average_precision"] >= 0.97


def test_without_them_it_is_hard_and_every_arm_is_shown(sample: dict[str, Any]) -> None:
    arms = sample["arms"]

    assert 0.15 < arms["strict"]["average_precision"] < 0.4
    assert set(arms) == {"decision-time", "strict+hour", "strict", LEAKY}


def test_weights_restore_the_true_fraud_rate(sample: dict[str, Any]) -> None:
    assert sample["data"]["fraud_rate"] == pytest.approx(0.0008, abs=0.0001)


def test_the_artefact_is_said_in_plain_words(sample: dict[str, Any], tmp_path: Path) -> None:
    assert "amount == oldbalanceOrg holds for 97.8% of frauds" in summary(sample, tmp_path)


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("hours")
    return out, train(HOURS, out, compare=False)


def test_eight_hours_are_split_by_hours_and_it_is_said_first(
    hours: tuple[Path, dict[str, Any]],
) -> None:
    out, metrics = hours

    assert summary(metrics, out).startswith("Too little data for days: split by hours")
    assert (out / "model.joblib").exists()


@pytest.mark.parametrize(
    "every", [50, pytest.param(1, marks=pytest.mark.soak)], ids=["some rows", "all rows"]
)
def test_rows_posted_as_they_are_get_the_probability_of_score_bit_for_bit(
    hours: tuple[Path, dict[str, Any]], tmp_path: Path, every: int
) -> None:
    model, scored = hours[0], tmp_path / "scored.csv"
    score(model, HOURS, scored)
    client = TestClient(create_app(ReadyProvider(load_scorer(model))))

    with HOURS.open() as before, scored.open() as after:
        rows = list(zip(csv.DictReader(before), csv.DictReader(after), strict=True))
    for row, expected in rows[::every]:
        response = client.post("/predict", content=as_json(row), headers=JSON)
        assert response.status_code == 200
        assert response.json()["fraud_probability"] == float(expected["fraud_probability"])


def as_json(row: dict[str, str]) -> str:
    """A row less its labels, its numbers written as the file writes them."""
    texts = {"type", "nameOrig", "nameDest"}
    members = [
        f'"{name}": "{cell}"' if name in texts else f'"{name}": {cell}'
        for name, cell in row.items()
        if name not in {"isFraud", "isFlaggedFraud"}
    ]
    return f"{{{', '.join(members)}}}"
