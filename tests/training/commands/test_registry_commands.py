"""The registry's commands print the change and how to undo it."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fraud_api_lambda.deployment.pointer import key_of
from tests.aws import Aws
from tests.bundles import make_bundle, write_model
from training.__main__ import app
from training.errors import CheckFailedError, InputError
from training.hints import fraud


@pytest.fixture
def versions(aws: Aws, tmp_path: Path) -> tuple[str, str]:
    """Two versions, the second served after the first."""
    del aws
    both = []
    for seed in (1, 2):
        directory = tmp_path / str(seed)
        created = f"2026-01-0{seed}T00:00:00+00:00"
        both.append(write_model(directory, make_bundle(seed=seed), created=created))
        say("publish", str(directory), "--promote")
    return both[0], both[1]


@pytest.fixture
def explicit(versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The same two, with no registry in the settings."""
    monkeypatch.delenv("FRAUD_MODEL_BUCKET")
    monkeypatch.delenv("FRAUD_MODEL_PARAMETER")
    return versions


def say(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_promote_prints_the_new_and_the_previous_version(versions: tuple[str, str]) -> None:
    old, new = versions

    assert say("promote", old) == f"serving {old}, before: {new}\n"


def test_promoting_the_served_version_prints_that_nothing_changed(
    versions: tuple[str, str],
) -> None:
    _, new = versions

    assert say("promote", new) == f"{new}: served already, nothing changed\n"


def test_promoting_the_served_version_again_prints_which_object_it_pinned(
    aws: Aws, versions: tuple[str, str]
) -> None:
    _, new = versions
    put = aws.s3.put_object(Bucket=aws.bucket, Key=key_of(new), Body=make_bundle(seed=2))
    object_, of = "its replaced object again", f"S3 version {put['VersionId']}"

    said = [say("promote", new, "--dry-run"), say("promote", new)]

    assert said == [
        f"{new}: served already; would pin {object_}, {of}\n",
        f"{new}: served already; pinned {object_}, {of}\n",
    ]


def test_a_second_rollback_undoes_the_first(versions: tuple[str, str]) -> None:
    old, new = versions

    assert say("rollback") == f"serving {old}, before: {new}\n"
    assert say("rollback") == f"serving {new}, before: {old}\n"


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_a_dry_run_says_what_would_change_and_changes_nothing(
    versions: tuple[str, str], command: str
) -> None:
    old, new = versions
    words = [command, old] if command == "promote" else [command]

    assert say(*words, "--dry-run") == f"would serve {old}, before: {new}\n"
    assert "current" in say("models").splitlines()[0]


def test_models_lists_the_newest_first_and_marks_the_served_one(versions: tuple[str, str]) -> None:
    old, new = versions

    first, second = say("models").splitlines()

    assert first.startswith(new)
    assert first.endswith("current")
    assert second.startswith(old)
    assert second.endswith("previous")


def test_models_prints_json_on_request(versions: tuple[str, str]) -> None:
    listed = json.loads(say("models", "--json"))

    assert [(each["version"], each["place"]) for each in listed] == [
        (versions[1], "current"),
        (versions[0], "previous"),
    ]


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("publish {directory}", "next: {fraud} promote {old}"),
        ("promote {old}", "to undo: {fraud} rollback"),
        ("promote {new}", "next: {fraud} models"),
        ("promote {old} --dry-run", "next: {fraud} promote {old}"),
        ("rollback", "to undo: {fraud} rollback"),
        ("rollback --dry-run", "next: {fraud} rollback"),
        ("models", "next: {fraud} promote {old}"),
    ],
)
def test_each_hint_works_as_printed(
    explicit: tuple[str, str], aws: Aws, tmp_path: Path, command: str, hint: str
) -> None:
    old, new = explicit
    words = {"old": old, "new": new, "directory": str(tmp_path / "1"), "fraud": fraud()}
    registry = ["--bucket", aws.bucket, "--parameter", aws.parameter]

    said = CliRunner().invoke(app, [*command.format(**words).split(), *registry]).stderr

    *_, last = said.splitlines()
    assert last == f"{hint.format(**words)} {shlex.join(registry)}"
    say(*shlex.split(last.partition(f"{fraud()} ")[2]))


def test_a_missing_version_is_refused_with_the_command_that_lists_versions(
    explicit: tuple[str, str], aws: Aws
) -> None:
    assert explicit
    registry = ["--bucket", aws.bucket, "--parameter", aws.parameter]

    with pytest.raises(InputError) as caught:
        say("promote", "no-such-version", *registry)

    say(*shlex.split(str(caught.value).partition(f"{fraud()} ")[2]))


def test_publishing_again_prints_that_the_version_exists(
    versions: tuple[str, str], tmp_path: Path, aws: Aws
) -> None:
    assert say("publish", str(tmp_path / "1")) == f"{versions[0]}: already in s3://{aws.bucket}\n"


def test_a_rollback_without_a_previous_version_fails_the_check(aws: Aws) -> None:
    del aws

    with pytest.raises(CheckFailedError, match="names no previous version"):
        say("rollback")


def test_each_command_shows_its_step_and_its_time(
    versions: tuple[str, str], tmp_path: Path
) -> None:
    old, _ = versions
    steps = {
        f"publish {tmp_path / '1'}": f"uploading {tmp_path / '1'} to s3://",
        f"promote {old}": f"testing {old}",
        "rollback": "testing the previous version",
        "models": "reading the manifests in s3://",
    }

    for command, step in steps.items():
        first, *_ = CliRunner().invoke(app, command.split()).stderr.splitlines()

        assert re.fullmatch(rf"  {re.escape(step)}.* \(\d+\.\d s\)", first)
