"""A model that does not take every request of the served one is served only if asked to be."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fraud_api_lambda.deployment.pointer import key_of
from tests.aws import Aws
from tests.bundles import bundle_of, make_content, pickled, write_model
from tests.schemas import CARDS, Own, card_body
from training.__main__ import app
from training.errors import CheckFailedError
from training.hints import fraud

TRIES_NEVER_MISSING = Own(
    CARDS.schema, replace(CARDS.learned, fills={"store": (50.0, 10.0), "mcc": (0.01,)})
)
LINE = "field tries is required now: callers must always send it"
SENT = [card_body(amt=amount, number=f"n{amount}") for amount in (900.0, 20.0, 950.0, 30.0)]


@pytest.fixture(scope="module")
def optional() -> bytes:
    """A model of card payments whose field `tries` may be missing."""
    return bundle_of(CARDS.plan(), SENT)


@pytest.fixture(scope="module")
def required() -> bytes:
    """A model that needs the field."""
    return bundle_of(TRIES_NEVER_MISSING.plan(), SENT)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def serve(aws: Aws, model: bytes, tmp_path: Path) -> str:
    version = write_model(tmp_path / "served", model)
    aws.serve(version, model)
    return version


def published(model: bytes, tmp_path: Path) -> str:
    version = write_model(tmp_path / "new", model)
    run("publish", str(tmp_path / "new"))
    return version


def next_of(text: str) -> list[str]:
    """The words of the command that a message ends with."""
    *_, last = text.splitlines()
    assert last.startswith(f"next: {fraud()} ")
    return shlex.split(last.removeprefix(f"next: {fraud()} "))


@pytest.mark.parametrize("command", ["promote {version}", "publish {directory} --promote"])
def test_a_model_that_breaks_callers_is_refused_with_the_command_that_serves_it(
    aws: Aws, tmp_path: Path, optional: bytes, required: bytes, command: str
) -> None:
    old, new = serve(aws, optional, tmp_path), published(required, tmp_path)
    words = command.format(version=new, directory=tmp_path / "new").split()

    with pytest.raises(CheckFailedError) as caught:
        run(*words)

    assert caught.value.exit_code == 3
    assert f"{new} does not take every request of {old}, which is served:\n  {LINE}\n" in str(
        caught.value
    )
    assert aws.served() == (old, None)
    assert f"warning: {LINE}" in run(*next_of(str(caught.value))).stderr.splitlines()
    assert aws.served() == (new, old)


def test_a_dry_run_is_refused_as_the_promotion_would_be(
    aws: Aws, tmp_path: Path, optional: bytes, required: bytes
) -> None:
    serve(aws, optional, tmp_path)
    new = published(required, tmp_path)

    with pytest.raises(CheckFailedError, match=LINE):
        run("promote", new, "--dry-run")

    said = run("promote", new, "--dry-run", "--schema-change").stderr
    assert "--schema-change" in next_of(said)


def test_a_model_that_takes_more_is_served_with_a_note(
    aws: Aws, tmp_path: Path, optional: bytes, required: bytes
) -> None:
    old, new = serve(aws, required, tmp_path), published(optional, tmp_path)

    said = run("promote", new).stderr.splitlines()

    assert "note: field tries may be missing or null now" in said
    assert aws.served() == (new, old)


def test_a_rollback_is_not_stopped_and_warns_of_what_it_breaks(
    aws: Aws, tmp_path: Path, optional: bytes, required: bytes
) -> None:
    old, new = serve(aws, required, tmp_path), published(optional, tmp_path)
    run("promote", new)

    assert f"warning: {LINE}" in run("rollback").stderr.splitlines()
    assert aws.served() == (old, new)


def test_a_served_model_of_another_format_is_replaced_only_if_asked(
    aws: Aws, tmp_path: Path, required: bytes
) -> None:
    old = serve(aws, pickled({**make_content(), "format": 4}), tmp_path)
    new = published(required, tmp_path)

    with pytest.raises(CheckFailedError, match=rf"cannot tell which requests {old} takes: not a m"):
        run("promote", new)

    assert aws.served() == (old, None)
    run("promote", new, "--schema-change")
    assert aws.served() == (new, old)


def test_a_served_model_that_is_gone_is_repaired_by_promoting_another(
    aws: Aws, tmp_path: Path, optional: bytes, required: bytes
) -> None:
    old, new = serve(aws, optional, tmp_path), published(required, tmp_path)
    pinned = aws.registry.read_pointer().current
    aws.s3.delete_object(Bucket=aws.bucket, Key=key_of(old), VersionId=pinned.version_id)

    said = run("promote", new).stderr

    assert "note: requests were not compared: " in said
    assert aws.served() == (new, old)
