"""Objects and the pointer: what is read is what was pinned, and errors say what and where."""

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.bundle import version_of
from fraud_api_lambda.model_store import (
    AlreadyThereError,
    IntegrityError,
    ModelStore,
    NotFoundError,
)
from fraud_api_lambda.pointer import ModelStoreError, PinnedModel, Pointer, key_of
from tests.aws import Aws
from training.processes import LOOPBACK, environment, free_port

DATA = b"the bytes of a model"
VERSION = version_of(DATA)
SECRET = "not-to-be-told"
GOOD = {"key": "k", "version_id": "v", "size": 3, "sha256": "0" * 64, "previous": None}

pins = st.builds(PinnedModel, st.text(), st.text(), st.integers(0), st.text("0123456789abcdef"))


@given(current=pins, previous=st.none() | pins)
def test_a_pointer_survives_its_json(current: PinnedModel, previous: PinnedModel | None) -> None:
    pointer = Pointer(current, previous)

    assert Pointer.from_json(pointer.to_json()) == pointer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"key"',
        "{}",
        json.dumps(GOOD)[:-1],
        *(json.dumps({k: v for k, v in GOOD.items() if k != gone}) for gone in GOOD),
        json.dumps({**GOOD, "size": "3"}),
        json.dumps({**GOOD, "size": True}),
        json.dumps({**GOOD, "key": None}),
        json.dumps({**GOOD, "extra": 1}),
        json.dumps({**GOOD, "previous": {"key": "k"}}),
        json.dumps({**GOOD, "previous": 7}),
    ],
)
def test_a_damaged_pointer_is_refused_with_the_way_to_repair_it(text: str) -> None:
    with pytest.raises(ModelStoreError, match="not a model pointer; promote a version"):
        Pointer.from_json(text)


@given(text=st.text() | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_text_that_is_no_pointer_raises_nothing_else(text: str) -> None:
    with pytest.raises(ModelStoreError):
        Pointer.from_json(text)


def test_what_was_added_is_fetched_by_its_pin(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)

    assert aws.store.read_pointer() == Pointer(pinned, None)
    assert aws.store.fetch(pinned) == DATA
    assert pinned.version == VERSION


def test_a_pin_names_one_object_even_after_it_was_overwritten(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)
    aws.s3.put_object(Bucket=aws.bucket, Key=pinned.key, Body=b"other bytes")

    assert aws.store.fetch(pinned) == DATA


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (DATA[:-1], "not as long as its pin says"),
        (DATA + b"x", "not as long as its pin says"),
        (b"", "not as long as its pin says"),
        (DATA[:-1] + b"?", "another digest than its pin"),
    ],
)
def test_an_object_that_differs_from_its_pin_is_refused(
    aws: Aws, stored: bytes, message: str
) -> None:
    pinned = aws.serve(VERSION, DATA)
    put = aws.s3.put_object(Bucket=aws.bucket, Key=pinned.key, Body=stored)
    moved = PinnedModel(pinned.key, put["VersionId"], pinned.size, pinned.sha256)

    with pytest.raises(IntegrityError, match=f"^s3://{aws.bucket}/{pinned.key}.*{message}"):
        aws.store.fetch(moved)


def test_finding_a_version_compares_its_bytes_with_its_name(aws: Aws) -> None:
    aws.store.add(VERSION, b"other bytes")

    with pytest.raises(IntegrityError, match=f"is not version {VERSION}"):
        aws.store.find(VERSION)


def test_a_version_is_written_once(aws: Aws) -> None:
    aws.store.add(VERSION, DATA)

    with pytest.raises(AlreadyThereError):
        aws.store.add(VERSION, b"other bytes")

    assert aws.store.find(VERSION)[1] == DATA


def test_the_manifests_of_all_versions_are_listed(aws: Aws) -> None:
    for version in ("a", "b"):
        aws.store.add(version, DATA)
        aws.store.add_manifest(version, json.dumps({"version": version}).encode())

    assert sorted(each["version"] for each in aws.store.manifests()) == ["a", "b"]


def test_a_bucket_knows_whether_it_is_versioned(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket=f"{aws.bucket}-plain")

    assert aws.store.is_versioned()
    assert not ModelStore(bucket=f"{aws.bucket}-plain", parameter="/p").is_versioned()


def test_a_pointer_that_was_never_written_is_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError, match=f"reading the parameter {aws.parameter}: AWS says"):
        aws.store.read_pointer()


def test_a_version_or_bucket_that_is_not_there_is_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError, match=r"reading s3://.*NoSuchKey"):
        aws.store.find("0" * 16)
    with pytest.raises(NotFoundError, match=r"reading s3://no-such-bucket/.*NoSuchBucket"):
        ModelStore(bucket="no-such-bucket", parameter="/p").find("0" * 16)


type Behaviour = Callable[[socket.socket], None]

PINNED = PinnedModel(key_of(VERSION), "v1", len(DATA), "0" * 64)


def reading_the_object(store: ModelStore) -> Any:
    return store.fetch(PINNED)


def reading_the_pointer(store: ModelStore) -> Any:
    return store.read_pointer()


