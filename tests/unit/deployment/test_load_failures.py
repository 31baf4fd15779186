"""Why no model loads: each cause has a log line that no other has, and none names an account."""

import json
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from fraud_api_lambda.aws import client as aws
from fraud_api_lambda.aws import transport
from fraud_api_lambda.deployment import load_attempt
from fraud_api_lambda.deployment.pointer import Pointer
from fraud_api_lambda.deployment.provider import THREAD_NAME, ModelProvider, ModelUnavailableError
from fraud_api_lambda.deployment.store import ModelStore
from fraud_api_lambda.web.logs import JsonFormatter
from tests.faulty_aws import (
    DATA,
    PINNED,
    SECRET,
    Behaviour,
    answering,
    faulty_aws,
    resetting,
    sending,
    silent,
)
from training.local.processes import LOOPBACK

ACCOUNT = "123456789012"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/fraud-api/fraud-api"

POINTER = answering(
    "200 OK", json.dumps({"Parameter": {"Value": Pointer(PINNED, None).to_json()}}).encode()
)


def ssm_says(code: str, message: str = SECRET) -> Behaviour:
    body = {"__type": f"com.amazonaws.ssm#{code}", "message": f"{message} {ROLE}"}
    return answering("400 Bad Request", json.dumps(body).encode())


def s3_says(status: str, code: str, message: str = SECRET, more: str = "") -> Behaviour:
    text = f"<Code>{code}</Code><Message>{message} {ROLE}</Message>{more}"
    return answering(status, f'<?xml version="1.0"?>\n<Error>{text}</Error>'.encode())


def denied(action: str) -> str:
    return f"User: {ROLE} is not authorized to perform: {action} on resource: {SECRET}"


def by_service(ssm: Behaviour, s3: Behaviour) -> Behaviour:
    """Answer SSM's requests, which are POST, and those of S3."""

    def behave(connection: socket.socket) -> None:
        is_ssm = connection.recv(4, socket.MSG_PEEK) == b"POST"
        (ssm if is_ssm else s3)(connection)

    return behave


def moved_to(region: str) -> Behaviour:
    head = f"HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: {region}\r\n\r\n"
    return sending(head.encode() + b"<Error><Code>PermanentRedirect</Code></Error>")


MALFORMED = s3_says(
    "400 Bad Request", "AuthorizationHeaderMalformed", more="<Region>eu-west-3</Region>"
)

OF_SSM: dict[str, tuple[Behaviour, dict[str, Any]]] = {
    "SSM may not be read": (
        ssm_says("AccessDeniedException", denied("ssm:GetParameter")),
        {"status": 400, "code": "AccessDeniedException", "action": "ssm:GetParameter"},
    ),
    "the parameter's key may not be used": (
        ssm_says("AccessDeniedException", denied("kms:Decrypt")),
        {"status": 400, "code": "AccessDeniedException", "action": "kms:Decrypt"},
    ),
    "no parameter": (
        ssm_says("ParameterNotFound"),
        {"status": 400, "code": "ParameterNotFound", "exception_name": "NotFoundError"},
    ),
    "the token expired": (
        ssm_says("ExpiredTokenException"),
        {"status": 400, "code": "ExpiredTokenException"},
    ),
    "the clock is wrong": (
        ssm_says("InvalidSignatureException"),
        {"status": 400, "code": "InvalidSignatureException"},
    ),
    "SSM is busy": (
        ssm_says("ThrottlingException"),
        {"status": 400, "code": "ThrottlingException", "exception_name": "TransientError"},
    ),
    "SSM is silent": (silent, {"exception_name": "TimeoutError"}),
    "the pointer is damaged": (
        answering("200 OK", b'{"Parameter": {"Value": "nonsense"}}'),
        {"exception_name": "DamagedPointerError"},
    ),
}

