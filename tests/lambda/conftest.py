"""S3 and SSM with a model, for every test of the function."""

from dataclasses import replace

import pytest
from runtime import publish_model

from training.stand_in import LocalAws


@pytest.fixture(scope="session")
def served(moto, tmp_path_factory) -> LocalAws:
    """A bucket with a published model, and a parameter of our own that points at it."""
    aws = replace(moto, parameter="/fraud/function")
    publish_model(aws, tmp_path_factory.mktemp("model"))
    return aws
