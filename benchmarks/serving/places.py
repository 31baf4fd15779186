"""The place where the stacks run: a core of their own, a local S3 with their models, a table."""

import base64
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3

from benchmarks.serving.children import Place, link_server_packages
from benchmarks.serving.measure import Begin
from benchmarks.serving.model import HISTORIES_PARAMETER, publish_models, write_models
from benchmarks.serving.stacks import OURS_WITH_HISTORIES, OURS_WITH_MEMORY, TABLE
from training.local.aws import Memory, local_aws
from training.local.processes import LOOPBACK, environment, free_port, served


@contextmanager
def place(begin: Begin) -> Iterator[Place]:
    """Reserve a core for the stacks; start a local S3 with their models, and a table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        begin("fitting the boosters")
        write_models(folder)
        (linked := folder / "linked").mkdir()
        link_server_packages(linked)
        with (
            moved() as (core, others),
            local_aws() as aws,
            environment(aws.environment),
            table() as own,
        ):
            begin("publishing the models")
            variables = {**aws.environment, **publish_models(aws, folder)}
            yield Place(core, others, {**variables, "PYTHONPATH": str(linked)}, own=own)


@contextmanager
def table() -> Iterator[Mapping[str, Mapping[str, str]]]:
    """Start the stand-in for DynamoDB, and make a secret; yield the variables by stack."""
    memory, port = Memory(), free_port()
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    boto3.client("ssm").put_parameter(Name=memory.secret, Type="SecureString", Value=secret)
    with served("benchmarks.serving.table_stub", str(port), port=port, path="/"):
        at = {"AWS_ENDPOINT_URL_DYNAMODB": f"http://{LOOPBACK}:{port}"}
        remembering = at | memory.environment
        yield {
            TABLE.name: at,
            OURS_WITH_MEMORY.name: remembering,
            OURS_WITH_HISTORIES.name: remembering | {"FRAUD_MODEL_PARAMETER": HISTORIES_PARAMETER},
        }


@contextmanager
def moved() -> Iterator[tuple[int, int]]:
    """Pin this process and its children to the last core; yield the first core and the last."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield min(before), max(before)
    finally:
        os.sched_setaffinity(0, before)
