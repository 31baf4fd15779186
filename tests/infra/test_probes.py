"""Heartbeat and smoke test pass with any model, whatever the amounts in its data."""

import json
import subprocess
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.web.app import create_app
from tests.fakes import ReadyProvider, served
from tests.infra.infra import ROOT
from tests.infra.world import DIGEST, KEY, living, load
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.scoring.score import load_scorer
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

MONEY = ["amount", "oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"]


@pytest.fixture(scope="module", params=[3, 100])
def scorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    """A model of simulated transactions whose amounts and balances are scaled."""
    out = tmp_path_factory.mktemp("scaled")
    frame = simulate(20_000, seed=3, days=10)
    frame[MONEY] *= request.param
    write_transactions(frame, out / "data.parquet")
    options = TrainOptions(
        feature_set="decision-time",
        settings=Settings(booster={"n_estimators": 40}),
        windows=Windows(test_days=2),
        choose_ratio=False,
        refit=False,
        compare=False,
    )
    train(out / "data.parquet", out, options)
    return load_scorer(out)


@pytest.fixture(scope="module")
def url(scorer: Scorer) -> Iterator[str]:
    with served(create_app(ReadyProvider(scorer))) as url:
        yield url


def test_the_heartbeat_passes(scorer: Scorer, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with living(monkeypatch) as world:
        digest = scorer.version.ljust(len(DIGEST), "0")
        world.parameter["Value"] = json.dumps({"sha256": digest, "previous": None})
        monkeypatch.setenv("API_URL", url)
        with urlopen(f"{url}/model") as answer:
            world.told = json.load(answer)

        summary = load().handler({}, None)

    assert (summary["model_version"], summary["example"]) == (scorer.version, "stopped")
    assert summary["decision"] in ("review", "block")


def test_the_smoke_test_passes(url: str) -> None:
    done = subprocess.run(
        [ROOT / ".ci/smoke", url, KEY], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout.count(": ok\n") == 5
    assert done.returncode == 0
