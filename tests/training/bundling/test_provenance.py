"""A model trained on simulated data says so and is never served by accident."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.aws import Aws, Where
from tests.bundles import make_bundle, write_model
from training.__main__ import app
from training.bundling.provenance import origin_of
from training.errors import CheckFailedError
from training.hints import fraud, registry_options
from training.local.processes import environment
from training.registry.champion_challenger import challenge
from training.registry.publishing import promote_version, publish, rollback
from training.simulator.accounts import IDS, customer_index
from training.simulator.simulate import TYPOLOGIES, simulate

SIMULATED = make_bundle(trained_on={"rows": 200, "data": "simulated"})
PROVIDED = make_bundle(1, trained_on={"rows": 200, "data": "provided"})


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    return simulate(1_000, 0)


def of_others(n: int = 2_000) -> pd.DataFrame:
    """Payers as in PaySim's file."""
    chance = np.random.default_rng(3)
    return pd.DataFrame({"nameOrig": [f"C{number}" for number in chance.integers(0, IDS, n)]})


@pytest.mark.parametrize(
    "changed",
    [
        lambda rows: rows,
        lambda rows: rows.drop(columns=["typology", "label_time"]),
        lambda rows: rows.drop(columns="typology").sample(50, random_state=0),
        lambda rows: rows.assign(nameOrig="C1"),
        lambda rows: pd.concat([rows.drop(columns="typology"), of_others()]),
    ],
    ids=["as written", "without its columns", "a few rows", "renamed payers", "among others"],
)
def test_simulated_data_is_recognised(simulated: pd.DataFrame, changed: object) -> None:
    assert callable(changed)
    assert origin_of(changed(simulated), "nameOrig") == "simulated"


@pytest.mark.parametrize(
    "rows",
    [
        of_others(),
        pd.DataFrame({"nameOrig": [f"C{number}" for number in range(1, 2_001)]}),
        pd.DataFrame({"nameOrig": ["C", "M1", "DE02 1", "C01", "C99999999999", "C-1", ""]}),
        of_others().assign(typology="invoice fraud"),
        of_others().assign(typology=np.nan),
        of_others().assign(typology=["scam", "invoice fraud"] * 1_000),
    ],
    ids=["like PaySim's", "counted", "of any form", "own typology", "empty", "partly ours"],
)
def test_other_data_is_not_mistaken_for_simulated(rows: pd.DataFrame) -> None:
    assert "scam" in TYPOLOGIES
    assert origin_of(rows, "nameOrig") == "provided"


def test_the_number_of_a_customer_is_the_inverse_of_the_id(simulated: pd.DataFrame) -> None:
    customers = simulated["nameOrig"][simulated["nameOrig"].str.startswith("C")].unique()

    assert {customer_index(each) for each in customers} <= set(range(60))


@pytest.fixture
def far(aws: Aws) -> Iterator[None]:
    """SSM at a remote host name, whose proxy leads back to this machine."""
    with environment(
        {
            **aws.environment,
            "AWS_ENDPOINT_URL_SSM": "http://ssm.example.com",
            "http_proxy": aws.endpoint_url,
        }
    ):
        yield


def has_pointer(aws: Aws) -> bool:
    return aws.registry.read_stored().value is not None


def test_a_model_of_simulated_data_is_published_but_not_served(
    aws: Aws, far: None, tmp_path: Path
) -> None:
    del far
    version = write_model(tmp_path, SIMULATED)
    registry = registry_options(aws.bucket, aws.parameter)

    done = CliRunner().invoke(app, ["publish", str(tmp_path), "--promote", *registry])

    assert isinstance(done.exception, CheckFailedError)
    assert str(done.exception).startswith(f"version {version} was trained on simulated data")
    assert not has_pointer(aws)


def test_a_model_of_simulated_data_is_not_promoted_whatever_its_manifest_says(
    aws: Aws, where: Where, far: None, tmp_path: Path
) -> None:
    del far
    version = write_model(tmp_path, SIMULATED, trained_on={"data": "provided"})
    publish(tmp_path, **where)

    for dry_run in (True, False):
        with pytest.raises(CheckFailedError, match="--allow-simulated"):
            promote_version(version, dry_run=dry_run, **where)

    assert not has_pointer(aws)


def test_no_hint_promotes_a_model_of_simulated_data(aws: Aws, far: None, tmp_path: Path) -> None:
    del far
    write_model(tmp_path, SIMULATED, trained_on={"data": "simulated"})
    registry = registry_options(aws.bucket, aws.parameter)

    published = CliRunner().invoke(app, ["publish", str(tmp_path), *registry])
    listed = CliRunner().invoke(app, ["models", *registry])

    assert published.stderr.splitlines()[-1] == f"next: {fraud('models', *registry)}"
    assert "next:" not in listed.stderr


def test_a_model_of_simulated_data_cannot_challenge(
    aws: Aws, where: Where, far: None, tmp_path: Path
) -> None:
    del far
    write_model(tmp_path, SIMULATED)

    with pytest.raises(CheckFailedError, match="--allow-simulated"):
        challenge(tmp_path, tmp_path / "never read.csv", margin=0.01, **where)

    assert aws.registry.versions() == {}


def test_a_model_of_simulated_data_can_be_served_on_purpose_and_rolled_back_to(
    aws: Aws, where: Where, far: None, tmp_path: Path
) -> None:
    del far
    simulated = write_model(tmp_path, SIMULATED)
    publish(tmp_path, **where)
    promote_version(simulated, allow_simulated=True, **where)
    provided = write_model(tmp_path, PROVIDED)
    publish(tmp_path, **where)
    promote_version(provided, **where)

    rollback(**where)

    assert aws.registry.read_pointer().current.version == simulated


def test_a_model_of_simulated_data_can_be_served_on_this_machine(
    aws: Aws, where: Where, tmp_path: Path
) -> None:
    version = write_model(tmp_path, SIMULATED)

    publish(tmp_path, **where)
    promote_version(version, **where)

    assert aws.registry.read_pointer().current.version == version