OF_S3: dict[str, tuple[Behaviour, dict[str, Any]]] = {
    "the object may not be read": (
        s3_says("403 Forbidden", "AccessDenied", denied("s3:GetObjectVersion")),
        {"status": 403, "code": "AccessDenied", "action": "s3:GetObjectVersion"},
    ),
    "the object's key may not be used": (
        s3_says("403 Forbidden", "AccessDenied", denied("kms:Decrypt")),
        {"status": 403, "code": "AccessDenied", "action": "kms:Decrypt"},
    ),
    "the object's key is disabled": (
        s3_says("400 Bad Request", "KMS.DisabledException"),
        {"status": 400, "code": "KMS.DisabledException"},
    ),
    "another region": (
        moved_to("eu-central-1"),
        {"status": 301, "code": "PermanentRedirect", "region": "eu-central-1"},
    ),
    "another region, told in the body": (
        MALFORMED,
        {"status": 400, "code": "AuthorizationHeaderMalformed", "region": "eu-west-3"},
    ),
    "a region that is none": (
        moved_to(f"eu-{ACCOUNT}"),
        {"status": 301, "code": "PermanentRedirect"},
    ),
    "the clock is wrong": (
        s3_says("403 Forbidden", "RequestTimeTooSkewed"),
        {"status": 403, "code": "RequestTimeTooSkewed"},
    ),
    "the key is wrong": (
        s3_says("403 Forbidden", "SignatureDoesNotMatch"),
        {"status": 403, "code": "SignatureDoesNotMatch"},
    ),
    "the token expired": (
        s3_says("400 Bad Request", "ExpiredToken"),
        {"status": 400, "code": "ExpiredToken"},
    ),
    "no object": (
        s3_says("404 Not Found", "NoSuchVersion"),
        {"status": 404, "code": "NoSuchVersion", "exception_name": "NotFoundError"},
    ),
    "S3 is busy": (
        s3_says("503 Slow Down", "SlowDown"),
        {"status": 503, "code": "SlowDown", "exception_name": "TransientError"},
    ),
    "an error without a name": (answering("418 I'm a teapot"), {"status": 418}),
    "a name that is none": (s3_says("403 Forbidden", f"Denied{ACCOUNT}"), {"status": 403}),
    "half an object": (
        answering("200 OK", DATA[:10], len(DATA)),
        {"exception_name": "IncompleteRead"},
    ),
    "the connection broke": (resetting, {"exception_name": "ConnectionResetError"}),
    "S3 is silent": (silent, {"exception_name": "TimeoutError"}),
    "another object": (answering("200 OK", DATA[::-1]), {"exception_name": "IntegrityError"}),
    "no bundle": (
        answering("200 OK", DATA),
        {"operation": "read bundle", "exception_name": "BundleError"},
    ),
}

CAUSES = {
    **{f"GetParameter: {name}": (ssm, POINTER, facts) for name, (ssm, facts) in OF_SSM.items()},
    **{f"GetObject: {name}": (POINTER, s3, facts) for name, (s3, facts) in OF_S3.items()},
}


def expected(name: str) -> dict[str, Any]:
    operation = name.partition(":")[0]
    return {"operation": operation, "exception_name": "ModelStoreError"} | CAUSES[name][2]


class Kept(logging.Handler):
    """Keeps records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def failures() -> Iterator[list[logging.LogRecord]]:
    """The records of failed loads."""
    kept = Kept()
    load_attempt.log.addHandler(kept)
    yield kept.records
    load_attempt.log.removeHandler(kept)


def logged(store: ModelStore, failures: list[logging.LogRecord]) -> dict[str, Any]:
    """What the one line of a failed load says beside its message."""
    with pytest.raises(ModelUnavailableError):
        ModelProvider(store, refresh_s=60, deadline_s=20).get()
    (record,) = failures
    line = JsonFormatter().format(record)
    assert ACCOUNT not in line
    assert SECRET not in line
    found: dict[str, Any] = json.loads(line)
    assert (found.pop("level"), found.pop("message")) == ("WARNING", "model load failed")
    del found["timestamp"], found["service"]
    return found


@pytest.mark.parametrize("name", CAUSES)
def test_a_failed_load_says_which_operation_failed_and_how(
    name: str, failures: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 0.1)
    ssm, s3, _ = CAUSES[name]

    with faulty_aws(by_service(ssm, s3)) as store:
        assert logged(store, failures) == expected(name)


def test_no_two_causes_look_alike() -> None:
    unknown = {"a region that is none", "a name that is none", "an error without a name"}
    lines = [
        json.dumps(expected(name), sort_keys=True)
        for name in CAUSES
        if name.partition(": ")[2] not in unknown
    ]

    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize(
    ("address", "exception_name"),
    [
        ("http://[fe80::1%nowhere]", "gaierror"),
        (f"http://{LOOPBACK}:1", "ConnectionRefusedError"),
        ("https://{served}", "SSLError"),
    ],
)
def test_no_connection_says_what_is_missing(
    address: str, exception_name: str, failures: list[logging.LogRecord]
) -> None:
    with faulty_aws(sending(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as plain:
        served = plain._aws.endpoints["ssm"].removeprefix("http://")
        client = replace(plain._aws, endpoints={"ssm": address.format(served=served)})
        store = ModelStore(bucket="the-bucket", parameter="/the/parameter", aws=client)

        assert logged(store, failures) == {
            "operation": "GetParameter",
            "exception_name": exception_name,
        }


def test_a_head_that_trickles_leaves_no_thread_behind(
    failures: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "TOTAL_TIMEOUT_S", 0.3)
    trickling = sending(b"HTTP/1.1 200 OK\r\nA: ", *repeat(b"x", 100), pause_s=0.05)

    with faulty_aws(trickling) as store:
        with pytest.raises(ModelUnavailableError):
            ModelProvider(store, refresh_s=60, deadline_s=0.1).get()
        loading = [each for each in enumerate_threads() if each.name == THREAD_NAME]
        for thread in loading:
            thread.join(10)

    assert loading
    assert not [thread for thread in loading if thread.is_alive()]
    assert {vars(record)["exception_name"] for record in failures} == {"TimeoutError"}
    assert len(failures) == 2  # of the request that gave up, and of the load that did
