"""The handler in Lambda's own runtime, as API Gateway calls it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.function.runtime import (
    KINDS,
    PROBLEMS,
    SAM_LOCAL,
    STATUSES,
    Runtime,
    event,
    publish_model,
    running,
    without_ids,
)
from tests.transactions import FRAUD, GENUINE
from training.local.aws import LocalAws, local_aws
from training.local.processes import LOOPBACK


@pytest.fixture(scope="module")
def function(served: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    with running(served.environment, tmp_path_factory.mktemp("runtime")) as runtime:
        yield runtime


@pytest.mark.parametrize("case", STATUSES)
def test_a_rest_and_an_http_api_are_answered_alike(function: Runtime, case: str) -> None:
    first, second = (without_ids(function.invoke(event(f"{kind}_{case}"))) for kind in KINDS)

    assert first == second
    assert first[0] == STATUSES[case]


@pytest.mark.parametrize("case", SAM_LOCAL)
def test_sam_local_is_answered_as_the_gateway_is(function: Runtime, case: str) -> None:
    first, second = (
        without_ids(function.invoke(event(f"{kind}_{case}"))) for kind in ("rest_v1", "sam_local")
    )

    assert first == second


@pytest.mark.parametrize("kind", KINDS)
def test_the_fraud_is_flagged_and_the_genuine_payment_is_not(function: Runtime, kind: str) -> None:
    answers = [function.invoke(event(f"{kind}_{case}")) for case in ("fraud", "genuine")]

    assert [json.loads(answer["body"])["is_fraud"] for answer in answers] == [True, False]


@pytest.mark.parametrize("case", PROBLEMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_is_sent_as_text(function: Runtime, kind: str, case: str) -> None:
    answer = function.invoke(event(f"{kind}_{case}"))

    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert json.loads(answer["body"])["status"] == STATUSES[case]


@pytest.mark.parametrize("sent", [FRAUD, {"Records": [FRAUD]}, [FRAUD], "text"])
def test_an_event_of_no_api_is_a_problem_that_says_what_to_send(
    function: Runtime, sent: Any
) -> None:
    answer = function.invoke(sent)

    assert answer["statusCode"] == 400
    assert "Invoke the function with an API Gateway event" in json.loads(answer["body"])["detail"]


def test_only_the_first_request_of_a_process_is_a_cold_start(function: Runtime) -> None:
    for _ in range(2):
        function.invoke(event("rest_v1_health"))

    first, *others = [line["cold_start"] for line in function.requests()]
    assert first is True
    assert not any(others)


def test_every_log_line_is_json_and_none_holds_a_payload(function: Runtime) -> None:
    for case in STATUSES:
        function.invoke(event(f"rest_v1_{case}"))

    lines = function.log()
    secrets = [FRAUD["nameOrig"], FRAUD["nameDest"], GENUINE["nameOrig"], "1300000", "1820.5"]
    secrets += ["GIFT", "example-key", "203.0.113.10"]
    assert {json.loads(line)["level"] for line in lines} <= {"INFO", "WARNING", "ERROR"}
    assert not [secret for secret in secrets if secret in "\n".join(lines)]


@pytest.mark.soak
def test_a_process_outlives_an_s3_that_is_silent_then_refuses_then_answers(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as silent:
        aws = LocalAws(silent.getsockname()[1])
        with running(aws.environment, tmp_path) as function:
            failed = [function.invoke(event("rest_v1_fraud"))]
            silent.close()
            failed.append(function.invoke(event("rest_v1_fraud")))
            with local_aws(aws.port):
                publish_model(aws, tmp_path / "model")
                answered = function.invoke_until(200, event("rest_v1_fraud"))
            lines = function.requests()

    assert [each["statusCode"] for each in failed] == [503, 503]
    assert {each["headers"]["content-type"] for each in failed} == {"application/problem+json"}
    assert all(int(each["headers"]["retry-after"]) >= 1 for each in failed)
    assert answered["statusCode"] == 200
    assert [line["cold_start"] for line in lines].count(True) == 1
