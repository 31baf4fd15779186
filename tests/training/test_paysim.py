"""Real PaySim rows, where they lie beside the project; they are never part of it."""

from pathlib import Path
from typing import Any

import pytest

from training.leaky import LEAKY
from training.summary import summary
from training.train import Windows, train

DATA = Path(__file__).parents[2].parent / "shared" / "data"

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


def test_eight_hours_are_split_by_hours_and_it_is_said_first(tmp_path: Path) -> None:
    metrics = train(DATA / "paysim_steps_1_to_8.csv", tmp_path, compare=False)

    assert summary(metrics, tmp_path).startswith("Too little data for days: split by hours")
    assert (tmp_path / "model.joblib").exists()
