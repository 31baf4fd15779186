"""Pytest fixtures: the emulator of S3, SSM and DynamoDB, known to every test by `conftest.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import pytest

from tests.aws import Aws, session
from training.local.aws import (
    LocalAws,
    Memory,
    local_aws_with_memory,
    make_bucket,
    make_memory,
)
from training.local.emulator import PYTHON
from training.local.processes import environment
from training.registry import boto

MISSING = "no .venv-emulator, so no test of the table runs: `.ci/setup emulator` makes it"

NEEDS_EMULATOR = pytest.mark.skipif(not PYTHON.exists(), reason=MISSING)
"""For a test that starts the emulator without the fixture."""

_numbers = count(1)


@dataclass(frozen=True)
class TableAws(Aws):
    """A bucket, an empty table, a secret and a parameter's name that no other test has used."""

    table: str
    secret_parameter: str

    @cached_property
    def dynamodb(self) -> Any:
        return session().client("dynamodb")

    @property
    def secret(self) -> str:
        """The secret's value: base64 of 32 random bytes."""
        answer = self.ssm.get_parameter(Name=self.secret_parameter, WithDecryption=True)
        return str(answer["Parameter"]["Value"])

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        """All items of the table by key, as DynamoDB writes them."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.table, ConsistentRead=True
        )
        return {item["pk"]["S"]: item for page in pages for item in page["Items"]}


@pytest.fixture(scope="session")
def emulator() -> Iterator[LocalAws]:
    """An emulator, one for all tests of a process."""
    if not PYTHON.exists():
        pytest.skip(MISSING)
    with local_aws_with_memory() as running:
        yield running


@pytest.fixture
def table_aws(emulator: LocalAws) -> Iterator[TableAws]:
    """A new bucket, table and secret, named by the environment like a new parameter."""
    number = next(_numbers)
    memory = Memory(f"fraud-table-{number}", f"/fraud/secret-{number}")
    bucket, parameter = f"fraud-models-{number}", f"/fraud/model-{number}"
    variables = LocalAws(emulator.port, bucket, parameter, memory).environment
    # Not the fixture `monkeypatch`, whose changes end before this environment does.
    with pytest.MonkeyPatch.context() as patch, environment(variables):
        patch.setattr(boto, "_session", session)
        made = TableAws(
            bucket, parameter, emulator.endpoint_url, variables, memory.table, memory.secret
        )
        make_bucket(made.s3, bucket)
        make_memory(made.dynamodb, made.ssm, memory)
        yield made
        for client in (made.s3, made.ssm, made.dynamodb):
            client.close()
