"""Pytest fixtures: S3 and SSM on this machine, known to every test by `conftest.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from typing import Any, TypedDict

import boto3
import pytest

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer
from fraud_api_lambda.deployment.store import ModelStore
from fraud_api_lambda.settings import aws_client
from training.local.aws import LocalAws, local_aws
from training.local.processes import environment
from training.registry import boto
from training.registry.store import Registry

_numbers = count(1)


@cache
def session() -> boto3.session.Session:
    """One session for all tests: a new one costs 100 ms."""
    return boto3.session.Session()


class Where(TypedDict):
    """Where a registry is, as the commands' functions take it."""

    bucket: str
    parameter: str


@dataclass(frozen=True)
class Aws:
    """A bucket and a parameter's name that no other test has used."""

    bucket: str
    parameter: str
    endpoint_url: str
    environment: dict[str, str]

    @cached_property
    def s3(self) -> Any:
        return session().client("s3")

    @cached_property
    def ssm(self) -> Any:
        return session().client("ssm")

    @property
    def where(self) -> Where:
        return {"bucket": self.bucket, "parameter": self.parameter}

    @cached_property
    def registry(self) -> Registry:
        return Registry(bucket=self.bucket, parameter=self.parameter)

    @property
    def store(self) -> ModelStore:
        return ModelStore(bucket=self.bucket, parameter=self.parameter, aws=aws_client())

    def served(self) -> tuple[str, str | None] | None:
        """The version that the pointer names, and the one before; None without a pointer."""
        try:
            pointer = self.registry.read_pointer()
        except NotFoundError:
            return None
        return pointer.current.version, pointer.previous.version if pointer.previous else None

    def serve(self, version: str, data: bytes) -> PinnedModel:
        """Upload a bundle and point at it."""
        self.registry.add(version, data)
        pinned, _ = self.registry.find(version)
        self.registry.write_pointer(Pointer(pinned, None))
        return pinned


@pytest.fixture(scope="session")
def moto() -> Iterator[LocalAws]:
    """A moto server, one for all tests of a process."""
    with local_aws() as running:
        yield running


@pytest.fixture
def aws(moto: LocalAws) -> Iterator[Aws]:
    """A new versioned bucket and a new parameter, named by the environment."""
    number = next(_numbers)
    bucket, parameter = f"fraud-models-{number}", f"/fraud/model-{number}"
    variables = {
        **moto.environment,
        "FRAUD_MODEL_BUCKET": bucket,
        "FRAUD_MODEL_PARAMETER": parameter,
    }
    # Not the fixture `monkeypatch`, whose changes end before this environment does.
    with pytest.MonkeyPatch.context() as patch, environment(variables):
        patch.setattr(boto, "_session", session)
        made = Aws(bucket, parameter, moto.endpoint_url, variables)
        made.s3.create_bucket(Bucket=bucket)
        made.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        yield made
        for client in ("s3", "ssm"):
            if client in vars(made):
                vars(made)[client].close()
