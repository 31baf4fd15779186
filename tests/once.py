"""What is made once for all processes of a test run."""

import fcntl
import os
import pickle
from collections.abc import Callable

import pytest


def once[T](factory: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """What `make` returns, plain data under this name: from the first process that asks."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    kept = folder / f"{name}.pickle"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
        made: T = pickle.loads(kept.read_bytes())
    return made
