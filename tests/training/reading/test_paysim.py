"""Tests on real PaySim rows, which lie beside the project and are never committed."""

import csv
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from starlette.testclient import TestClient

from fraud_api_lambda.web.app import create_app
from tests.fakes import ReadyProvider
from tests.paysim_files import frame_of, rows_of
from training.data.matrix import feature_matrix, packed
from training.option_values import LEAKY
from training.reporting.console import summary
from training.reporting.schema import RunMetrics
from training.scoring.score import load_scorer, score
from training.train import TrainOptions, Windows, train

DATA = Path(__file__).parents[3].parent / "shared" / "data"
HOURS = DATA / "paysim_steps_1_to_8.csv"
JSON = {"Content-Type": "application/json"}

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no real PaySim rows: put them into {DATA}"
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> RunMetrics:
    out = tmp_path_factory.mktemp("sample")
    return train(
        DATA / "paysim_sample_steps_1_to_312.parquet",
        out,
        TrainOptions(feature_set="decision-time", windows=Windows(test_days=1)),
    )


def test_balances_before_the_payment_nearly_solve_paysim(sample: RunMetrics) -> None:
    assert sample["arms"]["decision-time"]["average_precision"] >= 0.97


def test_without_balances_paysim_is_hard(sample: RunMetrics) -> None:
    arms = sample["arms"]

    assert 0.15 < arms["strict"]["average_precision"] < 0.4
    assert set(arms) == {"decision-time", "strict+hour", "strict", LEAKY}


def test_weights_restore_the_true_fraud_rate(sample: RunMetrics) -> None:
    assert sample["data"]["fraud_rate"] == pytest.approx(0.0008, abs=0.0001)


def test_the_artefact_is_described_in_the_summary(sample: RunMetrics, tmp_path: Path) -> None:
    assert "amount == oldbalanceOrg holds for 97.8% of frauds" in summary(sample, tmp_path)


UNTIL = [192, 216, 240]


@pytest.fixture(scope="module")
def last_three_days(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[RunMetrics]:
    """Metrics of fits up to each of the given steps, evaluated on steps 241 to 312."""
    sample = DATA / "paysim_sample_steps_1_to_312.parquet"
    return [
        train(
            sample,
            tmp_path_factory.mktemp("until"),
            TrainOptions(
                feature_set="decision-time", windows=Windows(train_until=until, test_from=241)
            ),
        )
        for until in request.param
    ]


ONE_OR_ALL = pytest.mark.parametrize(
    "last_three_days",
    [[216], pytest.param(UNTIL, marks=pytest.mark.soak)],
    ids=["one fit", "all fits"],
    indirect=True,
)


def median(runs: list[RunMetrics], feature_set: str, *path: str) -> float:
    values: list[float] = []
    for run in runs:
        value: Any = run["arms"][feature_set]
        for key in path:
            value = value[key]
        values.append(value)
    return statistics.median(values)


@ONE_OR_ALL
def test_three_later_days_reach_the_expected_average_precision(
    last_three_days: list[RunMetrics],
) -> None:
    found = {
        name: median(last_three_days, name, "average_precision")
        for name in ("decision-time", "strict+hour", "strict")
    }

    assert found["decision-time"] >= 0.97
    assert found["strict+hour"] >= 0.28
    assert found["strict"] >= 0.18


@ONE_OR_ALL
def test_the_leak_alarm_names_emptied(last_three_days: list[RunMetrics]) -> None:
    for run in last_three_days:
        assert run["findings"][0]["code"] == "leak"
        assert run["findings"][0]["text"].startswith("emptied alone reaches")


@ONE_OR_ALL
@pytest.mark.parametrize(("feature_set", "skill"), [("decision-time", 0.95), ("strict", 0.05)])
def test_probabilities_are_calibrated_on_later_days(
    last_three_days: list[RunMetrics], feature_set: str, skill: float
) -> None:
    figures = {
        name: median(last_three_days, feature_set, "calibration", name)
        for name in ("observed_over_expected", "slope", "brier_skill")
    }

    assert 0.75 <= figures["observed_over_expected"] <= 1.33
    assert 0.8 <= figures["slope"] <= 1.25
    assert figures["brier_skill"] >= skill


@ONE_OR_ALL
@pytest.mark.parametrize("other", ["weights", "none"])
def test_smote_has_no_higher_log_loss_than_no_resampling(
    last_three_days: list[RunMetrics], other: str
) -> None:
    losses = {
        name: statistics.median(
            run["resampling"]["arms"][name]["calibration"]["log_loss"] for run in last_three_days
        )
        for name in ("smote", other)
    }

    assert losses["smote"] <= 1.02 * losses[other]


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunMetrics]:
    out = tmp_path_factory.mktemp("hours")
    return out, train(HOURS, out, TrainOptions(feature_set="decision-time", compare=False))


def test_eight_hours_are_split_by_hours_and_the_summary_starts_with_it(
    hours: tuple[Path, RunMetrics],
) -> None:
    out, metrics = hours

    assert summary(metrics, out).startswith("Too little data for days: split by hours")
    assert (out / "model.joblib").exists()


@pytest.mark.parametrize(
    "every", [50, pytest.param(1, marks=pytest.mark.soak)], ids=["some rows", "all rows"]
)
def test_posted_rows_get_the_same_probability_as_score_bit_for_bit(
    hours: tuple[Path, RunMetrics], tmp_path: Path, every: int
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


@pytest.mark.parametrize("file", [HOURS, DATA / "paysim_sample_steps_1_to_312.parquet"])
def test_every_margin_equals_that_of_xgboosts_own_booster_bit_for_bit(
    hours: tuple[Path, RunMetrics], file: Path
) -> None:
    scorer = load_scorer(hours[0])
    rows = feature_matrix(rows_of(frame_of(file)).facts, scorer.bundle.plan)
    booster = xgb.Booster(model_file=bytearray(scorer.bundle.booster))

    margins = np.array(scorer.margins(packed(rows)), dtype=np.float32)

    expected = booster.inplace_predict(rows, predict_type="margin", validate_features=False)
    assert margins.tobytes() == expected.tobytes()
    assert len(margins) > 10_000


def as_json(row: dict[str, str]) -> str:
    """A row without its labels, as JSON with the file's own digits."""
    texts = {"type", "nameOrig", "nameDest"}
    members = [
        f'"{name}": "{cell}"' if name in texts else f'"{name}": {cell}'
        for name, cell in row.items()
        if name not in {"isFraud", "isFlaggedFraud"}
    ]
    return f"{{{', '.join(members)}}}"
