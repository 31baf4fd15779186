"""The leak alarm names a column that knows the answer, and is silent where none does."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.analysis.golden_features import leak_sentences
from training.files.writing import write_transactions
from training.reporting.console import summary
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

ROWS = 60_000


def trained(frame: pd.DataFrame, out: Path) -> dict[str, Any]:
    path = out / "data.parquet"
    write_transactions(frame, path)
    return train(
        path,
        out,
        TrainOptions(windows=Windows(test_days=2), compare=False, choose_ratio=False, refit=False),
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulate(ROWS, seed=1, days=10)


def with_leak(frame: pd.DataFrame) -> pd.DataFrame:
    """Frauds, and they alone, empty the account to the cent: as in PaySim."""
    fraud = frame["isFraud"] == 1
    return frame.assign(oldbalanceOrg=np.where(fraud, frame["amount"], frame["amount"] + 7.77))


@pytest.fixture(scope="module")
def planted(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return trained(with_leak(frame), tmp_path_factory.mktemp("planted"))


def test_a_planted_leak_is_named_in_plain_words(planted: dict[str, Any]) -> None:
    sentences = planted["leaks"]["sentences"]

    assert planted["leaks"]["alone"][0]["feature"] == "emptied"
    assert sentences[0].startswith("Leak alarm: emptied alone reaches an average precision of")
    assert sentences[1].startswith("Leak alarm: an average precision of 1.000 on later data is too")


def test_console_report_card_and_the_model_itself_say_so(
    planted: dict[str, Any], tmp_path: Path
) -> None:
    from training.reporting.report import model_card, report

    sentence = planted["leaks"]["sentences"][0]

    assert sentence in planted["warnings"]
    assert sentence in summary(planted, tmp_path)
    assert "Leak alarm: emptied alone reaches" in report(planted)
    assert f"- {sentence}" in model_card(planted)


def test_get_model_says_so_too(frame: pd.DataFrame, tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    from fraud_api_lambda.api import create_app
    from tests.fakes import ReadyProvider
    from training.scoring.score import load_scorer

    trained(with_leak(frame), tmp_path)
    client = TestClient(create_app(ReadyProvider(load_scorer(tmp_path))))

    warnings = client.get("/model").json()["metrics"]["warnings"]

    assert warnings[0].startswith("Leak alarm: emptied alone")


def test_the_simulators_data_raises_no_alarm(frame: pd.DataFrame, tmp_path: Path) -> None:
    assert trained(frame, tmp_path)["leaks"]["sentences"] == []


def leak_sentence(reached: float, alone: float, base_rate: float = 0.001) -> str:
    sentences = leak_sentences(reached, alone, "amount", base_rate=base_rate)
    return sentences[0] if sentences else ""


@pytest.mark.parametrize(("alone", "begins"), [(0.569, ""), (0.57, "Leak"), (0.58, "Leak")])
def test_a_leak_reaches_95_percent_of_the_model(alone: float, begins: str) -> None:
    assert leak_sentence(0.6, alone)[:4] == begins


@pytest.mark.parametrize("base_rate", [0.001, 0.2])
@pytest.mark.parametrize(("beyond", "leaks"), [(-0.001, False), (1e-9, True), (0.001, True)])
def test_a_leak_comes_half_the_way_from_the_base_rate_to_1(
    base_rate: float, beyond: float, leaks: bool
) -> None:
    alone = (1 + base_rate) / 2 + beyond

    assert leak_sentence(alone, alone, base_rate).startswith("Leak alarm") is leaks


@pytest.mark.parametrize(
    ("alone", "adds"), [(0.068, "almost nothing"), (0.071, "nothing"), (0.092, "nothing")]
)
def test_a_feature_as_good_as_a_weak_model_is_no_leak(alone: float, adds: str) -> None:
    assert leak_sentence(0.071, alone) == (
        f"The model adds {adds} to amount: it reaches an average precision of 0.071, and amount "
        f"alone {alone}. There are too few frauds, or too little in the columns."
    )


def test_a_feature_below_a_weak_model_raises_nothing() -> None:
    assert leak_sentence(0.071, 0.066) == ""


@pytest.mark.parametrize(("reached", "raised"), [(0.994, 0), (0.995, 0), (0.996, 1)])
def test_a_model_above_0_995_is_too_good_to_be_true(reached: float, raised: int) -> None:
    sentences = leak_sentences(reached, 0.5, "amount", base_rate=0.001)

    assert len(sentences) == raised


def test_paysims_emptied_accounts_are_a_leak() -> None:
    assert leak_sentence(0.998, 0.978).startswith("Leak alarm: amount alone reaches")
