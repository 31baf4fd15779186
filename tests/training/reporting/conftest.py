"""A run that compares everything, one for all tests of this folder."""

import json
from pathlib import Path

import pytest

from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.reporting.schema import RunMetrics
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

SETTINGS = Settings(booster={"n_estimators": 40})


@pytest.fixture(scope="package")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that the run wrote."""
    out = tmp_path_factory.mktemp("report")
    data = out / "data.parquet"
    write_transactions(simulate(20_000, seed=2, days=10), data)
    train(
        data,
        out,
        TrainOptions(
            feature_set="decision-time",
            settings=SETTINGS,
            windows=Windows(test_days=2),
            choose_ratio=False,
        ),
    )
    return out


@pytest.fixture(scope="package")
def metrics(out: Path) -> RunMetrics:
    """The content of its metrics.json."""
    found: RunMetrics = json.loads((out / "metrics.json").read_text())
    return found
