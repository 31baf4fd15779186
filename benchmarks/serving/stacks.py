"""The stacks, their environments and the versions of their libraries."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.errors import InputError
from training.local.processes import ROOT

LIBRARIES: Final = (
    "fastapi",
    "starlette",
    "pydantic",
    "mangum",
    "boto3",
    "xgboost",
    "xgboost-cpu",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "imbalanced-learn",
    "joblib",
)

INSTALLERS: Final = frozenset({"pip", "uv", "setuptools", "wheel"})
"""Packages that only install others: no stack needs them to answer."""

_VERSIONS: Final = """
import importlib.metadata, json, platform, sys
found = {"Python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Stack:
    """A module with a `handler` and an `app`, and the environment that it runs in."""

    name: str
    environment: str
    module: str

    @property
    def python(self) -> Path:
        """The interpreter."""
        return ROOT / self.environment / "bin" / "python"

    @property
    def packages(self) -> Path:
        """The folder of its packages."""
        return next((ROOT / self.environment / "lib").glob("python3*/site-packages"))


TUTORIAL: Final = Stack("tutorial", ".venv-tutorial", "benchmarks.tutorial_app")
FLOOR: Final = Stack("floor", ".venv-image", "benchmarks.serving.floor")
OURS: Final = Stack("ours", ".venv-image", "fraud_api_lambda.handler")
STACKS: Final = (TUTORIAL, FLOOR, OURS)

OURS_WITH_MEMORY: Final = Stack("ours with memory", ".venv-image", "fraud_api_lambda.handler")
OURS_WITH_HISTORIES: Final = Stack("ours with histories", ".venv-image", "fraud_api_lambda.handler")
"""With memory, and a model that goes by histories."""

TABLE: Final = Stack("table", ".venv-image", "benchmarks.serving.table_probe")
"""No API: only the exchanges with the table, to know how long it makes others wait."""

WITH_MEMORY: Final = (OURS_WITH_MEMORY, OURS_WITH_HISTORIES)
SHOWN: Final = (*STACKS, *WITH_MEMORY, TABLE)
"""In the order of the tables."""


def require(stack: Stack, how: str) -> None:
    """Raise `InputError` unless the stack is installed; `how` says what installs it."""
    if not stack.python.exists():
        raise InputError(f"{stack.environment}: not there; make it with: {how}")


def compile_packages(stack: Stack) -> None:
    """Write the bytecode of every package, as a Dockerfile does."""
    command = [str(stack.python), "-m", "compileall", "-q", str(stack.packages)]
    # Some packages ship files that are not valid Python and that they never import.
    subprocess.run(
        command, check=False, env=clean_environment(), stdout=subprocess.DEVNULL, timeout=600
    )


def versions(stack: Stack) -> dict[str, str]:
    """The versions of Python and of the libraries that the stack answers with."""
    done = subprocess.run(
        [stack.python, "-c", _VERSIONS, *LIBRARIES], check=True, capture_output=True, timeout=60
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def check_same(versions: dict[str, dict[str, str]]) -> None:
    """Raise `InputError` if two stacks have different versions of one library."""
    for name in sorted(set().union(*versions.values())):
        if len({libraries[name] for libraries in versions.values() if name in libraries}) > 1:
            differ = ", ".join(
                f"{stack} {libraries.get(name)}" for stack, libraries in versions.items()
            )
            raise InputError(
                f"{name}: {differ}; only equal versions compare; run make lock, then .ci/setup "
                "and .ci/setup tutorial"
            )


def megabytes(packages: Path) -> float:
    """The size of a folder of packages, with bytecode but without installers."""
    files = (path for path in packages.rglob("*") if path.is_file())
    sizes = (
        path.stat().st_size
        for path in files
        if path.relative_to(packages).parts[0].partition("-")[0] not in INSTALLERS
    )
    return sum(sizes) / 1e6


def clean_environment() -> dict[str, str]:
    """Our environment variables, without variables that would change how a stack runs."""
    prefixes = ("PYTHON", "OMP_", "FRAUD_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
