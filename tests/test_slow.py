"""`make quick` runs what neither starts a process nor trains a model, and no other test can."""

import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.slow import trains
from training import train as train_module

ROOT = Path(__file__).parents[1]


def test_a_quick_test_cannot_start_a_process() -> None:
    with pytest.raises(pytest.fail.Exception, match="needs the mark `slow`"):
        subprocess.run(["true"], check=True)


def test_a_quick_test_cannot_fork() -> None:
    with pytest.raises(pytest.fail.Exception, match="needs the mark `slow`"):
        os.fork()


@pytest.mark.slow
def test_a_slow_test_can_start_a_process() -> None:
    subprocess.run(["true"], check=True)


def test_a_module_that_imports_train_is_slow() -> None:
    module = ModuleType("test_something")
    before = trains(module)
    module.train = train_module.train  # type: ignore[attr-defined]

    assert not before
    assert trains(module)
