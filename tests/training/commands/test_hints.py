"""A printed command works when it is pasted into the user's shell."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from training.hints import fraud, module, registry_options

ENVIRONMENT = Path(sys.executable).parent.parent
SCRIPT = Path(sys.executable).with_name("fraud")

HOSTILE = ["it's two words.csv", '$(touch x) "y" `z`', "a;b&c|d>e", "*.csv", "#1", "über\nzwei"]


@pytest.fixture(params=["beside the environment", "elsewhere", "activated"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A kind of current directory, with its environment."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(ENVIRONMENT.parent)
    if request.param == "elsewhere":
        (tmp_path / "two words").mkdir()
        monkeypatch.chdir(tmp_path / "two words")
    if request.param == "activated":
        monkeypatch.setenv("PATH", f"{SCRIPT.parent}:/usr/bin:/bin")
    return str(request.param)


@pytest.mark.slow
def test_the_printed_command_works_in_the_current_directory(place: str) -> None:
    expected = {
        "beside the environment": f"{ENVIRONMENT.name}/bin/fraud --version",
        "elsewhere": shlex.join([str(SCRIPT), "--version"]),
        "activated": "fraud --version",
    }

    command = fraud("--version")

    assert command == expected[place]
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("fraud ")


@pytest.mark.slow
def test_a_printed_module_command_works_in_the_current_directory(place: str) -> None:
    command = module("platform")

    assert command.startswith("/" if place == "elsewhere" else f"{ENVIRONMENT.name}/bin/python")
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)


def test_another_program_named_fraud_is_not_suggested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "fraud").write_text("#!/bin/sh\n")
    (tmp_path / "fraud").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert fraud() != "fraud"


def test_without_the_script_the_hint_names_the_module(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.chdir(tmp_path)

    assert fraud("models") == "python -m training models"


@pytest.mark.slow
@pytest.mark.parametrize("value", HOSTILE)
def test_a_shell_passes_quoted_arguments_unchanged(value: str) -> None:
    said = subprocess.run(
        ["sh", "-c", f"printf '%s|' {fraud('train', '--data', value)}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert said.split("train|", 1)[1] == f"--data|{value}|"


def test_the_registry_is_the_given_one_or_that_of_the_settings_or_a_placeholder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert registry_options() == ("--bucket", "BUCKET", "--parameter", "PARAMETER")
    monkeypatch.setenv("FRAUD_MODEL_BUCKET", "models")
    monkeypatch.setenv("FRAUD_MODEL_PARAMETER", "/fraud/model")
    assert registry_options() == ("--bucket", "models", "--parameter", "/fraud/model")
    assert registry_options("other") == ("--bucket", "other", "--parameter", "/fraud/model")
