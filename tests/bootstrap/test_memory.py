"""The memory of payments: its secrets are made once, and deploy and doctor look for both parts."""

import base64
import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bootstrap.account import Account
from bootstrap.deploy import deploy
from bootstrap.memory_checks import OFF, add_index, secret_kept, table_ready
from bootstrap.secret import make_secrets
from bootstrap.site import Site, UnhealthyError
from bootstrap.stacks import Stack
from bootstrap.transform import BOOTSTRAP_TEMPLATE, transformed
from tests.bootstrap.cloud import (
    STACK,
    Cloud,
    RecordedPrograms,
    StubbedAccount,
    Unprotected,
    docker,
)
from tests.infra.infra import NEEDS_SAM
from training.errors import CheckFailedError

SECRET = "/fraud/dev/secret"

SAMCONFIG = f"""
version = 0.1
[dev.deploy.parameters]
stack_name = "fraud-api-dev"
parameter_overrides = ["Memory=on", "SecretParameter={SECRET}"]
[prod.deploy.parameters]
stack_name = "fraud-api-prod"
parameter_overrides = ["Memory=on", "SecretParameter=/fraud/prod/secret"]
"""

LIMIT = "--time-to-live-specification"
RECOVERY = "--point-in-time-recovery-specification"

SEPARATE = ("TimeToLiveSpecification", "PointInTimeRecoverySpecification")
"""Options of a table that DynamoDB takes in requests of their own."""


@pytest.fixture
def remembering(cloud: Cloud) -> Cloud:
    """An account whose environments remember payments, without a table and a secret yet."""
    cloud.samconfig.write_text(SAMCONFIG)
    return cloud


def complete(cloud: Cloud, attribute: str = "x") -> None:
    """Set the options that a restored table lacks."""
    client = cloud.client("dynamodb")
    client.update_table(TableName=STACK, DeletionProtectionEnabled=True)
    limit = {"Enabled": True, "AttributeName": attribute}
    client.update_time_to_live(TableName=STACK, TimeToLiveSpecification=limit)
    client.update_continuous_backups(
        TableName=STACK,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )


