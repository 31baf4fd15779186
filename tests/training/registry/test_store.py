"""The registry writes objects once and names the operation in AWS errors."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders

from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.pointer import IntegrityError, Pointer
from tests.aws import Aws
from training.local.aws import LocalAws
from training.local.processes import environment, free_port
from training.registry import store as registry
from training.registry.boto import AlreadyThereError, is_loopback
from training.registry.store import Registry, Stored

DATA = b"the bytes of a model"
VERSION = version_of(DATA)


def test_the_registry_reads_what_the_runtime_reads(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)

    assert aws.registry.read_pointer() == aws.store.read_pointer() == Pointer(pinned, None)
    assert aws.registry.fetch(pinned) == aws.store.fetch(pinned) == DATA


def test_an_object_that_differs_from_its_pin_is_refused(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)
    put = aws.s3.put_object(Bucket=aws.bucket, Key=pinned.key, Body=DATA[::-1])

    with pytest.raises(IntegrityError, match=f"^s3://{aws.bucket}/.*another digest than its pin"):
        aws.registry.fetch(replace(pinned, version_id=put["VersionId"]))


def test_finding_a_version_compares_its_bytes_with_its_name(aws: Aws) -> None:
    aws.registry.add(VERSION, b"other bytes")

    with pytest.raises(IntegrityError, match=f"is not version {VERSION}"):
        aws.registry.find(VERSION)


def test_a_version_is_written_only_once(aws: Aws) -> None:
    aws.registry.add(VERSION, DATA)

    with pytest.raises(AlreadyThereError):
        aws.registry.add(VERSION, b"other bytes")

    assert aws.registry.find(VERSION)[1] == DATA


def test_the_published_versions_are_listed_with_their_files_and_nothing_else(aws: Aws) -> None:
    first, second = "0" * 16, "f" * 16
    aws.registry.add(first, DATA)
    for version in (first, second):
        aws.registry.add_manifest(version, b"{}")
    for key in ("models/notes.txt", f"models/{first}/a/manifest.json", "models/x/model.joblib"):
        aws.s3.put_object(Bucket=aws.bucket, Key=key, Body=b"")

    assert aws.registry.versions() == {
        first: {"model.joblib", "manifest.json"},
        second: {"manifest.json"},
    }


def test_a_manifest_is_returned_unchanged_unless_it_is_too_long(aws: Aws) -> None:
    aws.registry.add_manifest(VERSION, b"anything")
    aws.registry.add_manifest("f" * 16, b"x" * (1 << 20) + b"x")

    assert aws.registry.manifest(VERSION) == b"anything"
    with pytest.raises(IntegrityError, match="too long for a manifest"):
        aws.registry.manifest("f" * 16)


def refuse_the_first(aws: Aws, n: int) -> list[int]:
    """Let S3 answer the first `n` object writes with its conflict error."""
    left = [n]

    def answer(request: Any, **_: Any) -> Any:
        if not left[0]:
            return None
        left[0] -= 1
        body = b"<Error><Code>ConditionalRequestConflict</Code><Message>busy</Message></Error>"
        return AWSResponse(
            request.url, 409, HTTPHeaders(), SimpleNamespace(stream=lambda: iter([body]))
        )

    aws.registry._s3.meta.events.register("before-send.s3.PutObject", answer)
    return left


def test_a_write_that_conflicts_with_another_is_retried(aws: Aws) -> None:
    left = refuse_the_first(aws, 2)

    aws.registry.add(VERSION, DATA)

    assert left == [0]
    assert aws.registry.find(VERSION)[1] == DATA


def test_a_write_that_keeps_conflicting_is_treated_as_already_done(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "PAUSES_S", (0, 0))
    refuse_the_first(aws, 2)

    with pytest.raises(AlreadyThereError, match="other writers are busy with it"):
        aws.registry.add(VERSION, DATA)


def test_each_write_of_the_pointer_has_a_number_and_can_be_read_by_it(aws: Aws) -> None:
    aws.registry.add(VERSION, DATA)
    pinned, _ = aws.registry.find(VERSION)
    first, second = Pointer(pinned, None), Pointer(pinned, pinned)

    assert aws.registry.read_stored() == Stored(None, 0)
    assert [aws.registry.write_pointer(each) for each in (first, second)] == [1, 2]

    assert aws.registry.read_stored(1) == Stored(first.to_json(), 1)
    assert aws.registry.read_stored() == Stored(second.to_json(), 2)
    with pytest.raises(ModelStoreError, match="ParameterVersionNotFound"):
        aws.registry.read_stored(3)


def test_a_pointer_is_created_once(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)

    with pytest.raises(AlreadyThereError):
        aws.registry.write_pointer(Pointer(pinned, pinned), create=True)

    assert aws.registry.read_pointer() == Pointer(pinned, None)


@pytest.mark.parametrize(
    ("endpoint", "is_here"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://127.8.8.8", True),
        ("http://localhost:4566", True),
        ("http://[::1]:5000", True),
        ("https://ssm.eu-west-1.amazonaws.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1:5000", False),
        ("nonsense", False),
    ],
)
def test_only_loopback_addresses_are_local(endpoint: str, *, is_here: bool) -> None:
    assert is_loopback(endpoint) is is_here


def test_a_bucket_knows_whether_it_is_versioned(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket=f"{aws.bucket}-plain")

    assert aws.registry.is_versioned()
    assert not Registry(bucket=f"{aws.bucket}-plain", parameter="/p").is_versioned()


def test_a_missing_pointer_is_reported_as_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError, match=f"reading the parameter {aws.parameter}: AWS says"):
        aws.registry.read_pointer()


def test_a_missing_version_is_reported_as_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError, match=r"reading s3://.*NoSuchKey"):
        aws.registry.find("0" * 16)


def test_a_missing_bucket_is_not_mistaken_for_a_missing_version(aws: Aws) -> None:
    with pytest.raises(ModelStoreError, match=r"reading s3://.*NoSuchBucket") as caught:
        Registry(bucket=f"{aws.bucket}-none", parameter="/p").find("0" * 16)

    assert not isinstance(caught.value, NotFoundError)


@pytest.fixture
def nowhere() -> Iterator[Registry]:
    """A registry whose AWS refuses every connection."""
    with environment(LocalAws(free_port()).environment):
        yield Registry(bucket="the-bucket", parameter="/the/parameter")


def test_a_refused_connection_is_a_domain_error(nowhere: Registry) -> None:
    with pytest.raises(ModelStoreError, match=r"^reading s3://the-bucket/.*EndpointConnection"):
        nowhere.find(VERSION)


def test_a_malformed_endpoint_is_a_domain_error(
    nowhere: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")

    with pytest.raises(ModelStoreError, match="Invalid endpoint: nonsense"):
        nowhere.read_pointer()
