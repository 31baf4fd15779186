"""`make doctor` prints a line for each check, and a remedy for each fault."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Never

import pytest

from bootstrap.deploy import deploy
from bootstrap.doctor import doctor
from fraud_api_lambda.aws.errors import ModelStoreError
from fraud_api_lambda.decisions.bundle import version_of
from tests.bootstrap.cloud import (
    FUNCTION,
    REPOSITORY,
    STACK,
    Cloud,
    RecordedPrograms,
    StubbedAccount,
    docker,
)
from training.errors import CheckFailedError
from training.registry.store import Registry

MODEL = b"a bundle, which the doctor does not decode"
HEALTHY = [
    *("stack", "function", "image", "alias", "table", "secret", "pointer"),
    *("model", "reviews", "heartbeat", "alarms", "versions"),
]


@pytest.fixture
def deployed(cloud: Cloud, programs: RecordedPrograms) -> Cloud:
    """An application without a fault."""
    text = cloud.samconfig.read_text()
    pointer = f'"ModelParameter={cloud.aws.parameter}", "Monitoring=off"'
    cloud.samconfig.write_text(text.replace('"Monitoring=off"', pointer))
    cloud.aws.serve(version_of(MODEL), MODEL)
    cloud.served["version"] = version_of(MODEL)
    deploy(
        cloud.account(),
        programs,
        environment="dev",
        image=None,
        samconfig=cloud.samconfig,
        engine=docker,
    )
    cloud.beat()
    cloud.raise_alarm("OK")
    return cloud


def examined(cloud: Cloud, capsys: pytest.CaptureFixture[str], **answers: Any) -> dict[str, str]:
    """The lines of the checks that failed, by name of the check."""
    capsys.readouterr()
    account = StubbedAccount(cloud.said.append, answers)
    with pytest.raises(CheckFailedError) as caught:
        doctor(account, environment="dev", samconfig=cloud.samconfig)
    lines = capsys.readouterr().out.splitlines()
    failed = {line.split()[0]: line for line in lines if re.match(r"\w+ +FAILED ", line)}
    assert [line.split()[0] for line in lines] == HEALTHY
    assert str(caught.value).endswith(f"failed: {', '.join(failed)}")
    return failed


def test_each_check_that_passes_prints_one_line(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    doctor(StubbedAccount(deployed.said.append), environment="dev", samconfig=deployed.samconfig)

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [[name, "ok"] for name in HEALTHY]


def test_the_api_key_is_sent_and_never_shown(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    doctor(StubbedAccount(deployed.said.append), environment="dev", samconfig=deployed.samconfig)

    printed = capsys.readouterr()
    assert deployed.served["key"]
    assert deployed.served["key"] not in printed.out + printed.err + "".join(deployed.said)


def test_a_deploy_that_was_rolled_back_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = examined(deployed, capsys, DescribeStacks={"StackStatus": "UPDATE_ROLLBACK_COMPLETE"})

    assert list(failed) == ["stack"]
    assert "the previous version serves" in failed["stack"]


def test_a_function_that_went_inactive_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = examined(deployed, capsys, GetFunctionConfiguration={"State": "Inactive"})

    assert list(failed) == ["function"]
    assert "no call for weeks" in failed["function"]


def test_a_function_that_failed_says_why(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    ill = {"State": "Failed", "StateReason": "The image is gone"}

    failed = examined(deployed, capsys, GetFunctionConfiguration=ill)

    assert list(failed) == ["function"]
    assert "The image is gone" in failed["function"]


def test_an_image_that_was_deleted_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    client = deployed.client("ecr")
    (image,) = client.describe_images(repositoryName=REPOSITORY)["imageDetails"]
    client.batch_delete_image(
        repositoryName=REPOSITORY, imageIds=[{"imageDigest": image["imageDigest"]}]
    )

    failed = examined(deployed, capsys)

    assert list(failed) == ["image"]
    assert image["imageDigest"] in failed["image"]


def test_an_image_in_use_that_a_lifecycle_rule_may_take_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    (tag,) = [each for each in deployed.tags() if each.startswith("in-use-dev-")]
    deployed.client("ecr").batch_delete_image(
        repositoryName=REPOSITORY, imageIds=[{"imageTag": tag}]
    )

    failed = examined(deployed, capsys)

    assert list(failed) == ["image"]
    assert f"has no tag {tag}: a lifecycle rule may expire it" in failed["image"]


def test_an_alias_moved_by_hand_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    other = deployed.push("ci-other", "another")
    deployed.publish_version(f"{deployed.uri}@{other}")

    failed = examined(deployed, capsys)

    assert list(failed) == ["alias"]
    assert other in failed["alias"]


def test_a_rollout_under_way_is_named(deployed: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    shares = {"AdditionalVersionWeights": {"2": 0.1}}

    failed = examined(deployed, capsys, GetAlias={"RoutingConfig": shares})

    assert list(failed) == ["alias"]
    assert "shares its calls with version 2" in failed["alias"]


def test_a_model_that_was_deleted_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned = deployed.aws.registry.read_pointer().current
    deployed.aws.s3.delete_object(
        Bucket=deployed.aws.bucket, Key=pinned.key, VersionId=pinned.version_id
    )

    failed = examined(deployed, capsys)

    assert list(failed) == ["pointer"]
    assert "there is no model to serve" in failed["pointer"]


def test_a_pointer_that_does_not_verify_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer = deployed.aws.registry.read_pointer()
    damaged = replace(pointer.current, sha256=pointer.current.sha256[:-1] + "x")
    deployed.aws.registry.write_pointer(replace(pointer, current=damaged))

    failed = examined(deployed, capsys)

    assert list(failed) == ["pointer"]
    assert "another digest than its pin" in failed["pointer"]


def test_a_function_that_may_not_read_the_model_is_named_though_the_operator_may(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = {"operation": "GetObject", "status": 403, "code": "AccessDenied"}

    failed = examined(deployed, capsys, Invoke={"status": 503, "failures": [failure]})

    assert list(failed) == ["model"]
    assert "the function's own role: GetObject 403 AccessDenied; compare" in failed["model"]


def test_an_operator_who_may_not_read_the_model_is_told_who_may_not(
    deployed: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Never:
        raise ModelStoreError("reading s3://...: AWS says AccessDenied")

    monkeypatch.setattr(Registry, "fetch", refuse)

    failed = examined(deployed, capsys)

    assert list(failed) == ["pointer"]
    assert "this call used your credentials" in failed["pointer"]


def test_without_a_pointer_nothing_can_be_served(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.aws.ssm.delete_parameter(Name=deployed.aws.parameter)

    failed = examined(deployed, capsys)

    assert list(failed) == ["pointer", "versions"]


NONE: dict[str, Any] = {"Datapoints": []}
OLD = {"CreationTime": datetime.now(UTC) - timedelta(days=1)}


def answering() -> dict[str, Any]:
    """Lambda's answer to a heartbeat that succeeds."""
    said = {"decision": "block", "model_version": "0123456789abcdef"}
    return {"Payload": BytesIO(json.dumps(said).encode())}


