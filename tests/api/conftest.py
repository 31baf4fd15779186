"""A real scorer, the app over it, and its log."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.web.app import create_app
from tests.api.support import BUNDLE
from tests.fakes import ReadyProvider
from tests.logged import log_lines

__all__ = ["log_lines"]


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer.from_bundle(BUNDLE)


@pytest.fixture(scope="session")
def client(scorer: Scorer) -> Iterator[TestClient]:
    with TestClient(create_app(ReadyProvider(scorer))) as client:
        yield client
