"""What holds for every test, and fixtures for any."""

import os
from collections.abc import Iterator

# Before anything imports XGBoost: its threads would only wait for those of the other test process.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

from tests.aws import aws, moto

__all__ = ["aws", "moto"]

# A busy machine makes no property false.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def without_the_callers_settings() -> Iterator[None]:
    """No test reads the FRAUD_* or AWS_* variables of whoever runs it.

    Once for all: what a test or a fixture of a module sets is its own to remove.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("FRAUD_", "AWS_")):
                patch.delenv(name)
        yield
