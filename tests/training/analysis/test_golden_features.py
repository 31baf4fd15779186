"""The leak alarm names a column that leaks the label, and only such a column."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.analysis.findings import Finding, sentence
from training.analysis.golden_features import FeatureAlone, leak_findings
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.reporting.console import summary
from training.reporting.schema import RunMetrics
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

ROWS = 60_000
SETTINGS = Settings(booster={"n_estimators": 40})


def trained(frame: pd.DataFrame, out: Path) -> RunMetrics:
    path = out / "data.parquet"
    write_transactions(frame, path)
    return train(
        path,
        out,
        TrainOptions(
            feature_set="decision-time",
            settings=SETTINGS,
            windows=Windows(test_days=2),
            compare=False,
            choose_ratio=False,
            refit=False,
        ),
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulate(ROWS, seed=1, days=10)


def with_leak(frame: pd.DataFrame) -> pd.DataFrame:
    """Exactly the frauds empty the account to the cent, as in PaySim."""
    fraud = frame["isFraud"] == 1
    return frame.assign(oldbalanceOrg=np.where(fraud, frame["amount"], frame["amount"] + 7.77))


@pytest.fixture(scope="module")
def folder(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model trained on a planted leak."""
    folder = tmp_path_factory.mktemp("planted")
    trained(with_leak(frame), folder)
    return folder


@pytest.fixture(scope="module")
def planted(folder: Path) -> RunMetrics:
    metrics: RunMetrics = json.loads((folder / "metrics.json").read_text())
    return metrics


def test_a_planted_leak_raises_the_alarm(planted: RunMetrics) -> None:
    leak, too_good, *_ = planted["findings"]

    assert planted["leaks"]["alone"][0]["feature"] == "emptied"
    assert (leak["code"], too_good["code"]) == ("leak", "too-good")
    assert leak["text"].startswith("emptied alone reaches an average precision of")
    assert too_good["text"].startswith("an average precision of 1.000 on later data is too good")


def test_console_report_and_card_show_the_alarm(planted: RunMetrics, folder: Path) -> None:

    text = f"Leak alarm: {planted['findings'][0]['text']}"

    assert text in summary(planted, folder)
    assert (
        "<strong>Leak alarm:</strong> emptied alone reaches" in (folder / "report.html").read_text()
    )
    assert f"- {text}" in (folder / "model_card.md").read_text()


def test_get_model_shows_the_alarm(folder: Path) -> None:
    from starlette.testclient import TestClient

    from fraud_api_lambda.web.app import create_app
    from tests.fakes import ReadyProvider
    from training.scoring.score import load_scorer

    client = TestClient(create_app(ReadyProvider(load_scorer(folder))))

    warnings = client.get("/model").json()["metrics"]["warnings"]

    assert warnings[0].startswith("Leak alarm: emptied alone")


def test_the_simulators_data_raises_no_alarm(frame: pd.DataFrame, tmp_path: Path) -> None:
    assert leak_findings(trained(frame, tmp_path)["leaks"]) == []


def found(reached: float, alone: float, base_rate: float = 0.001) -> list[Finding]:
    best = FeatureAlone(feature="amount", words="Amount", average_precision=alone)
    return leak_findings(
        {"average_precision": reached, "base_rate": base_rate, "alone": [best]},
    )


def codes(reached: float, alone: float, base_rate: float = 0.001) -> list[str]:
    return [finding["code"] for finding in found(reached, alone, base_rate)]


@pytest.mark.parametrize(("alone", "raised"), [(0.569, []), (0.57, ["leak"]), (0.58, ["leak"])])
def test_a_leak_reaches_95_percent_of_the_model(alone: float, raised: list[str]) -> None:
    assert codes(0.6, alone) == raised


@pytest.mark.parametrize("base_rate", [0.001, 0.2])
@pytest.mark.parametrize(
    ("beyond", "code"), [(-0.001, "adds-nothing"), (1e-9, "leak"), (0.001, "leak")]
)
def test_a_leak_comes_half_the_way_from_the_base_rate_to_1(
    base_rate: float, beyond: float, code: str
) -> None:
    alone = (1 + base_rate) / 2 + beyond

    assert codes(alone, alone, base_rate) == [code]


@pytest.mark.parametrize(
    ("alone", "adds"), [(0.068, "almost nothing"), (0.071, "nothing"), (0.092, "nothing")]
)
def test_a_feature_as_good_as_a_weak_model_is_not_a_leak(alone: float, adds: str) -> None:
    (finding,) = found(0.071, alone)

    assert sentence(finding) == (
        f"The model adds {adds} to amount: it reaches an average precision of 0.071, and amount "
        f"alone {alone}. There are too few frauds, or the columns tell too little about them."
    )


def test_a_feature_below_a_weak_model_raises_nothing() -> None:
    assert codes(0.071, 0.066) == []


@pytest.mark.parametrize(("reached", "raised"), [(0.994, []), (0.995, []), (0.996, ["too-good"])])
def test_a_model_above_0_995_is_too_good_to_be_true(reached: float, raised: list[str]) -> None:
    assert codes(reached, 0.5) == raised


def test_emptied_accounts_in_paysim_are_a_leak() -> None:
    assert codes(0.998, 0.978) == ["leak", "too-good"]
