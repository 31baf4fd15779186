from urllib.request import urlopen

import boto3
import pytest

from bootstrap import account
from tests.bootstrap.cloud import Cloud, RecordedPrograms, api
from training.local.aws import local_aws


@pytest.fixture(scope="session")
def moto():
    """A moto server whose functions run the images that its repositories have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_LAMBDA_STUB_ECR", "false")
        with local_aws() as running:
            yield running


@pytest.fixture(scope="session")
def session():
    """One for all tests, with one client a service: each new client costs 10 ms of a core."""
    session = boto3.session.Session()
    clients = {}

    def client(service, **options):
        key = (service, *options)
        if key not in clients:
            clients[key] = boto3.session.Session.client(session, service, **options)
        return clients[key]

    session.client = client
    yield session
    for client in clients.values():
        client.close()


@pytest.fixture
def cloud(aws, session, tmp_path, monkeypatch):
    """An account with a bootstrap stack, and no application yet."""
    monkeypatch.setattr(account, "session", lambda: session)
    served = {"version": None, "status": 200}
    with api(served) as url:
        made = Cloud(aws, tmp_path, url, served, session)
        made.make_bootstrap()
        yield made
    with urlopen(f"{aws.endpoint_url}/moto-api/reset", data=b"") as answer:
        assert answer.status == 200


@pytest.fixture
def programs(cloud):
    return RecordedPrograms(cloud)
