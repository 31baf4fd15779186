"""A dry run without an account or a region prints its plan from the templates alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.transform import BOOTSTRAP_TEMPLATE, TEMPLATE, declared_by
from training.local.processes import ROOT

NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "HOME": os.devnull}


def planned(*words: str) -> subprocess.CompletedProcess[str]:
    """The plan of a command where boto3 finds neither credentials nor a region."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "bootstrap", *words, "--dry-run"],
        cwd=ROOT,
        env=variables | NOWHERE | {"AWS_SHARED_CREDENTIALS_FILE": os.devnull},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("words", "template", "change"),
    [
        (("deploy", "--env", "prod"), TEMPLATE, "UpdateTerminationProtection"),
        (("prepare",), BOOTSTRAP_TEMPLATE, "UpdateTerminationProtection"),
    ],
    ids=["deploy", "prepare"],
)
def test_every_parameter_and_every_change_is_listed(
    words: tuple[str, ...], template: Path, change: str
) -> None:
    done = planned(*words)

    if "not committed" in done.stderr:
        pytest.skip("code that enters the image is not committed")
    assert done.returncode == 0, done.stderr
    assert "a plan from the templates alone" in done.stderr
    for name in declared_by(template.read_text()):
        assert f"  {name} = " in done.stdout
    assert f"would call aws cloudformation:{change}" in done.stdout
    assert "sam deploy" in done.stdout
    assert done.stdout.endswith("nothing was changed\n")


def test_a_dry_destroy_needs_an_account() -> None:
    done = planned("destroy", "--env", "dev")

    assert done.returncode == 3
    assert "there is no stack fraud-api-dev" in done.stderr
