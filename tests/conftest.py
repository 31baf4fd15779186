"""What holds for every test, and fixtures for any."""

import os
import threading
from collections.abc import Iterator

# Before anything imports XGBoost: its threads would only wait for those of the other test process.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

from fraud_api_lambda.deployment.provider import THREAD_NAME
from tests.aws import aws, moto
from tests.emulator import emulator, table_aws
from tests.slow import (
    pytest_collection_modifyitems,
    pytest_ignore_collect,
    pytest_runtest_protocol,
)

__all__ = [
    "aws",
    "emulator",
    "moto",
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_runtest_protocol",
    "table_aws",
]

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


@pytest.fixture(autouse=True)
def no_load_outlives_its_test() -> Iterator[None]:
    """Whoever lets a model's load hang lets it end too: its log line is no later test's."""
    yield
    for load in [each for each in threading.enumerate() if each.name == THREAD_NAME]:
        load.join(10)
        assert not load.is_alive(), "a model's load outlived its test"
