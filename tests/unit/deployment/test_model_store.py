"""The pointer and what it pins: what is read is what was pinned."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.pointer import IntegrityError, PinnedModel, Pointer
from tests.aws import Aws

DATA = b"the bytes of a model"
VERSION = version_of(DATA)
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


def test_a_pointer_that_was_never_written_is_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError, match=f"reading the parameter {aws.parameter}: AWS says"):
        aws.store.read_pointer()


def test_a_version_or_bucket_that_is_not_there_is_not_found(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)
    aws.s3.delete_object(Bucket=aws.bucket, Key=pinned.key, VersionId=pinned.version_id)

    with pytest.raises(NotFoundError, match=r"reading s3://.*NoSuch"):
        aws.store.fetch(pinned)
