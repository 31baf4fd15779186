"""The pointer and what it pins: what is read is what was pinned."""

import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError, TransientError
from fraud_api_lambda.aws.signature import Credentials
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.pointer import IntegrityError, PinnedModel, Pointer
from fraud_api_lambda.deployment.store import ModelStore
from fraud_api_lambda.settings import aws_client
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


SECRET = "/fraud/secret-of-tests"


def with_secret(aws: Aws) -> ModelStore:
    return ModelStore(
        bucket=aws.bucket, parameter=aws.parameter, aws=aws_client(), secret_parameter=SECRET
    )


def test_a_secret_is_read_with_the_pointer(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)
    aws.ssm.put_parameter(Name=SECRET, Type="SecureString", Value="told", Overwrite=True)
    store = with_secret(aws)

    assert store.read_pointer() == Pointer(pinned, None)
    assert store.secret == "told"


def test_a_secret_that_is_missing_is_looked_for_again(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)
    aws.ssm.delete_parameters(Names=[SECRET])
    store = with_secret(aws)

    assert store.read_pointer() == Pointer(pinned, None)
    assert store.secret is None
    aws.ssm.put_parameter(Name=SECRET, Type="SecureString", Value="later")
    store.read_pointer()
    assert store.secret == "later"


def test_a_secret_is_read_once(aws: Aws) -> None:
    aws.serve(VERSION, DATA)
    aws.ssm.put_parameter(Name=SECRET, Type="SecureString", Value="first", Overwrite=True)
    store = with_secret(aws)
    store.read_pointer()
    aws.ssm.put_parameter(Name=SECRET, Type="SecureString", Value="second", Overwrite=True)

    store.read_pointer()

    assert store.secret == "first"


class WithoutTheRight(AwsClient):
    """May read one parameter, but not two at once."""

    def get_parameters(self, names: Sequence[str]) -> dict[str, str]:
        raise self.refusal(f"no right to read {names}")

    refusal = ModelStoreError


class Busy(WithoutTheRight):
    refusal = TransientError


def may_not(aws: Aws, kind: type[WithoutTheRight]) -> ModelStore:
    real = aws_client()
    client = kind(real.credentials, real.region, real.endpoints)
    return ModelStore(
        bucket=aws.bucket, parameter=aws.parameter, aws=client, secret_parameter=SECRET
    )


def test_without_the_right_to_a_secret_the_pointer_is_read_alone(aws: Aws) -> None:
    pinned = aws.serve(VERSION, DATA)
    store = may_not(aws, WithoutTheRight)

    assert store.read_pointer() == Pointer(pinned, None)
    assert store.secret is None


def test_a_read_that_may_succeed_later_is_not_taken_for_a_missing_right(aws: Aws) -> None:
    aws.serve(VERSION, DATA)

    with pytest.raises(TransientError):
        may_not(aws, Busy).read_pointer()


def test_without_a_secret_a_missing_pointer_is_still_not_found(aws: Aws) -> None:
    with pytest.raises(NotFoundError):
        with_secret(aws).read_pointer()


class Overtaken(AwsClient):
    """Is so slow at first that another attempt is over in the meantime; finds no secret itself."""

    meanwhile: list[Callable[[], object]] = []  # noqa: RUF012  # one test uses it

    def get_parameters(self, names: Sequence[str]) -> dict[str, str]:
        found = dict.fromkeys(names, json.dumps(GOOD))
        if not self.meanwhile:
            return found
        self.meanwhile.pop()()
        return {names[0]: found[names[0]]}


def test_a_slow_attempt_does_not_take_away_the_secret_of_a_later_one() -> None:
    client = Overtaken(Credentials("id", "key"), "us-east-1")
    store = ModelStore(bucket="b", parameter="p", aws=client, secret_parameter=SECRET)
    client.meanwhile.append(store.read_pointer)

    store.read_pointer()

    assert store.secret == json.dumps(GOOD)
