"""The API with a memory, in this process, on the emulator's table."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from fastapi.testclient import TestClient

from fraud_api_lambda.aws.dynamodb import Item, Put, Table
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.provider import ModelProvider
from fraud_api_lambda.deployment.store import ModelStore
from fraud_api_lambda.records.keys import SecretKeys
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.requests import RecordTable, Waits
from fraud_api_lambda.service import Service
from fraud_api_lambda.settings import aws_client
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.recorded import render
from tests.emulator import TableAws

PATIENCE_S: Final = 30

UNHURRIED: Final = Waits(clock=lambda: 0.0)
"""No time passes, so a busy machine exhausts no budget. Needs a `PatientTable`."""


class PatientTable(Table):
    """A table whose answers are awaited, whatever the deadline."""

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        del deadline
        return super().read(keys, consistent=consistent, deadline=_later())

    def find(self, key: str, *, deadline: float) -> Item | None:
        del deadline
        return super().find(key, deadline=_later())

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        del deadline
        super().write(puts, deadline=_later())


def _later() -> float:
    return time.monotonic() + PATIENCE_S


def memory_client(
    aws: TableAws,
    data: bytes | None = None,
    *,
    table: RecordTable | None = None,
    waits: Waits | None = None,
    now: Callable[[], float] = time.time,
) -> TestClient:
    """A client of the API with a memory, composed as `handler` does.

    Parameters
    ----------
    aws : TableAws
    data : bytes, optional
        A bundle to publish and serve first. Default: what the pointer names.
    table : RecordTable, optional
        In place of a `PatientTable`: with faults, say.
    waits : Waits, optional
        Default: `UNHURRIED` with a `PatientTable`, else as `handler`.
    now : callable
        The time of arrivals, in seconds since the epoch.
    """
    if data is not None:
        aws.serve(version_of(data), data)
    store = ModelStore(
        bucket=aws.bucket,
        parameter=aws.parameter,
        aws=aws_client(),
        secret_parameter=aws.secret_parameter,
    )
    provider = ModelProvider(store, refresh_s=60, has_memory=True)
    if table is None:
        table, waits = PatientTable(aws.table, aws_client()), waits or UNHURRIED
    log = DecisionLog(table, waits)
    service = Service(log, SecretKeys(lambda: store.secret), render, now)
    return TestClient(create_app(provider, service=service))


def write(aws: TableAws, item: Item) -> None:
    """Write an item as it is, whatever is stored."""
    put = Put(item, "attribute_not_exists(nothing)", {})
    PatientTable(aws.table, aws_client()).write([put], deadline=0)


def remove(aws: TableAws, key: str) -> None:
    """Delete an item."""
    aws.dynamodb.delete_item(TableName=aws.table, Key={"pk": {"S": key}})
