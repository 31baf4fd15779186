"""What ships runs on requirements.txt alone."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.function.runtime import event
from training.local.aws import LocalAws
from training.local.processes import ROOT

pytestmark = pytest.mark.slow

PYTHON = ROOT / ".venv-image" / "bin" / "python"

ANSWER = """
import gc, json, sys
from fraud_api_lambda.handler import handler
answer = handler(json.load(sys.stdin), None)
spared = gc.get_freeze_count() / (gc.get_freeze_count() + len(gc.get_objects()))
seen = {"modules": sorted(sys.modules), "spared": spared, "collects": gc.isenabled()}
print(json.dumps({"answer": answer, **seen}))
"""

IMPORT_ALL = """
import importlib, json, pkgutil
import fraud_api_lambda
shipped = pkgutil.walk_packages(fraud_api_lambda.__path__, "fraud_api_lambda.")
names = [module.name for module in shipped]
for name in names:
    importlib.import_module(name)
print(json.dumps(names))
"""

ZONES = """
import json
from fraud_api_lambda.domain.moment import moment_of_text, zone_names, zone_of
times = ("1970-01-01", "2019-03-31 02:30", "2026-10-25 02:30", "2050-07-01")
moments = {name: [moment_of_text(time, zone_of(name)) for time in times] for name in zone_names()}
print(json.dumps(moments))
"""


def run(code: str, *, stdin: str = "", variables: Mapping[str, str] | None = None) -> Any:
    """What the code prints last, where only the image's packages are."""
    if not PYTHON.exists():
        pytest.skip(f"no {PYTHON}; make it with .ci/setup")
    done = subprocess.run(
        [PYTHON, "-c", code],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def answered(served: LocalAws) -> Any:
    sent = event("rest_v1_fraud")
    return run(ANSWER, stdin=json.dumps(sent), variables=served.environment)


def test_a_bundle_loads_and_answers(answered: dict[str, Any]) -> None:
    assert answered["answer"]["statusCode"] == 200
    assert json.loads(answered["answer"]["body"])["is_fraud"] is True


def test_answering_loads_neither_numpy_nor_boto3_nor_the_xgboost_package(
    answered: dict[str, Any],
) -> None:
    loaded = {name.partition(".")[0] for name in answered["modules"]}

    assert {"fastapi", "mangum", "ctypes"} <= loaded
    assert not loaded & {"xgboost", "numpy", "scipy", "boto3", "botocore", "sklearn", "joblib"}


def test_the_garbage_collector_is_spared_what_was_imported(answered: dict[str, Any]) -> None:
    assert answered["spared"] > 0.9


def test_the_garbage_collector_works_again_after_the_imports(answered: dict[str, Any]) -> None:
    assert answered["collects"]


def test_every_module_that_ships_can_be_imported() -> None:
    paths = [path.relative_to(ROOT) for path in (ROOT / "fraud_api_lambda").rglob("*.py")]
    shipped = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths}

    assert set(run(IMPORT_ALL)) == shipped - {"fraud_api_lambda"}


def test_the_image_has_the_time_zones_of_training() -> None:
    trained = subprocess.run(
        [sys.executable, "-c", ZONES], capture_output=True, check=True, text=True, cwd=ROOT
    )

    assert run(ZONES) == json.loads(trained.stdout)
