"""Every installed package is pinned by hash, on every machine."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SCRIPTS = [
    "Dockerfile",
    "Makefile",
    "training/distributed/ray-cluster.yaml",
    *(f".ci/{path.name}" for path in (ROOT / ".ci").iterdir()),
    *(f".github/workflows/{path.name}" for path in (ROOT / ".github/workflows").iterdir()),
]

REQUIREMENTS = [
    "requirements.txt",
    "demo/requirements.txt",
    *(f"requirements/{path.name}" for path in (ROOT / "requirements").iterdir()),
]


def installs(text: str) -> list[str]:
    """The command lines that install packages, each on one line."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [line for line in lines if re.search(r"pip['\"]? install\b", line)]


def is_pinned(line: str) -> bool:
    in_place = "--editable ." in line and "--no-deps" in line and "--no-build-isolation" in line
    return in_place or "--require-hashes" in line


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_installs_pinned_packages_only(name: str) -> None:
    assert [line for line in installs((ROOT / name).read_text()) if not is_pinned(line)] == []


@pytest.mark.parametrize(
    "planted",
    [
        '"$1/bin/python" -m pip install --quiet uv',
        "  - python3 -m venv ~/uv && ~/uv/bin/pip install --quiet uv",
        '"$uv" pip install \\\n  --quiet hatchling',
        "pip install --editable .",
    ],
)
def test_a_planted_install_is_found(planted: str) -> None:
    (line,) = installs(planted)

    assert not is_pinned(line)


def test_the_installs_are_found() -> None:
    assert {name for name in SCRIPTS if installs((ROOT / name).read_text())} == {
        ".ci/setup",
        ".ci/uv",
        "Dockerfile",
        "training/distributed/ray-cluster.yaml",
    }


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_package_has_a_version_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()

    for package in re.sub(r"\\\n\s*", "", text).splitlines():
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", package)
    assert "://" not in text


def test_the_build_backend_is_pinned() -> None:
    (backend,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]

    assert re.search(rf"^{backend}==", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that `.ci/setup` reads, in a folder with a space, and a uv that logs its calls."""
    clone = tmp_path / "a clone"
    for name in (".ci/setup", ".ci/uv", ".python-version", "pyproject.toml", *REQUIREMENTS):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f"""#!/bin/sh
echo "$@" >> '{tmp_path}/calls'
if [ "$1" = venv ]; then for last in "$@"; do :; done; mkdir "$last"; fi
""")
    uv.chmod(0o755)
    return clone


def setup(clone: Path, *names: str) -> tuple[list[str], subprocess.CompletedProcess[str]]:
    """The calls of uv by `.ci/setup`, and its output."""
    calls = clone.parent / "calls"
    calls.write_text("")
    done = subprocess.run(
        [clone / ".ci/setup", *names],
        env={"PATH": f"{clone.parent / 'bin'}:/usr/bin:/bin"},
        capture_output=True,
        check=False,
        text=True,
    )
    return calls.read_text().splitlines(), done


def test_an_environment_is_made_once(clone: Path) -> None:
    calls, first = setup(clone, "image", "sam")

    assert calls == [
        "venv --quiet --python 3.13 .venv-image",
        (
            "pip install --quiet --python .venv-image --require-hashes --no-deps "
            "--requirement requirements.txt"
        ),
        "venv --quiet --python 3.13 .venv-sam",
        (
            "pip install --quiet --python .venv-sam --require-hashes --no-deps "
            "--requirement requirements/sam.txt"
        ),
    ]
    one, two = first.stderr.splitlines()
    packages = r"up to \d+ packages, about \d+ (s|min) left"
    assert re.fullmatch(rf"setup: 1 of 2: \.venv-image, {packages}", one)
    assert re.fullmatch(rf"setup: 2 of 2: \.venv-sam, {packages}", two)
    assert setup(clone, "image", "sam")[0] == []


def test_the_time_left_is_that_of_the_environments_before(clone: Path) -> None:
    date = clone.parent / "bin" / "date"  # 100 s later at each call
    date.write_text(f"""#!/bin/sh
echo >> '{clone.parent}/dates'
echo $(($(wc -l < '{clone.parent}/dates') * 100))
""")
    date.chmod(0o755)

    _, done = setup(clone, "image", "image", "image")

    (*_, number, unit, _) = done.stderr.splitlines()[1].split()
    assert (number, unit) == ("3", "min")  # 14 packages took 100 s, 28 are left


def test_the_project_is_installed_in_place_by_what_is_pinned(clone: Path) -> None:
    calls, _ = setup(clone, "project")

    assert calls[-1] == (
        "pip install --quiet --python .venv --no-deps --no-build-isolation --editable ."
    )


@pytest.mark.parametrize("name", ["requirements/sam.txt", ".python-version"])
def test_an_environment_is_rebuilt_when_its_sources_change(clone: Path, name: str) -> None:
    setup(clone, "sam")

    with (clone / name).open("a") as file:
        file.write("\n")

    calls, done = setup(clone, "sam")
    assert (len(calls), done.returncode) == (2, 0)


def test_a_copied_environment_is_rebuilt_because_it_runs_another_clones_code(clone: Path) -> None:
    setup(clone, "project")
    copy = shutil.copytree(clone, clone.with_name("another clone"))

    assert setup(copy, "project")[0]
    assert setup(clone, "project")[0] == []


def test_an_interrupted_environment_is_rebuilt(clone: Path) -> None:
    uv = clone.parent / "bin" / "uv"
    working = uv.read_text()
    uv.write_text(working + '[ "$1" != pip ]\n')
    assert setup(clone, "sam")[1].returncode != 0

    uv.write_text(working)

    assert setup(clone, "sam")[0]


def test_an_unknown_environment_is_refused_before_any_is_made(clone: Path) -> None:
    calls, done = setup(clone, "sam", "smas")

    assert (calls, done.returncode) == ([], 2)
    assert "no environment smas; choose from project, image" in done.stderr