def failing() -> dict[str, Any]:
    said = {"errorMessage": "POST /predict: status 503", "errorType": "HeartbeatError"}
    return {"Payload": BytesIO(json.dumps(said).encode()), "FunctionError": "Unhandled"}


def test_a_new_stack_is_asked_for_its_first_heartbeat(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    account = StubbedAccount(
        deployed.said.append, {"GetMetricStatistics": NONE, "heartbeat": answering()}
    )

    doctor(account, environment="dev", samconfig=deployed.samconfig)

    printed = capsys.readouterr().out
    assert re.search(r"heartbeat +ok +asked now: block by model 0123456789abcdef", printed)


def test_a_first_heartbeat_that_fails_says_why(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = examined(deployed, capsys, GetMetricStatistics=NONE, heartbeat=failing())

    assert list(failed) == ["heartbeat"]
    assert "asked now, it fails: POST /predict: status 503" in failed["heartbeat"]


def test_the_heartbeats_alarm_of_a_new_stack_is_ignored(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.raise_alarm("ALARM", "HeartbeatAlarm")
    capsys.readouterr()

    doctor(StubbedAccount(deployed.said.append), environment="dev", samconfig=deployed.samconfig)

    assert "HeartbeatAlarm is raised until" in capsys.readouterr().out


def test_the_heartbeats_alarm_of_an_old_stack_is_a_fault(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.raise_alarm("ALARM", "HeartbeatAlarm")

    failed = examined(deployed, capsys, DescribeStacks=OLD)

    assert list(failed) == ["alarms"]


def test_a_heartbeat_that_stopped_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = examined(deployed, capsys, GetMetricStatistics=NONE, DescribeStacks=OLD)

    assert list(failed) == ["heartbeat"]
    assert "none for 60 minutes" in failed["heartbeat"]


def test_a_heartbeat_that_only_fails_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.beat(invocations=2, errors=3)

    failed = examined(deployed, capsys, heartbeat=failing())

    assert list(failed) == ["heartbeat"]
    assert "asked now, it fails: POST /predict: status 503" in failed["heartbeat"]


@pytest.mark.parametrize("stack", [{}, OLD], ids=["new", "old"])
def test_a_heartbeat_that_failed_before_a_repair_is_ignored(
    deployed: Cloud, capsys: pytest.CaptureFixture[str], stack: dict[str, Any]
) -> None:
    deployed.beat(invocations=2, errors=3)
    capsys.readouterr()
    answers = {"DescribeStacks": stack, "heartbeat": answering()}

    doctor(
        StubbedAccount(deployed.said.append, answers),
        environment="dev",
        samconfig=deployed.samconfig,
    )

    assert "asked now: block by model 0123456789abcdef; all 3 before" in capsys.readouterr().out


def test_a_raised_alarm_is_named_with_its_own_advice(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.raise_alarm("ALARM")

    failed = examined(deployed, capsys)

    assert list(failed) == ["alarms"]
    assert f"{STACK}-ServerErrorsAlarm-X; Look at the log" in failed["alarms"]


def test_a_served_model_that_the_pointer_does_not_name_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.served["version"] = "0123456789abcdef"

    failed = examined(deployed, capsys)

    assert list(failed) == ["versions"]
    assert "0123456789abcdef answers" in failed["versions"]


@pytest.mark.parametrize("status", [403, 500, 503])
def test_an_api_that_refuses_is_named(
    deployed: Cloud, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    deployed.served["status"] = status

    failed = examined(deployed, capsys)

    assert list(failed) == ["versions"]
    assert f"GET /model answers {status}" in failed["versions"]


def test_a_call_that_aws_refuses_fails_only_its_own_check(
    deployed: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.client("lambda").delete_function(FunctionName=FUNCTION)

    failed = examined(deployed, capsys)

    assert list(failed) == ["function", "alias"]
    assert "AWS says ResourceNotFoundException" in failed["function"]


def test_a_missing_application_is_named_with_the_command_that_makes_it(cloud: Cloud) -> None:
    with pytest.raises(CheckFailedError, match="make deploy ENV=dev"):
        doctor(cloud.account(), environment="dev", samconfig=cloud.samconfig)


def test_the_doctor_signs_its_call_if_callers_must(deployed: Cloud) -> None:
    with_iam = [{"ParameterKey": "CallerAuthorisation", "ParameterValue": "AWS_IAM"}]
    (stack,) = deployed.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    others = [each for each in stack["Parameters"] if each["ParameterKey"] != "CallerAuthorisation"]

    doctor(
        StubbedAccount(deployed.said.append, {"DescribeStacks": {"Parameters": others + with_iam}}),
        environment="dev",
        samconfig=deployed.samconfig,
    )

    assert deployed.served["authorization"].startswith("AWS4-HMAC-SHA256 ")
