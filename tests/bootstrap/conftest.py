from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from bootstrap import account
from tests.aws import Aws
from tests.bootstrap.cloud import Cloud, RecordedPrograms, Session, api
from training.local.aws import LocalAws, local_aws


@pytest.fixture(scope="session")
def moto() -> Iterator[LocalAws]:
    """A moto server whose functions run the images that its repositories have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_LAMBDA_STUB_ECR", "false")
        with local_aws() as running:
            yield running


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """One for all tests."""
    session = Session()
    yield session
    for client in session.clients.values():
        client.close()


@pytest.fixture
def cloud(
    aws: Aws, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cloud]:
    """An account with a bootstrap stack, and no application yet."""
    monkeypatch.setattr(account, "session", lambda: session)
    served: dict[str, Any] = {"version": None, "status": 200}
    with api(served) as url:
        made = Cloud(aws, tmp_path, url, served, session)
        made.make_bootstrap()
        yield made
    with urlopen(f"{aws.endpoint_url}/moto-api/reset", data=b"") as answer:
        assert answer.status == 200


@pytest.fixture
def programs(cloud: Cloud) -> RecordedPrograms:
    return RecordedPrograms(cloud)
