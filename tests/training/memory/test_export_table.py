"""The log of a real table: read by segments, exported by the command."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.emulator import TableAws
from tests.memory_app import memory_client, write
from tests.training.memory.played import APPROVES
from tests.transactions import body
from training.__main__ import app
from training.errors import InputError
from training.memory.anchors import leaf
from training.memory.logged import Log, Logged
from training.registry.table import MemoryTable

PAYMENTS: Final = 12


def export(*options: str) -> Any:
    return CliRunner().invoke(app, ["history", "export", *options], catch_exceptions=False)


@pytest.fixture
def aws(table_aws: TableAws) -> TableAws:
    """A table with some records, of which one has an outcome, and an item that is none."""
    client = memory_client(table_aws, APPROVES)
    sent = [
        body(step=10 + number, nameOrig=f"C{number % 3}", transaction_id=f"t{number}")
        for number in range(PAYMENTS)
    ]
    client.post("/predict/batch", json={"transactions": sent[:-1]})
    time.sleep(0.002)
    client.post("/predict", json=sent[-1])
    at = datetime.now(UTC).isoformat()
    told = {"transaction_id": "t3", "label": "fraud", "source": "customer", "at": at}
    client.post("/outcomes", json={"outcomes": [told]})
    write(table_aws, {"pk": "P#none", "t": 1, "m": b"seal"})
    return table_aws


def test_the_records_of_a_time_are_read_from_all_segments(aws: TableAws) -> None:
    table = MemoryTable(aws.table, aws.secret_parameter)
    log = Log(table)

    found = list(log.records())
    arrivals = sorted(each.record.arrived for each in found)
    last = list(Log(table).records(first=arrivals[-1]))
    before = list(Log(table).records(last=arrivals[-1] - 1))

    assert len(found) == PAYMENTS
    assert log.unreadable == 1
    assert [each.later.is_fraud for each in found].count(True) == 1
    assert (len(last), len(before)) == (1, PAYMENTS - 1)
    assert all(isinstance(each, Logged) and not each.is_erased for each in found)


def test_a_segment_goes_on_after_a_key(aws: TableAws) -> None:
    table = MemoryTable(aws.table, aws.secret_parameter)
    (first, *rest), _ = table.page("P#", (0, 1))

    again, last = table.page("P#", (0, 1), after=str(first["pk"]))

    assert again == rest
    assert last == ""


def test_the_command_writes_the_file_and_the_anchor(
    aws: TableAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    as_of = datetime.now(UTC).isoformat()

    result = export("--matured-days", "0", "--as-of", as_of, "--out", "log.parquet")

    assert result.exit_code == 0, result.output
    assert f"{PAYMENTS} payments as of " in result.stdout
    assert f"{PAYMENTS - 1} of them have no outcome and count as genuine" in result.stdout
    assert "left out: 1 unreadable" in result.stdout
    assert result.stderr.splitlines()[-1].endswith("train --data log.parquet")
    rows = pd.read_parquet("log.parquet")
    assert rows["isFraud"].sum() == 1
    assert rows["log:payer:count_30d"].sum() > 0
    key = f"anchors/{aws.table}/{as_of[:10]}.json"
    anchor = json.loads(aws.s3.get_object(Bucket=aws.bucket, Key=key)["Body"].read())
    assert anchor["days"] == {}
    found = MemoryTable(aws.table, aws.secret_parameter).page("P#", (0, 1)).items
    assert len({leaf(item).digest for item in found}) == PAYMENTS + 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--table", "no-table"], "no table no-table"),
        (["--secret-parameter", "/none"], "no secret /none"),
        (["--parameter", "/none"], "no model is served yet"),
        (["--out", "log.csv"], "does not end in .parquet"),
        (["--as-of", "2999-01-01"], "is in the future"),
    ],
)
def test_a_wrong_option_is_refused_by_its_value(
    table_aws: TableAws, tmp_path: Path, options: list[str], words: str
) -> None:
    memory_client(table_aws, APPROVES)

    with pytest.raises(InputError, match=words):
        export("--out", str(tmp_path / "log.parquet"), *options)

    assert not (tmp_path / "log.parquet").exists()
