"""The Makefile passes values unchanged and sets up the environments of each target."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

RECORD = """#!/bin/sh
printf '%s\\n' "$0" >> "$RECORD"
for word in "$@"; do printf ' %s\\n' "$word" >> "$RECORD"; done
"""

HOSTILE = (
    "Dataset In CSV.csv",
    'it\'s "two" words',
    "$HOME $$ $(HOME) ${HOME} $x",
    "$(shell touch pwned)",
    "$(touch pwned) `touch pwned`; touch pwned & touch pwned | touch pwned #",
    "'; touch pwned; '",
    "back\\slash\\",
    "a comma, (and) an end ",
    "-x *.csv ~ %",
)

PLACES = {
    ("run", "DATA"): "--data",
    ("run", "SCHEMA"): "--schema",
    ("run", "PORT"): "--port",
    ("demo", "DATA"): "--data",
    ("demo", "SCHEMA"): "--schema",
    ("demo", "PORT"): "--port",
    ("train", "DATA"): "--data",
    ("train", "SCHEMA"): "--schema",
    ("bootstrap", "GITHUB"): "--github",
    ("deploy", "ENV"): "--env",
    ("deploy", "IMAGE"): "--image",
    ("doctor", "ENV"): "--env",
    ("rollback", "ENV"): "--env",
    ("destroy", "ENV"): "--env",
    ("smoke", "ENV"): "--env",
    ("smoke", "URL"): ".ci/smoke",
    ("smoke", "KEY"): "http://127.0.0.1:8000",
    ("smoke", "REVIEW_KEY"): "",  # the place of KEY
}

NEEDS = {
    "run": "project emulator",
    "demo": "project emulator",
    "screenshots": "project emulator",
    "train": "project",
    "test": "project image sam checkov emulator",
    "quick": "project",
    "ray": "ray",
    "check": "project",
    "soak": "project sam",
    "image-test": "project sam",
    "smoke": "",
    "invoke": "project sam",
    "bootstrap": "project sam",
    "deploy": "project sam",
    "doctor": "project",
    "rollback": "project",
    "destroy": "project",
    "cost": "project sam",
    "bench": "project image tutorial",
    "tune": "project image sam",
    "format": "project",
    "lock": "",
    "pin-base": "",
}

NEED_ANOTHER = {("smoke", "KEY"), ("smoke", "REVIEW_KEY"), ("train", "SCHEMA")}

REQUIRED = {"DATA": "data.csv", "URL": "http://127.0.0.1:8000"}


class Clone:
    """The real Makefile in a folder whose programs record their calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "Makefile", folder)
        programs = [".venv/bin/python", ".venv-ray/bin/python"]
        programs += [
            f".ci/{name}" for name in ("setup", "smoke", "check", "format", "lock", "pin-base")
        ]
        for name in programs:
            program = folder / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(RECORD)
            program.chmod(0o755)

    def make(self, target: str, **values: str) -> list[list[str]]:
        """The calls of a target, with its values on the command line."""
        return self._called([target, *(f"{name}={value}" for name, value in values.items())], {})

    def make_by_environment(self, target: str, **values: str) -> list[list[str]]:
        """The calls of a target, with its values in the environment."""
        return self._called([target], values)

    def _called(self, words: list[str], variables: dict[str, str]) -> list[list[str]]:
        record = self.folder / "record"
        record.write_text("")
        subprocess.run(
            ["make", "--silent", *words],
            check=True,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "RECORD": str(record), **variables},
            capture_output=True,
        )
        calls: list[list[str]] = []
        for line in record.read_text().splitlines():
            if line.startswith(" "):
                calls[-1].append(line[1:])
            else:
                calls.append([line])
        return calls


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    (tmp_path / "two words").mkdir()
    return Clone(tmp_path / "two words")


@pytest.mark.parametrize(("target", "variable"), PLACES)
def test_a_value_is_passed_unchanged_and_never_executed(
    clone: Clone, target: str, variable: str
) -> None:
    before = {path.name for path in clone.folder.iterdir()}

    for value in HOSTILE:
        for make in (clone.make, clone.make_by_environment):
            required = REQUIRED if (target, variable) in NEED_ANOTHER else {}
            words = make(target, **{**required, variable: value})[-1]

            assert words[words.index(PLACES[target, variable]) + 1] == value

    assert {path.name for path in clone.folder.iterdir()} - before == {"record"}


def test_a_value_with_a_line_break_is_refused_before_anything_runs(clone: Clone) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        clone.make("run", DATA="one\ntouch pwned")

    assert "DATA has a line break" in caught.value.stderr.decode()
    assert not (clone.folder / "pwned").exists()


@pytest.mark.parametrize(
    ("value", "given"),
    [("1", True), ("yes", True), ("0", False), ("no", False), ("false", False), ("", False)],
)
def test_a_switch_is_off_if_its_value_is_false_or_empty(
    clone: Clone, value: str, *, given: bool
) -> None:
    (*_, destroy) = clone.make("destroy", YES=value)
    (*_, deploy) = clone.make("deploy", DRY_RUN=value)

    assert ("--yes" in destroy, "--dry-run" in deploy) == (given, given)


@pytest.mark.parametrize("target", NEEDS)
def test_a_target_sets_up_exactly_the_environments_it_needs(clone: Clone, target: str) -> None:
    (*setups, _) = clone.make(target, **REQUIRED)

    assert setups == [[".ci/setup", name] for name in NEEDS[target].split()]


def test_setup_without_a_name_sets_up_the_environments_of_check(clone: Clone) -> None:
    assert clone.make("setup") == [[".ci/setup"]]
