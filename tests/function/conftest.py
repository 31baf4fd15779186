"""S3 and SSM with a model, and the handler in this process, for every test of the function."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.function.in_process import Handler, imported
from tests.function.network import Network, network
from tests.function.runtime import publish_model
from training.local.aws import LocalAws


@pytest.fixture(scope="session")
def served(moto: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> LocalAws:
    """A bucket with a published model, and a parameter of our own that points at it."""
    aws = replace(moto, parameter="/fraud/function")
    publish_model(aws, tmp_path_factory.mktemp("model"))
    return aws


@pytest.fixture
def lines(moto: LocalAws) -> Iterator[Network]:
    """Lines to S3 and SSM that can be made faulty."""
    with network(moto.port) as lines:
        yield lines


@pytest.fixture(scope="module", autouse=True)
def _loop() -> Iterator[None]:
    """Mangum asks for the thread's event loop, and Python warns where there is none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="module")
def handler(served: LocalAws) -> Iterator[Handler]:
    """The handler with a model, as Lambda would call it."""
    with imported(served.environment) as handler:
        yield handler
