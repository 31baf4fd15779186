from contextlib import suppress
from functools import cache

import boto3
import pytest

from bootstrap import account
from tests.bootstrap.cloud import FUNCTION, REPOSITORY, STACK, Cloud, RecordedPrograms, api
from training.local.aws import local_aws


@pytest.fixture(scope="session")
def moto():
    """A moto server whose functions run the images that its repositories have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_LAMBDA_STUB_ECR", "false")
        with local_aws() as running:
            yield running


@cache
def one_session():
    """For all tests: a session of its own would cost each of them half a second."""
    return boto3.session.Session()


@pytest.fixture
def cloud(aws, tmp_path, monkeypatch):
    """An account with a bootstrap stack, and no application yet."""
    monkeypatch.setattr(account, "session", one_session)
    served = {"version": None, "status": 200}
    with api(served) as url:
        made = Cloud(aws, tmp_path, url, served, one_session())
        made.make_bootstrap()
        yield made
        _tidy(made)
        made.close()


def _tidy(cloud):
    for stack in (STACK, "fraud-api-prod", "fraud-api-bootstrap"):
        cloud.client("cloudformation").delete_stack(StackName=stack)
    cloud.client("ecr").delete_repository(repositoryName=REPOSITORY, force=True)
    functions = cloud.client("lambda")
    with suppress(functions.exceptions.ResourceNotFoundException):
        functions.delete_function(FunctionName=FUNCTION)
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    cloud.client("cloudwatch").delete_alarms(AlarmNames=[each["AlarmName"] for each in alarms])


@pytest.fixture
def programs(cloud):
    return RecordedPrograms(cloud)
