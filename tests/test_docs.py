"""The README tells the truth: commands, settings, routes and problems are those of the code."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from fraud_api_lambda import __version__
from fraud_api_lambda.openapi import document
from fraud_api_lambda.problems import KINDS, OF_THE_GATEWAY
from fraud_api_lambda.reasons import CODES
from fraud_api_lambda.settings import PREFIX, Settings
from tests.fakes import app
from training.__main__ import app as command_line
from training.arm_names import AUTO, FEATURES, RESAMPLING
from training.policy_file import read_policy

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

COMMANDS = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table that follows a line of the README."""
    after = README.partition(heading)[2]
    table = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    assert table, heading
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_target_of_the_makefile_is_listed_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE)) - {"help"}

    listed = {code(target)[0].removeprefix("make ") for target, _ in rows("lists every target:")}

    assert listed == targets


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__


def test_every_target_is_one_command() -> None:
    for rule in re.findall(r"^[a-z-]+:.*##.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE):
        assert rule.count("\n") == 1


def test_every_command_is_listed_and_no_other() -> None:
    listed = {code(command)[0] for command, _ in rows("--promote\n```")}

    assert listed == set(COMMANDS)


@pytest.mark.parametrize("line", re.findall(r"bin/fraud (.*)", README))
def test_every_command_line_has_options_that_exist(line: str) -> None:
    name, *words = line.split()

    known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("target", re.findall(r"^make ([a-z]+)", README, re.MULTILINE))
def test_every_make_line_names_a_target(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


def test_the_settings_are_those_of_the_code_with_their_defaults() -> None:
    listed = {code(name)[0]: default for name, default, _ in rows("## Settings")}

    expected = {
        PREFIX + name.upper(): "required"
        if field.is_required()
        else f"{field.default + 0 if isinstance(field.default, bool) else field.default}"
        for name, field in Settings.model_fields.items()
    }
    assert listed == expected


def test_the_routes_are_those_of_the_api() -> None:
    listed = {code(route)[0] for route, _ in rows("## The API")}

    paths = document(app())["paths"]
    expected = {
        f"{method.upper()} {path}" for path, operations in paths.items() for method in operations
    }
    assert listed == expected


def test_the_problem_types_are_those_of_the_code() -> None:
    listed = {(int(status), code(kind)[0]) for status, kind, _ in rows("repeat what you sent.")}

    assert listed == {(kind.status, kind.type) for kind in (*KINDS, *OF_THE_GATEWAY)}


def test_the_reason_codes_are_those_of_the_code() -> None:
    sentence = README.partition("from a closed list:")[2].partition(".")[0]

    assert tuple(code(sentence)) == CODES


def test_the_example_of_a_policy_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(README.partition("```toml\n")[2].partition("```")[0])

    assert read_policy(tmp_path / "policy.toml")["currency"] == "EUR"


def test_the_resampling_arms_are_those_of_the_code() -> None:
    listed = [code(name)[0] for name, _ in rows("0.01 of average precision:")]

    assert listed == [*RESAMPLING, AUTO]


def test_the_feature_sets_are_those_of_the_code() -> None:
    listed = [code(name)[0] for name, _ in rows("judged beside each other:")]

    assert listed == [*FEATURES]


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_leads_to_a_file(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    "path", sorted({cell for row in rows("## Layout") for cell in code(row[0])})
)
def test_the_layout_names_what_is_there(path: str) -> None:
    assert (ROOT / path).exists()
