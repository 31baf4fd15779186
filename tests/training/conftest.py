"""Fixtures of the tests of `training`."""

import pytest

from tests.aws import Aws, Where


@pytest.fixture
def where(aws: Aws) -> Where:
    """The bucket and the parameter of this test's registry."""
    return aws.where
