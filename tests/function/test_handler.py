"""The handler by itself: what it makes of events, and of an environment that lacks everything."""

import asyncio
import gc
import json
import subprocess
import sys
from base64 import b64decode, b64encode
from typing import Any

import pytest

from bootstrap.heartbeat.handler import GET_MODEL
from tests.api.support import check_problem
from tests.function.in_process import CONTEXT, Handler, imported, response
from tests.function.runtime import (
    EVENTS,
    KINDS,
    MOUNTED,
    PROBLEMS,
    SAM_LOCAL,
    STATUSES,
    event,
    without_ids,
)
from tests.transactions import FRAUD, GENUINE
from training.local.aws import LocalAws
from training.local.processes import ROOT, environment, free_port

SQS = {
    "Records": [
        {
            "messageId": "00000000-0000-4000-8000-000000000009",
            "receiptHandle": "example",
            "body": json.dumps(FRAUD),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1764051600000"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:example",
            "awsRegion": "us-east-1",
        }
    ]
}


def without(sent: Any, name: str) -> dict[str, Any]:
    return {key: value for key, value in sent.items() if key != name}


SHAPES = {
    "a bare transaction": FRAUD,
    "None": None,
    "a list": [FRAUD],
    "a text": json.dumps(FRAUD),
    "an SQS event": SQS,
    "a request context that is none": {"httpMethod": "POST", "requestContext": None},
    "a REST event without its path": without(event("rest_v1_fraud"), "path"),
    "a REST event without its resource": without(event("rest_v1_fraud"), "resource"),
    "an HTTP event whose request is none": {"version": "2.0", "requestContext": {"http": None}},
    "an HTTP event whose path is none": {**event("http_v2_fraud"), "rawPath": None},
    "a body that is not base64": {**event("rest_v1_fraud_base64"), "body": "a"},
    "half a character in the body": {**event("rest_v1_fraud"), "body": '"\ud800"'},
    "a method that is a list": {**event("rest_v1_fraud"), "httpMethod": ["POST"]},
    "a body that is a number": {**event("rest_v1_fraud"), "body": 5},
}


@pytest.mark.parametrize("case", STATUSES)
def test_a_rest_and_an_http_api_are_answered_alike(handler: Handler, case: str) -> None:
    first, second = (without_ids(handler(event(f"{kind}_{case}"), CONTEXT)) for kind in KINDS)

    assert first == second
    assert first[0] == STATUSES[case]


@pytest.mark.parametrize("case", SAM_LOCAL)
def test_sam_local_is_answered_as_the_gateway_is(handler: Handler, case: str) -> None:
    first, second = (
        without_ids(handler(event(f"{kind}_{case}"), CONTEXT)) for kind in ("rest_v1", "sam_local")
    )

    assert first == second


@pytest.mark.parametrize("case", STATUSES)
def test_a_named_stage_of_an_http_api_changes_nothing(handler: Handler, case: str) -> None:
    bare = event(f"http_v2_{case}")
    staged = event(f"http_v2_{case}")
    staged["rawPath"] = f"/live{bare['rawPath']}"
    staged["requestContext"]["stage"] = "live"
    staged["requestContext"]["http"]["path"] = staged["rawPath"]

    assert without_ids(handler(staged, CONTEXT)) == without_ids(handler(bare, CONTEXT))


def test_a_body_in_base64_is_the_same_body(handler: Handler) -> None:
    plain, encoded = (
        without_ids(handler(event(name), CONTEXT))
        for name in ("rest_v1_fraud", "rest_v1_fraud_base64")
    )

    assert plain == encoded
    assert plain[0] == 200


def changed(kind: str, **changes: str) -> dict[str, Any]:
    """The recorded fraud with another body, media type or method."""
    sent = event(f"{kind}_fraud")
    sent["body"] = changes.get("body", sent["body"])
    for name in sent["headers"]:
        if name.lower() == "content-type":
            sent["headers"][name] = changes.get("media_type", "application/json")
    sent.pop("multiValueHeaders", None)  # it would win over the headers
    if "method" in changes:
        sent["httpMethod"] = sent["requestContext"]["httpMethod"] = changes["method"]
        sent["requestContext"].get("http", {})["method"] = changes["method"]
    return sent


@pytest.mark.parametrize("kind", [*KINDS, "sam_local"])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"body": json.dumps(FRAUD).ljust(8 * 1024)}, 200),
        ({"body": json.dumps(FRAUD).ljust(8 * 1024 + 1)}, 413),
        ({"body": "[" * (8 * 1024 + 1)}, 413),
        ({"media_type": "text/plain"}, 415),
        ({"method": "PUT"}, 405),
    ],
    ids=["large enough", "too large", "too large to be parsed", "no JSON", "another method"],
)
def test_a_request_that_is_not_as_it_must_be_is_refused(
    handler: Handler, kind: str, changes: dict[str, str], status: int
) -> None:
    answer = handler(changed(kind, **changes), CONTEXT)

    assert answer["statusCode"] == status
    if status != 200:
        check_problem(response(answer), status)


def test_nothing_is_left_undone_after_a_request_that_was_cut_off(
    handler: Handler, recwarn: pytest.WarningsRecorder
) -> None:
    answer = handler(changed("rest_v1", body="[" * (8 * 1024 + 1)), CONTEXT)
    gc.collect()

    assert answer["statusCode"] == 413
    assert asyncio.all_tasks(asyncio.get_event_loop()) == set()
    assert not recwarn.list


