"""`fraud` and `python -m bootstrap` look and fail alike."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import typer.main
from typer.testing import CliRunner

from bootstrap.__main__ import app as bootstrap
from fraud_api_lambda import __version__
from training.__main__ import app as fraud
from training.errors import InputError
from training.registry.boto import BAD_FILE, NO_CREDENTIALS, NO_REGION

PROGRAMS = {"fraud": fraud, "bootstrap": bootstrap}
REGISTRY = ["--bucket", "models", "--parameter", "/fraud/model"]
CALLS = [
    (fraud, ["models", *REGISTRY]),
    (fraud, ["promote", "0123456789abcdef", *REGISTRY]),
    (bootstrap, ["doctor"]),
    (bootstrap, ["rollback"]),
]
IDS = ["models", "promote", "doctor", "bootstrap-rollback"]


def options() -> Iterator[tuple[str, str, str]]:
    """Each option of each command: its name, its placeholder, its command."""
    for name, app in PROGRAMS.items():
        for command in typer.main.get_command(app).commands.values():  # type: ignore[attr-defined]
            for option in command.params:
                yield option.opts[0], str(option.metavar), f"{name} {command.name}"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A user without any AWS setting."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return monkeypatch


@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_help_tells_each_command_in_full(name: str, columns: str) -> None:
    text = CliRunner(env={"COLUMNS": columns}).invoke(PROGRAMS[name], ["--help"]).output

    listed = re.findall(r"^  ([a-z]+) +([A-Z].*)$", text.partition("Commands:")[2], re.MULTILINE)
    commands = typer.main.get_command(PROGRAMS[name]).commands  # type: ignore[attr-defined]
    assert [command for command, _ in listed] == list(commands)
    assert [sentence for _, sentence in listed if not sentence.endswith(".")] == []
    assert "..." not in text.partition("Commands:")[2]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_tells_its_version(name: str) -> None:
    said = CliRunner().invoke(PROGRAMS[name], ["--version"])

    assert said.output == f"{name} {__version__}\n"
    assert re.search(r"--version +\S", CliRunner().invoke(PROGRAMS[name], ["--help"]).output)


@pytest.mark.parametrize(("app", "arguments"), CALLS, ids=IDS)
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, NO_REGION),
        ({"AWS_DEFAULT_REGION": "eu-central-1"}, NO_CREDENTIALS),
        ({"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "half"}, NO_CREDENTIALS),
        ({"AWS_PROFILE": "none"}, "no AWS profile none; `aws configure list-profiles` lists yours"),
        ({"AWS_CONFIG_FILE": __file__}, BAD_FILE),
    ],
    ids=["region", "credentials", "half-a-key", "profile", "file"],
)
def test_missing_aws_settings_are_the_callers_error_in_the_same_words(
    nobody: pytest.MonkeyPatch,
    settings: dict[str, str],
    sentence: str,
    app: typer.Typer,
    arguments: list[str],
) -> None:
    for name, value in settings.items():
        nobody.setenv(name, value)

    ended = CliRunner().invoke(app, arguments)

    assert isinstance(ended.exception, InputError)
    assert str(ended.exception) == sentence


@pytest.mark.parametrize(
    "settings",
    [{"AWS_PROFILE": "none"}, {"AWS_ACCESS_KEY_ID": "half"}, {"AWS_CONFIG_FILE": __file__}],
    ids=["profile", "half-a-key", "file"],
)
def test_a_dry_run_refuses_settings_that_cannot_be_meant(
    nobody: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    nobody.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name, value in settings.items():
        nobody.setenv(name, value)

    ended = CliRunner().invoke(bootstrap, ["rollback", "--dry-run"])

    assert isinstance(ended.exception, InputError)


def test_an_option_means_the_same_in_every_command() -> None:
    meanings = defaultdict(set)
    for option, placeholder, _ in options():
        meanings[option].add(placeholder)
    meanings.pop("--out")  # a file or a directory, as its placeholder says
    meanings.pop("--schema")  # simulate makes the columns of built-in schemas only

    assert {option: found for option, found in meanings.items() if len(found) > 1} == {}


def test_data_and_models_have_one_name_each() -> None:
    both = {"--data", "--model"}
    readers = {"evaluate": both, "score": both, "watch": both}
    readers |= {"challenge": {"--data", "--model"}, "publish": {"--model"}, "invoke": {"--model"}}
    readers |= {name: {"--data"} for name in ("train", "run", "demo")}

    found = defaultdict(set)
    for option, _, command in options():
        if option in {"--data", "--model"}:
            found[command.removeprefix("fraud ")].add(option)
    assert found == readers


def test_an_environment_is_chosen_from_those_of_samconfig() -> None:
    assert "--env [dev|prod]" in CliRunner().invoke(bootstrap, ["deploy", "--help"]).output