REVIEWS: dict[str, Any] = {
    "IndexName": "reviews",
    "KeySchema": [
        {"AttributeName": "q", "KeyType": "HASH"},
        {"AttributeName": "l", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
TEXTS = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "q", "l")]


def make_whole_table(cloud: Cloud, **changes: Any) -> None:
    """Create the table with its index, which may differ."""
    cloud.make_table(AttributeDefinitions=TEXTS, GlobalSecondaryIndexes=[REVIEWS | changes])
    complete(cloud)


def value(cloud: Cloud, name: str) -> str:
    found = cloud.client("ssm").get_parameter(Name=name, WithDecryption=True)
    return str(found["Parameter"]["Value"])


# The secrets


def test_each_environment_gets_a_secret_of_its_own(
    remembering: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    make_secrets(remembering.account(), remembering.samconfig)

    values = [value(remembering, f"/fraud/{name}/secret") for name in ("dev", "prod")]
    assert [len(base64.b64decode(each, validate=True)) for each in values] == [32, 32]
    assert values[0] != values[1]
    printed = capsys.readouterr().out
    assert f"made the secret {SECRET}; keep a copy" in printed
    assert f"--with-decryption --query Parameter.Value --output text --name {SECRET}" in printed
    for each in values:
        assert each not in printed + "".join(remembering.said)


def test_a_secret_is_made_once(remembering: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    make_secrets(remembering.account(), remembering.samconfig)
    first = value(remembering, SECRET)

    make_secrets(remembering.account(), remembering.samconfig)

    assert value(remembering, SECRET) == first
    assert f"the secret {SECRET} is there and stays" in capsys.readouterr().out
    assert "Overwrite" not in "".join(remembering.said)


def test_a_dry_run_says_which_secrets_it_would_make(
    remembering: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    make_secrets(remembering.account(dry_run=True), remembering.samconfig)

    assert f"would make the secret {SECRET}" in capsys.readouterr().out
    assert (
        f"would call aws ssm:PutParameter Name={SECRET} Type=SecureString Value=****"
        in remembering.said
    )
    assert remembering.client("ssm").describe_parameters()["Parameters"] == []


class Overtaken(Unprotected):
    """Another run makes each secret between our look and our write."""

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        if operation == "PutParameter":
            super().read(service, operation, **arguments | {"Value": "the other's"})
        return super().read(service, operation, **arguments)


def test_of_two_runs_at_the_same_time_one_makes_the_secret(
    remembering: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    make_secrets(Overtaken(remembering.said.append), remembering.samconfig)

    assert value(remembering, SECRET) == "the other's"
    assert f"the secret {SECRET} was made by somebody else meanwhile" in capsys.readouterr().out


def test_no_second_secret_is_made_for_a_table_that_holds_payments(remembering: Cloud) -> None:
    remembering.make_table()
    remembering.client("dynamodb").put_item(TableName=STACK, Item={"pk": {"S": "P#1"}})

    with pytest.raises(CheckFailedError, match=f"the secret {SECRET} is gone.*put your copy back"):
        make_secrets(remembering.account(), remembering.samconfig)

    assert remembering.client("ssm").describe_parameters()["Parameters"] == []


# The deploy


def rehearse(cloud: Cloud, programs: RecordedPrograms) -> None:
    deploy(
        cloud.account(),
        programs,
        environment="dev",
        image=None,
        samconfig=cloud.samconfig,
        engine=docker,
    )


@pytest.mark.parametrize(
    ("has_table", "has_secret", "missing"),
    [
        (False, False, f"no table {STACK} and no secret {SECRET}"),
        (True, False, f"no secret {SECRET}"),
        (False, True, f"no table {STACK}"),
    ],
)
def test_a_deploy_with_memory_and_without_table_or_secret_stops_before_the_build(
    remembering: Cloud, *, has_table: bool, has_secret: bool, missing: str
) -> None:
    if has_table:
        remembering.make_table()
    if has_secret:
        remembering.put_secret(SECRET)

    with pytest.raises(CheckFailedError, match=f"there is {missing}; `make bootstrap` makes it"):
        rehearse(remembering, RecordedPrograms(remembering))

    assert "docker buildx" not in remembering.calls
    assert "git status" not in remembering.calls


def test_a_deploy_with_memory_passes_it_on_and_names_the_review_key(
    remembering: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    remembering.make_table()
    remembering.put_secret(SECRET)

    rehearse(remembering, RecordedPrograms(remembering))

    parameters = remembering.parameters()
    assert (parameters["Memory"], parameters["SecretParameter"]) == ("on", SECRET)
    printed = capsys.readouterr().out
    reads = "aws apigateway get-api-key --include-value --query value --output text --api-key"
    assert f"key of payments: {reads} {remembering.key_id()}\n" in printed
    assert f"key of reviews and outcomes: {reads} {remembering.key_id('reviews')}\n" in printed
    for name in ("key", "reviews"):
        assert remembering.key_value(name) not in printed


# The doctor


def site(account: Account, memory: str = "on") -> Site:
    given = {"Memory": memory, "SecretParameter": SECRET}
    stack, other = (
        Stack(name, "CREATE_COMPLETE", "", given, {}, datetime.now(UTC))
        for name in (STACK, "fraud-api-bootstrap")
    )
    return Site(account, "dev", stack, other)


@NEEDS_SAM
def test_the_table_of_the_bootstrap_stack_is_healthy(remembering: Cloud) -> None:
    resources = transformed(BOOTSTRAP_TEMPLATE.read_text(), {})["Resources"]
    options: Mapping[str, Any] = resources["MemoryTableDev"]["Properties"]
    remembering.make_table(**{key: options[key] for key in options.keys() - SEPARATE})
    complete(remembering, options["TimeToLiveSpecification"]["AttributeName"])

    assert table_ready(site(remembering.account())).startswith(f"{STACK}, 0 items")


def test_a_restored_table_is_told_all_that_it_lacks(remembering: Cloud) -> None:
    remembering.make_table()

    with pytest.raises(UnhealthyError) as caught:
        table_ready(site(remembering.account()))

    lacks = (
        "no deletion protection, no time to live on x, no point-in-time recovery, no index reviews"
    )
    assert str(caught.value) == f"the table {STACK}: {lacks}"
    commands = caught.value.remedy.split("; ")
    assert [each.split(f" --table-name {STACK} ") for each in commands] == [
        ["aws dynamodb update-table", "--deletion-protection-enabled"],
        ["aws dynamodb update-time-to-live", f"{LIMIT} Enabled=true,AttributeName=x"],
        ["aws dynamodb update-continuous-backups", f"{RECOVERY} PointInTimeRecoveryEnabled=true"],
        add_index(STACK).split(f" --table-name {STACK} "),
    ]


def test_the_command_for_a_missing_index_makes_the_one_of_the_template(remembering: Cloud) -> None:
    remembering.make_table()
    complete(remembering)
    *_, defined, _, updates = shlex.split(add_index(STACK))

    assert defined == "AttributeName=l,AttributeType=S"
    remembering.client("dynamodb").update_table(
        TableName=STACK,
        AttributeDefinitions=TEXTS,
        GlobalSecondaryIndexUpdates=json.loads(updates),
    )
    assert table_ready(site(remembering.account())).startswith(f"{STACK}, 0 items")


def test_a_table_whose_index_has_another_key_is_named(remembering: Cloud) -> None:
    swapped = [
        {"AttributeName": "l", "KeyType": "HASH"},
        {"AttributeName": "q", "KeyType": "RANGE"},
    ]
    make_whole_table(remembering, KeySchema=swapped)

    with pytest.raises(UnhealthyError, match=f"^the table {STACK}: the index reviews has another"):
        table_ready(site(remembering.account()))


def test_an_index_that_is_being_made_is_waited_for(remembering: Cloud) -> None:
    make_whole_table(remembering)

    class Indexing(StubbedAccount):
        def read(self, service: str, operation: str, **arguments: Any) -> Any:
            answer = super().read(service, operation, **arguments)
            if operation == "DescribeTable":
                answer["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] = "CREATING"
            return answer

    with pytest.raises(UnhealthyError, match=f"^the table {STACK}: its index is CREATING"):
        table_ready(site(Indexing(remembering.said.append)))


def test_a_time_to_live_on_another_attribute_is_named(remembering: Cloud) -> None:
    remembering.make_table(AttributeDefinitions=TEXTS, GlobalSecondaryIndexes=[REVIEWS])
    complete(remembering, "expires")

    with pytest.raises(UnhealthyError, match=f"^the table {STACK}: no time to live on x$"):
        table_ready(site(remembering.account()))


def test_a_table_that_does_not_exist_is_named(remembering: Cloud) -> None:
    with pytest.raises(UnhealthyError, match=f"no table {STACK}") as caught:
        table_ready(site(remembering.account()))

    assert caught.value.remedy.startswith("make bootstrap makes it; if it held payments, restore")


OTHERS: dict[str, dict[str, Any]] = {
    "another key": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    },
    "a sort key": {
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    },
    "a number": {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"}]},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_a_table_with_another_key_is_named(remembering: Cloud, changes: dict[str, Any]) -> None:
    remembering.make_table(**changes)
    complete(remembering)

    with pytest.raises(UnhealthyError, match="its key is not pk, a string"):
        table_ready(site(remembering.account()))


def test_a_table_that_is_not_ready_is_waited_for(remembering: Cloud) -> None:
    remembering.make_table()
    complete(remembering)

    class Creating(StubbedAccount):
        def read(self, service: str, operation: str, **arguments: Any) -> Any:
            answer = super().read(service, operation, **arguments)
            if operation == "DescribeTable":
                answer["Table"]["TableStatus"] = "CREATING"
            return answer

    with pytest.raises(UnhealthyError, match="it is CREATING"):
        table_ready(site(Creating(remembering.said.append)))


def test_a_secret_is_looked_for_without_its_value(remembering: Cloud) -> None:
    remembering.put_secret(SECRET)

    assert secret_kept(site(remembering.account())) == f"{SECRET}, a SecureString"
    assert remembering.said == [f"aws ssm:GetParameter Name={SECRET}"]


def test_a_secret_that_is_gone_is_named_with_both_remedies(remembering: Cloud) -> None:
    with pytest.raises(UnhealthyError, match=f"no parameter {SECRET}") as caught:
        secret_kept(site(remembering.account()))

    assert caught.value.remedy.startswith("put your copy back")


def test_a_secret_in_clear_text_is_a_fault(remembering: Cloud) -> None:
    remembering.put_secret(SECRET, "String")

    with pytest.raises(UnhealthyError, match=f"{SECRET} is a String") as caught:
        secret_kept(site(remembering.account()))

    assert "put the same value back as a SecureString" in caught.value.remedy


def test_without_memory_the_doctor_says_so_and_asks_nothing(remembering: Cloud) -> None:
    remembering.make_table()  # which may exist all the same

    found = site(remembering.account(), memory="off")

    assert table_ready(found) == secret_kept(found) == OFF
    assert remembering.said == []
