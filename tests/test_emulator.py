"""The emulator has the table of a deployment, and nothing reaches it but this machine."""

import base64
import os
import socket
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from tests.emulator import NEEDS_EMULATOR, TableAws
from training.__main__ import app
from training.errors import CommandError
from training.local import emulator as local_emulator
from training.local import run as local_run
from training.local.aws import LocalAws
from training.local.emulator import emulator as run_emulator
from training.local.processes import environment

TEMPLATE = Path(__file__).parents[1] / "bootstrap" / "template.yaml"

OF_A_TABLE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
OF_AN_INDEX = ("IndexName", "KeySchema", "Projection")


def put(aws: TableAws, key: str, value: str) -> Any:
    return {
        "Put": {
            "TableName": aws.table,
            "Item": {"pk": {"S": key}, "a": {"S": value}},
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def health(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/_ministack/health")
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


@pytest.mark.parametrize("name", ["MemoryTableDev", "MemoryTableProd"])
def test_the_local_table_has_the_keys_of_a_deployed_one(table_aws: TableAws, name: str) -> None:
    # Not safe_load, which knows no !Ref.
    resources = yaml.load(TEMPLATE.read_text(), yaml.BaseLoader)["Resources"]
    deployed = resources[name]["Properties"]

    table = table_aws.dynamodb.describe_table(TableName=table_aws.table)["Table"]
    local = {each: table[each] for each in OF_A_TABLE}
    local["GlobalSecondaryIndexes"] = [
        {each: index[each] for each in OF_AN_INDEX} for index in table["GlobalSecondaryIndexes"]
    ]
    lives = table_aws.dynamodb.describe_time_to_live(TableName=table_aws.table)

    assert local == {each: deployed[each] for each in OF_A_TABLE}
    expiry = lives["TimeToLiveDescription"]["AttributeName"]
    assert expiry == deployed["TimeToLiveSpecification"]["AttributeName"]


def test_the_secret_is_random_and_kept_encrypted(table_aws: TableAws) -> None:
    (stored,) = table_aws.ssm.get_parameters(Names=[table_aws.secret_parameter])["Parameters"]

    assert stored["Type"] == "SecureString"
    assert stored["Value"] != table_aws.secret
    assert len(base64.b64decode(table_aws.secret, validate=True)) == 32


def test_each_start_makes_a_secret_of_its_own(table_aws: TableAws, emulator: LocalAws) -> None:
    assert emulator.memory is not None
    first = table_aws.ssm.get_parameter(Name=emulator.memory.secret, WithDecryption=True)

    assert first["Parameter"]["Value"] != table_aws.secret


def test_a_refused_transaction_writes_nothing_and_returns_what_was_there(
    table_aws: TableAws,
) -> None:
    write = table_aws.dynamodb.transact_write_items
    write(TransactItems=[put(table_aws, "P#1", "first")])

    with pytest.raises(ClientError) as caught:
        write(TransactItems=[put(table_aws, "A#1", "second"), put(table_aws, "P#1", "second")])

    response: Any = caught.value.response
    assert response["CancellationReasons"][1]["Item"]["a"] == {"S": "first"}
    assert set(table_aws.items) == {"P#1"}


def test_an_object_is_written_once(table_aws: TableAws) -> None:
    table_aws.s3.put_object(Bucket=table_aws.bucket, Key="a", Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError, match="PreconditionFailed"):
        table_aws.s3.put_object(Bucket=table_aws.bucket, Key="a", Body=b"second", IfNoneMatch="*")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no 127.0.0.2")
def test_it_listens_on_loopback_only(emulator: LocalAws) -> None:
    with socket.socket() as another, socket.socket() as there:
        there.settimeout(5)

        assert there.connect_ex(("127.0.0.1", emulator.port)) == 0
        # Refused if the emulator listened on every address.
        another.bind(("127.0.0.2", emulator.port))


@NEEDS_EMULATOR
@pytest.mark.slow
def test_the_users_variables_do_not_reach_it() -> None:
    with environment({**os.environ, "AUTH": "true"}), run_emulator() as port:
        assert '"auth": "disabled"' in health(port)


@pytest.mark.parametrize("command", ["run", "demo"])
def test_without_the_emulator_one_line_says_before_the_training_how_to_get_it_or_do_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setattr(local_emulator, "PYTHON", tmp_path / "none")

    with pytest.raises(CommandError, match=r"`\.ci/setup emulator` .*`--no-memory`") as caught:
        CliRunner().invoke(app, [command, "--out", str(tmp_path)], catch_exceptions=False)

    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("options", "memory"), [([], True), (["--memory"], True), (["--no-memory"], False)]
)
def test_a_run_has_a_memory_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, options: list[str], *, memory: bool
) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(local_run, "run", lambda **given: calls.append(given))

    CliRunner().invoke(app, ["run", *options], catch_exceptions=False)

    assert [call["memory"] for call in calls] == [memory]
