"""The registry: objects are written once, and errors of AWS say what and where."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fraud_api_lambda.bundle import version_of
from fraud_api_lambda.pointer import IntegrityError, ModelStoreError, NotFoundError, Pointer
from tests.aws import Aws
from training.processes import environment, free_port
from training.registry import AlreadyThereError, Registry
from training.stand_in import LocalAws

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


def test_a_version_is_written_once(aws: Aws) -> None:
    aws.registry.add(VERSION, DATA)

    with pytest.raises(AlreadyThereError):
        aws.registry.add(VERSION, b"other bytes")

    assert aws.registry.find(VERSION)[1] == DATA


def test_the_manifests_of_all_versions_are_listed(aws: Aws) -> None:
    for version in ("a", "b"):
        aws.registry.add(version, DATA)
        aws.registry.add_manifest(version, json.dumps({"version": version}).encode())

    assert sorted(each["version"] for each in aws.registry.manifests()) == ["a", "b"]


def test_a_bucket_knows_whether_it_is_versioned(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket=f"{aws.bucket}-plain")

    assert aws.registry.is_versioned()
    assert not Registry(bucket=f"{aws.bucket}-plain", parameter="/p").is_versioned()


def test_a_pointer_that_was_never_written_is_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError, match=f"reading the parameter {aws.parameter}: AWS says"):
        aws.registry.read_pointer()


def test_a_version_or_bucket_that_is_not_there_is_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError, match=r"reading s3://.*NoSuchKey"):
        aws.registry.find("0" * 16)
    with pytest.raises(NotFoundError, match=r"reading s3://no-such-bucket/.*NoSuchBucket"):
        Registry(bucket="no-such-bucket", parameter="/p").find("0" * 16)


@pytest.fixture
def nowhere() -> Iterator[Registry]:
    """A registry whose AWS refuses every connection."""
    with environment(LocalAws(free_port()).environment):
        yield Registry(bucket="the-bucket", parameter="/the/parameter")


def test_a_refused_connection_is_our_error(nowhere: Registry) -> None:
    with pytest.raises(ModelStoreError, match=r"^reading s3://the-bucket/.*EndpointConnection"):
        nowhere.find(VERSION)


def test_an_endpoint_that_is_no_address_is_our_error(
    nowhere: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")

    with pytest.raises(ModelStoreError, match="Invalid endpoint: nonsense"):
        nowhere.read_pointer()


@pytest.mark.parametrize("manifest", [b"", b"nonsense", b"[]", b"7", b"\xff"])
def test_a_damaged_manifest_is_named(aws: Aws, manifest: bytes) -> None:
    aws.registry.add_manifest("0123456789abcdef", manifest)

    with pytest.raises(ModelStoreError, match=r"0123456789abcdef/manifest\.json is damaged"):
        aws.registry.manifests()


def test_missing_credentials_are_our_error(
    nowhere: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

    with pytest.raises(ModelStoreError, match="NoCredentialsError"):
        nowhere.read_pointer()
