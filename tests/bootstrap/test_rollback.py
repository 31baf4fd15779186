"""`make rollback` deploys the previous image; `make destroy` deletes only the application."""

import re
from typing import Any

import pytest

from bootstrap.account import Account
from bootstrap.deploy import deploy
from bootstrap.destroy import destroy
from bootstrap.rollback import rollback
from tests.bootstrap.cloud import FUNCTION, REPOSITORY, STACK, Cloud, RecordedPrograms, Say, docker
from training.errors import CheckFailedError
from training.hints import fraud


class WithoutUpdates(Account):
    """Records the requested update, because moto would need the real template."""

    def __init__(self, say: Say, *, dry_run: bool = False) -> None:
        super().__init__(say, dry_run=dry_run)
        self.update: dict[str, Any] = {}

    def change(self, service: str, operation: str, **arguments: Any) -> Any:
        if operation == "UpdateStack" and not self.dry_run:
            self.update = arguments
            return {}
        return super().change(service, operation, **arguments)

    def wait(self, service: str, waiter: str, **arguments: Any) -> None:
        pass


@pytest.fixture
def images(cloud: Cloud, programs: RecordedPrograms) -> list[str]:
    """The digests of two images, deployed one after the other."""
    digests: list[str] = []
    for name in ("first", "second"):
        digests.append(cloud.push(f"ci-{name}", name))
        deploy(
            cloud.account(),
            programs,
            environment="dev",
            image=f"{cloud.uri}@{digests[-1]}",
            samconfig=cloud.samconfig,
            engine=docker,
        )
    cloud.said.clear()
    return digests


def back(cloud: Cloud, *, dry_run: bool = False) -> WithoutUpdates:
    account = WithoutUpdates(cloud.said.append, dry_run=dry_run)
    rollback(account, environment="dev", samconfig=cloud.samconfig)
    return account


