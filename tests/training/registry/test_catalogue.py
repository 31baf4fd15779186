"""Models are listed whatever the bucket and the parameter hold."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from typer.testing import CliRunner

from fraud_api_lambda.deployment.pointer import key_of
from tests.aws import Aws, Where
from training.__main__ import app
from training.errors import CheckFailedError
from training.registry.catalogue import Listed, catalogue
from training.registry.publishing import promote_version

OTHER = "0123456789abcdef"


@pytest.fixture
def published(where: Where, published: list[str]) -> list[str]:
    """The same versions, the third served after the first."""
    promote_version(published[0], **where)
    promote_version(published[2], **where)
    return published


def listed(where: Where) -> list[tuple[str, str, str]]:
    return [(each.version, each.place, each.fault) for each in catalogue(**where).models]


def said(*options: str) -> str:
    done = CliRunner().invoke(app, ["models", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_models_are_listed_newest_first_with_their_status(
    where: Where, published: list[str]
) -> None:
    first, second, third = published

    assert listed(where) == [(third, "current", ""), (second, "", ""), (first, "previous", "")]


def test_an_empty_registry_lists_nothing(where: Where) -> None:
    assert catalogue(**where).models == []


DAMAGED = [
    b"",
    b"nonsense",
    b"[]",
    b"7",
    b"null",
    b"\xff",
    b'{"created": NaN}',
    b"[" * 100_000,
    b"9" * 5_000,
    b'{"a": "' + b"x" * (1 << 20) + b'"}',
]

ODD: list[Any] = [None, True, 7, -1.5, 10**400, "", "\ud800", "\x1b[2J\n", [], {}, [{}], {"a": []}]


def put_manifests(aws: Aws, manifests: Iterable[bytes]) -> int:
    """Upload each manifest under its own version; return their number."""
    number = -1
    for number, manifest in enumerate(manifests):
        aws.registry.add_manifest(f"{number:016x}", manifest)
    return number + 1


def test_damaged_manifests_are_reported_beside_the_others(
    aws: Aws, where: Where, published: list[str]
) -> None:
    n = put_manifests(aws, DAMAGED)

    faults = [fault for version, _, fault in listed(where) if version not in published]
    assert faults == ["its manifest is damaged; publish it again"] * n
    assert len(said().splitlines()) == n + len(published)
    assert len(json.loads(said("--json"))) == n + len(published)


@pytest.mark.parametrize("name", ["created", "feature_set", "metrics", "version", "place"])
def test_a_manifest_with_any_content_is_listed(aws: Aws, where: Where, name: str) -> None:
    del where
    n = put_manifests(aws, (json.dumps({name: odd}).encode() for odd in ODD))

    assert "\x1b" not in said()
    assert len(said().splitlines()) == n
    assert {each["version"] for each in json.loads(said("--json"))} == {
        f"{number:016x}" for number in range(n)
    }


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("within", ["metrics", "trained_on"])
def test_a_figure_of_any_type_is_listed(within: str, odd: Any) -> None:
    manifest = {within: {"average_precision": odd, "data": odd}}

    assert Listed(OTHER, "current", manifest).line().isascii()


def test_a_version_without_a_manifest_is_listed(aws: Aws, where: Where) -> None:
    aws.registry.add(OTHER, b"")

    assert listed(where) == [(OTHER, "", "it has no manifest; publish it again")]


def test_a_served_version_that_is_gone_is_listed_as_missing(
    aws: Aws, where: Where, published: list[str]
) -> None:
    third = published[2]
    for key in (key_of(third), f"models/{third}/manifest.json"):
        aws.s3.delete_object(Bucket=aws.bucket, Key=key)

    assert (third, "current", "model.joblib is gone; publish it again") in listed(where)


def test_a_damaged_pointer_fails_the_check_but_hides_no_version(
    aws: Aws, where: Where, published: list[str]
) -> None:
    del where
    aws.ssm.put_parameter(Name=aws.parameter, Value="{}", Type="String", Overwrite=True)

    done = CliRunner().invoke(app, ["models"])

    assert [line.split()[0] for line in done.stdout.splitlines()] == published[::-1]
    assert isinstance(done.exception, CheckFailedError)
    assert "promote a version to repair it" in str(done.exception)
