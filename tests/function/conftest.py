"""S3 and SSM with a model, and the handler in this process, for every test of the function."""

import asyncio
from dataclasses import replace

import pytest

from tests.function.in_process import imported
from tests.function.runtime import publish_model
from training.local.aws import LocalAws


@pytest.fixture(scope="session")
def served(moto, tmp_path_factory) -> LocalAws:
    """A bucket with a published model, and a parameter of our own that points at it."""
    aws = replace(moto, parameter="/fraud/function")
    publish_model(aws, tmp_path_factory.mktemp("model"))
    return aws


@pytest.fixture(scope="module", autouse=True)
def _loop():
    """Mangum asks for the thread's event loop, and Python warns where there is none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="module")
def handler(served):
    """The handler with a model, as Lambda would call it."""
    with imported(served.environment) as handler:
        yield handler