def answering(status: str, body: bytes = b"", length: int | None = None) -> Behaviour:
    """Answer and close; `length` may promise more than is sent."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head.encode() + body)

    return behave


def resetting(connection: socket.socket) -> None:
    """Promise the object, send half of it, then reset the connection."""
    answering("200 OK", DATA[:10], len(DATA))(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    """Swallow the request until the other side gives up."""
    while connection.recv(65_536):
        pass


@contextmanager
def faulty_aws(behave: Behaviour) -> Iterator[ModelStore]:
    """A store whose AWS is a server on this machine that treats every connection like that."""
    with socket.create_server((LOOPBACK, 0)) as server, at_port(server.getsockname()[1]) as store:
        server.settimeout(0.05)
        stopped = False

        def serve() -> None:
            while not stopped:
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(10)
                    behave(connection)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield store
        finally:
            stopped = True
            thread.join()


@contextmanager
def at_port(port: int) -> Iterator[ModelStore]:
    variables = {
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "no_proxy": LOOPBACK,
    }
    with environment(variables):
        store = ModelStore(bucket="the-bucket", parameter="/the/parameter")
        yield store
        for name in ("_s3", "_patient_s3", "_ssm"):
            if name in vars(store):
                vars(store)[name].close()


def xml(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode()


def coded(code: str) -> bytes:
    return json.dumps({"__type": code, "message": SECRET}).encode()


@pytest.mark.parametrize(
    ("attempt", "behave", "kind", "message"),
    [
        (
            reading_the_object,
            answering("403 Forbidden", xml("AccessDenied")),
            ModelStoreError,
            "AWS says AccessDenied",
        ),
        (
            reading_the_object,
            answering("404 Not Found", xml("NoSuchVersion")),
            NotFoundError,
            "AWS says NoSuchVersion",
        ),
        (
            reading_the_object,
            answering("503 Slow Down", xml("SlowDown")),
            ModelStoreError,
            "AWS says SlowDown",
        ),
        (reading_the_object, resetting, ModelStoreError, "ProtocolError"),
        (
            reading_the_object,
            answering("200 OK", DATA[:10], len(DATA)),
            IntegrityError,
            "not as long as its pin says",
        ),
        (
            reading_the_pointer,
            answering("400 Bad Request", coded("AccessDeniedException")),
            ModelStoreError,
            "AWS says AccessDeniedException",
        ),
        (
            reading_the_pointer,
            answering("400 Bad Request", coded("ParameterNotFound")),
            NotFoundError,
            "AWS says ParameterNotFound",
        ),
        (
            reading_the_pointer,
            answering("503 Service Unavailable", coded("ServiceUnavailable")),
            ModelStoreError,
            "AWS says ServiceUnavailable",
        ),
    ],
    ids=[
        "object forbidden",
        "object not there",
        "object busy",
        "object reset mid-body",
        "object cut short",
        "pointer forbidden",
        "pointer not there",
        "pointer busy",
    ],
)
def test_what_aws_does_wrong_becomes_our_error_that_says_where_and_keeps_secrets(
    attempt: Callable[[ModelStore], Any],
    behave: Behaviour,
    kind: type[ModelStoreError],
    message: str,
) -> None:
    with faulty_aws(behave) as store, pytest.raises(ModelStoreError) as caught:
        attempt(store)

    place = r"s3://the-bucket/models/.*/model\.joblib|the parameter /the/parameter"
    assert caught.match(f"^(reading )?({place}):? .*{message}")
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)
    assert "AKIAEXAMPLE" not in str(caught.value)


@pytest.mark.parametrize("attempt", [reading_the_object, reading_the_pointer])
def test_a_refused_connection_is_our_error(attempt: Callable[[ModelStore], Any]) -> None:
    with at_port(free_port()) as store, pytest.raises(ModelStoreError, match="EndpointConnection"):
        attempt(store)


def test_a_network_that_swallows_packets_is_given_up_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fraud_api_lambda.model_store.READ_TIMEOUT_S", 0.1)

    with faulty_aws(silent) as store, pytest.raises(ModelStoreError, match="ReadTimeoutError"):
        store.read_pointer()


def trickling(connection: socket.socket) -> None:
    """Promise the object, then send it a byte at a time."""
    answering("200 OK", b"", len(DATA))(connection)
    with suppress(OSError):  # until the other side hangs up
        for byte in DATA:
            time.sleep(0.05)
            connection.sendall(bytes([byte]))


def test_an_object_that_trickles_in_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fraud_api_lambda.model_store.PATIENCE_S", 0.1)

    with faulty_aws(trickling) as store, pytest.raises(ModelStoreError, match=r"TimeoutError$"):
        store.fetch(PINNED)


def test_an_upload_may_take_longer_than_a_request_would_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fraud_api_lambda.model_store.READ_TIMEOUT_S", 0.1)

    def slow(connection: socket.socket) -> None:
        request = connection.recv(65_536)
        if b"100-continue" in request:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.5)
        answering("200 OK")(connection)

    with faulty_aws(slow) as store:
        store.add(VERSION, DATA)


def test_an_endpoint_that_is_no_address_is_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with at_port(free_port()) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")

        with pytest.raises(ModelStoreError, match="Invalid endpoint: nonsense"):
            store.read_pointer()


@pytest.mark.parametrize("manifest", [b"", b"nonsense", b"[]", b"7", b"\xff"])
def test_a_damaged_manifest_is_named(aws: Aws, manifest: bytes) -> None:
    aws.store.add_manifest("0123456789abcdef", manifest)

    with pytest.raises(ModelStoreError, match=r"0123456789abcdef/manifest\.json is damaged"):
        aws.store.manifests()


def test_missing_credentials_are_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with at_port(free_port()) as store:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

        with pytest.raises(ModelStoreError, match="NoCredentialsError"):
            store.read_pointer()