@pytest.mark.parametrize(("size", "status"), [(8 * 1024, 200), (8 * 1024 + 1, 413)])
def test_a_body_in_base64_is_measured_as_it_was_sent(
    handler: Handler, size: int, status: int
) -> None:
    sent = event("rest_v1_fraud_base64")
    sent["body"] = b64encode(json.dumps(FRAUD).encode().ljust(size)).decode()

    assert handler(sent, CONTEXT)["statusCode"] == status


@pytest.mark.parametrize("case", STATUSES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_carries_the_gateways_request_id(handler: Handler, kind: str, case: str) -> None:
    sent = event(f"{kind}_{case}")

    answer = handler(sent, CONTEXT)

    assert answer["headers"]["x-request-id"] == sent["requestContext"]["requestId"]


@pytest.mark.parametrize("made_up", ["a\r\nset-cookie: b", "a" * 65, {"a": 1}, ""])
def test_a_request_id_that_does_not_fit_a_header_gives_way_to_lambdas(
    handler: Handler, made_up: object
) -> None:
    sent = event("rest_v1_bad_body")
    sent["requestContext"]["requestId"] = made_up

    answer = handler(sent, CONTEXT)

    assert answer["headers"]["x-request-id"] == CONTEXT.aws_request_id
    assert json.loads(answer["body"])["request_id"] == CONTEXT.aws_request_id


@pytest.mark.parametrize("case", PROBLEMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_is_sent_as_text(handler: Handler, kind: str, case: str) -> None:
    answer = handler(event(f"{kind}_{case}"), CONTEXT)

    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert json.loads(answer["body"])["status"] == STATUSES[case]


@pytest.mark.parametrize("sent", SHAPES.values(), ids=SHAPES)
def test_an_event_of_no_api_is_a_problem_and_no_crash(handler: Handler, sent: Any) -> None:
    answer = handler(sent, CONTEXT)

    assert answer["statusCode"] == 400
    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["content-type"] == "application/problem+json"
    body = json.loads(answer["body"])
    assert body["type"] == "urn:problem-type:fraud-api:unknown-event"
    assert body["request_id"] == CONTEXT.aws_request_id
    assert FRAUD["nameOrig"] not in answer["body"]


def test_without_settings_only_health_answers() -> None:
    with imported({}) as handler:
        answers = {
            case: handler(event(f"rest_v1_{case}"), CONTEXT)
            for case in ("health", "fraud", "model")
        }

    assert {case: answer["statusCode"] for case, answer in answers.items()} == {
        "health": 200,
        "fraud": 503,
        "model": 503,
    }
    assert answers["fraud"]["headers"]["retry-after"] == "1"
    assert json.loads(answers["fraud"]["body"])["type"].endswith(":model-unavailable")


@pytest.mark.parametrize("name", ["FRAUD_MODEL_BUCKET", "FRAUD_MODEL_PARAMETER"])
def test_the_log_names_the_variable_that_is_missing(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    given = {"FRAUD_MODEL_BUCKET": "models", "FRAUD_MODEL_PARAMETER": "/model"}
    del given[name]

    with imported(given):
        pass

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (said,) = [line["message"] for line in lines if "settings" in line["message"]]
    assert said == f"settings cannot be used: {name}: Field required"


def test_without_credentials_the_log_says_where_they_come_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with imported({"FRAUD_MODEL_BUCKET": "models", "FRAUD_MODEL_PARAMETER": "/model"}) as handler:
        answer = handler(event("rest_v1_fraud"), CONTEXT)

    assert answer["statusCode"] == 503
    assert "AWS_ACCESS_KEY_ID" in capsys.readouterr().out


FRAMEWORK = """
import sys
from fraud_api_lambda.deployment.provider import ModelProvider
ModelProvider.prefetch = lambda _: print({"fastapi", "mangum"} & set(sys.modules) or "nothing yet")
import fraud_api_lambda.handler
"""


@pytest.mark.slow
def test_the_model_begins_to_load_before_the_framework_is_imported() -> None:
    given = {"FRAUD_MODEL_BUCKET": "models", "FRAUD_MODEL_PARAMETER": "/model"}
    aws = LocalAws(free_port()).environment

    with environment({**aws, **given}):
        done = subprocess.run(
            [sys.executable, "-c", FRAMEWORK],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=True,
        )

    assert done.stdout == "nothing yet\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("case", "example"), [("fraud", FRAUD), ("genuine", GENUINE)])
def test_the_recorded_payments_are_the_examples(
    kind: str, case: str, example: dict[str, Any]
) -> None:
    assert json.loads(event(f"{kind}_{case}")["body"]) == example


def test_the_recorded_base64_is_the_fraud() -> None:
    sent = event("rest_v1_fraud_base64")

    assert sent["isBase64Encoded"] is True
    assert json.loads(b64decode(sent["body"])) == FRAUD


def test_every_recorded_event_is_one_that_the_tests_know() -> None:
    known = {f"{kind}_{case}" for kind in KINDS for case in STATUSES}
    known |= {f"sam_local_{case}" for case in SAM_LOCAL}

    known |= {*MOUNTED, "rest_v1_fraud_base64"}

    assert {path.stem for path in EVENTS.iterdir()} == known


def test_the_event_of_doctor_and_heartbeat_is_answered(handler: Handler) -> None:
    answered = handler(GET_MODEL, CONTEXT)

    assert answered["statusCode"] == 200
    assert json.loads(answered["body"])["version"]