def test_a_rollback_updates_only_the_stacks_image_without_a_canary(
    cloud: Cloud, images: list[str]
) -> None:
    update = back(cloud).update

    changed = {
        each["ParameterKey"]: each["ParameterValue"]
        for each in update["Parameters"]
        if "ParameterValue" in each
    }
    kept = [each for each in update["Parameters"] if each.get("UsePreviousValue")]
    assert update["UsePreviousTemplate"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", changed.pop("Release"))
    assert changed == {"ImageUri": f"{cloud.uri}@{images[0]}", "Rollout": "all-at-once"}
    assert {each["ParameterKey"] for each in update["Parameters"]} == cloud.parameters().keys()
    assert len(kept) == len(cloud.parameters()) - 3


def test_a_rollback_prints_both_digests_and_keeps_the_model(
    cloud: Cloud,
    images: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("FRAUD_MODEL_BUCKET", "FRAUD_MODEL_PARAMETER"):
        monkeypatch.delenv(name, raising=False)
    back(cloud)

    printed = capsys.readouterr().out
    assert f"went back to {images[0]}, before: {images[1]}" in printed
    registry = f"--bucket {cloud.aws.bucket} --parameter {cloud.parameters()['ModelParameter']}"
    assert f"{fraud('rollback')} {registry}" in printed
    assert not [line for line in cloud.said if "ssm:" in line]


def test_a_second_rollback_undoes_the_first(
    cloud: Cloud, programs: RecordedPrograms, images: list[str]
) -> None:
    programs.cloud.sam_deploys(STACK, cloud.parameters() | {"ImageUri": f"{cloud.uri}@{images[0]}"})

    update = back(cloud).update

    assert {"ParameterKey": "ImageUri", "ParameterValue": f"{cloud.uri}@{images[1]}"} in update[
        "Parameters"
    ]


def test_a_newer_version_out_of_service_is_not_the_previous_one(
    cloud: Cloud, images: list[str]
) -> None:
    functions = cloud.client("lambda")
    refused = cloud.push("ci-refused", "what a canary took back")
    functions.update_function_code(FunctionName=FUNCTION, ImageUri=f"{cloud.uri}@{refused}")
    functions.publish_version(FunctionName=FUNCTION)

    update = back(cloud).update

    assert {"ParameterKey": "ImageUri", "ParameterValue": f"{cloud.uri}@{images[0]}"} in update[
        "Parameters"
    ]


def test_a_dry_run_changes_nothing(
    cloud: Cloud, images: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    back(cloud, dry_run=True)

    changes = [line for line in cloud.said if line.startswith("would call ")]
    assert any("UpdateStack" in line for line in changes)
    assert cloud.parameters()["ImageUri"].endswith(images[1])
    assert f"would go back to {images[0]}" in capsys.readouterr().out


def test_a_rollback_to_a_deleted_image_is_refused(cloud: Cloud, images: list[str]) -> None:
    cloud.client("ecr").batch_delete_image(
        repositoryName=REPOSITORY, imageIds=[{"imageDigest": images[0]}]
    )

    with pytest.raises(CheckFailedError, match="was it deleted"):
        back(cloud)
    assert "aws cloudformation:UpdateStack" not in cloud.calls


def test_a_first_version_cannot_be_rolled_back(cloud: Cloud, programs: RecordedPrograms) -> None:
    digest = cloud.push("ci-only")
    deploy(
        cloud.account(),
        programs,
        environment="dev",
        image=f"{cloud.uri}@{digest}",
        samconfig=cloud.samconfig,
    )

    with pytest.raises(CheckFailedError, match="no version before 1 with another image"):
        back(cloud)


def gone(cloud: Cloud, *, answer: bool = True, dry_run: bool = False) -> list[str]:
    account = WithoutUpdates(cloud.said.append, dry_run=dry_run)
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return answer

    destroy(account, environment="dev", confirm=confirm, samconfig=cloud.samconfig)
    return questions


def stacks(cloud: Cloud) -> set[str]:
    found = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {each["StackName"] for each in found}


@pytest.mark.usefixtures("images")
def test_destroy_deletes_the_application_and_nothing_else(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    (question,) = gone(cloud)

    assert f"{STACK} in account 123456789012, region us-east-1" in question
    assert stacks(cloud) == {"fraud-api-bootstrap"}
    assert len([tag for tag in cloud.tags() if not tag.startswith("in-use-")]) == 4
    printed = capsys.readouterr().out
    assert f"s3://{cloud.aws.bucket}" in printed
    assert f"aws ecr delete-repository --force --repository-name {REPOSITORY}" in printed
    unprotect, delete = "--no-enable-termination-protection", "delete-stack"
    assert printed.index(unprotect) < printed.index(delete)
    assert "make deploy ENV=dev" in printed


@pytest.mark.usefixtures("images")
def test_destroy_names_the_table_and_the_secret_that_stay_and_the_secret_last(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    gone(cloud)

    kept = capsys.readouterr().out.partition("kept; to delete these too:")[2]
    assert f"the table {STACK} with every recorded payment" in kept
    delete = f"aws dynamodb delete-table --table-name {STACK}"
    unprotect = f"update-table --no-deletion-protection-enabled --table-name {STACK}"
    secret = "never before the table: aws ssm delete-parameter --name /fraud/secret"
    assert kept.index(unprotect) < kept.index(delete) < kept.index(secret)


@pytest.mark.usefixtures("images")
def test_destroy_asks_first(cloud: Cloud) -> None:
    with pytest.raises(CheckFailedError, match="nothing was deleted"):
        gone(cloud, answer=False)
    assert STACK in stacks(cloud)


@pytest.mark.usefixtures("images")
def test_a_dry_destroy_neither_asks_nor_deletes(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gone(cloud, dry_run=True) == []
    assert STACK in stacks(cloud)
    assert "would delete fraud-api-dev" in capsys.readouterr().out
