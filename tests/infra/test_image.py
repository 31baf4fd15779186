"""The image's content and its order; no deployment file names an account."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

type Check = Callable[[str], None]
type Pin = Callable[[str], tuple[int, str]]
"""Pins the base, given the answer of docker: its exit code, and the Dockerfile after it."""

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IGNORE = (ROOT / ".dockerignore").read_text()

CLONE = [
    ".env",
    ".git/config",
    ".venv/bin/python",
    "README.md",
    "build/model/model.joblib",
    "docs/index.md",
    "fraud_api_lambda/__pycache__/api.cpython-313.pyc",
    "fraud_api_lambda/web/app.py",
    "requirements.txt",
    "requirements/dev.txt",
    "tests/test_local.py",
    "training/train.py",
]


def steps(dockerfile: str) -> list[str]:
    """The instructions, each on one line, without comments."""
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    return [line for line in re.sub(r"\\\\\n\s*", "", "\n".join(lines)).splitlines() if line]


def context(ignore: str, tree: Path) -> set[str]:
    """The files of a clone in the build context."""
    for name in CLONE:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()
    patterns = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    return {path for path in exclude_paths(str(tree), patterns) if (tree / path).is_file()}


def the_base_can_be_replaced(dockerfile: str) -> None:
    declared, taken = steps(dockerfile)[:2]
    python = (ROOT / ".python-version").read_text().strip()
    base = re.escape(f"public.ecr.aws/lambda/python:{python}")

    assert re.fullmatch(rf"ARG BASE={base}(@sha256:[0-9a-f]{{64}})?", declared)
    assert taken == "FROM ${BASE}"


def dependencies_come_before_code(dockerfile: str) -> None:
    order = [line for line in steps(dockerfile) if line.startswith(("COPY", "RUN"))]

    assert order[0].startswith("COPY requirements.txt")
    assert "pip install" in order[1]
    assert order[2].startswith("COPY fraud_api_lambda/")


def dependencies_are_pinned_by_hash_and_leave_no_cache(dockerfile: str) -> None:
    (install,) = [line for line in steps(dockerfile) if "pip install" in line]

    assert "--require-hashes" in install
    assert "--no-cache-dir" in install


def everything_is_compiled(dockerfile: str) -> None:
    compiled = [line for line in steps(dockerfile) if "compileall" in line]

    assert len(compiled) == 2
    assert all("--invalidation-mode unchecked-hash" in line for line in compiled)


def nothing_else_is_copied(dockerfile: str) -> None:
    copied = [line.split()[1] for line in steps(dockerfile) if line.startswith(("COPY", "ADD"))]

    assert copied == ["requirements.txt", "fraud_api_lambda/"]


def the_command_is_the_handler(dockerfile: str) -> None:
    assert steps(dockerfile)[-1] == 'CMD ["fraud_api_lambda.handler.handler"]'


DEFECTS: list[tuple[Check, str, str]] = [
    (the_base_can_be_replaced, "FROM ${BASE}", "FROM python:3.13"),
    (the_base_can_be_replaced, "python:3.13", "python:3.14"),
    (the_base_can_be_replaced, "python:3.13", "python:latest"),
    (dependencies_come_before_code, "COPY requirements.txt ./", "COPY . ./"),
    (dependencies_are_pinned_by_hash_and_leave_no_cache, "--require-hashes", ""),
    (dependencies_are_pinned_by_hash_and_leave_no_cache, "--no-cache-dir", ""),
    (everything_is_compiled, "compileall -q --invalidation-mode unchecked-hash .", "true"),
    (everything_is_compiled, "unchecked-hash fraud", "timestamp fraud"),
    (nothing_else_is_copied, "CMD", "COPY training/ training/\nCMD"),
    (the_command_is_the_handler, "handler.handler", "api.app"),
]


@pytest.mark.parametrize(
    "check", dict.fromkeys(check for check, _, _ in DEFECTS), ids=lambda check: check.__name__
)
def test_the_dockerfile_holds_that(check: Check) -> None:
    check(DOCKERFILE)


@pytest.mark.parametrize(("check", "old", "new"), DEFECTS)
def test_a_planted_defect_is_found(check: Check, old: str, new: str) -> None:
    assert old in DOCKERFILE

    with pytest.raises(AssertionError):
        check(DOCKERFILE.replace(old, new))


@pytest.fixture
def pin(tmp_path: Path) -> Pin:
    """Runs `.ci/pin-base` on a copy of the Dockerfile, with a docker that knows one digest."""
    for name in ("Dockerfile", ".ci/pin-base"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()

    def run(answer: str) -> tuple[int, str]:
        docker.write_text(f'#!/bin/sh\n[ "$6" = public.ecr.aws/lambda/python:3.13 ] && {answer}\n')
        docker.chmod(0o755)
        environment = {"PATH": f"{docker.parent}:/usr/bin:/bin"}
        done = subprocess.run(
            [tmp_path / ".ci/pin-base"], env=environment, capture_output=True, check=False
        )
        return done.returncode, (tmp_path / "Dockerfile").read_text()

    return run


def test_the_base_is_pinned_by_its_digest_and_the_pin_can_be_moved(pin: Pin) -> None:
    for digest in ("sha256:" + "1" * 64, "sha256:" + "2" * 64):
        code, dockerfile = pin(f"echo {digest}")

        assert code == 0
        base = "ARG BASE=public.ecr.aws/lambda/python:3.13"
        assert dockerfile == re.sub(r"ARG BASE=.*", f"{base}@{digest}", DOCKERFILE)
        the_base_can_be_replaced(dockerfile)


@pytest.mark.parametrize("answer", ["exit 1", "true", "echo sha256:1", "echo '<no value>'"])
def test_without_a_digest_the_dockerfile_stays(pin: Pin, answer: str) -> None:
    code, dockerfile = pin(answer)

    assert code != 0
    assert dockerfile == DOCKERFILE


def test_the_build_context_has_only_the_code_and_its_requirements(tmp_path: Path) -> None:
    assert context(IGNORE, tmp_path) == {"fraud_api_lambda/web/app.py", "requirements.txt"}


@pytest.mark.parametrize(
    ("line", "enters"),
    [
        ("*", "training/train.py"),
        ("**/__pycache__/", "fraud_api_lambda/__pycache__/api.cpython-313.pyc"),
    ],
)
def test_each_line_of_the_ignore_file_excludes_something(
    tmp_path: Path, line: str, enters: str
) -> None:
    assert line in IGNORE.splitlines()

    assert enters in context(IGNORE.replace(line, "", 1), tmp_path)


def test_nothing_in_the_deployment_files_belongs_to_one_account() -> None:
    files = ("template.yaml", "bootstrap/template.yaml", "samconfig.toml", "Dockerfile")
    text = "\n".join((ROOT / name).read_text() for name in files)

    assert not re.search(r"\b\d{12}\b|dkr\.ecr\.|\b[a-z]{2}-[a-z]+-\d\b", text)


def test_each_environment_says_which_model_it_serves() -> None:
    configuration = tomllib.loads((ROOT / "samconfig.toml").read_text())
    said = {
        name: [each.partition("=")[2] for each in overrides if each.startswith("ModelParameter=")]
        for name in ("dev", "prod")
        for overrides in [configuration[name]["deploy"]["parameters"]["parameter_overrides"]]
    }

    assert said == {"dev": ["/fraud/dev/model"], "prod": ["/fraud/prod/model"]}
