"""A local AWS, empty but for a bucket: moto for S3 and SSM, or an emulator that has a table too."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from training.local.emulator import emulator
from training.local.processes import LOOPBACK, environment, free_port, served


@dataclass(frozen=True, slots=True)
class Memory:
    """Names of a table, and of the secret that its ids are made with."""

    table: str = "fraud-local"
    secret: str = "/fraud/secret"  # noqa: S105

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a process that uses it."""
        return {"FRAUD_TABLE": self.table, "FRAUD_SECRET_PARAMETER": self.secret}


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running stand-in for AWS. Its bucket exists, its parameter does not yet.

    Attributes
    ----------
    port : int
    bucket, parameter : str
    memory : Memory or None
        The table and its secret, if it has them.
    """

    port: int
    bucket: str = "fraud-models"
    parameter: str = "/fraud/model"
    memory: Memory | None = None

    @property
    def endpoint_url(self) -> str:
        """Its address on this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a process that uses it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "FRAUD_MODEL_BUCKET": self.bucket,
            "FRAUD_MODEL_PARAMETER": self.parameter,
            "no_proxy": LOOPBACK,
            **(self.memory.environment if self.memory else {}),
        }


@contextmanager
def local_aws(port: int | None = None, *, host: str = LOOPBACK) -> Iterator[LocalAws]:
    """Start a moto server with an empty, versioned bucket; stop it at the end of the block.

    Parameters
    ----------
    port : int, optional
        Default: a free port.
    host : str
        The address to listen on.

    Yields
    ------
    LocalAws
    """
    aws = LocalAws(free_port(port))
    moto = served(
        *("moto.server", "-H", host, "-p", str(aws.port)),
        port=aws.port,
        path="/moto-api/",
        # Otherwise moto takes "host" in podman's host.containers.internal for the bucket.
        variables={"S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"},
    )
    with moto:
        with environment(aws.environment):
            make_bucket(boto3.client("s3"), aws.bucket)
            # moto imports a service on its first call, which can exceed the API's timeouts.
            boto3.client("ssm").describe_parameters()
        yield aws


@contextmanager
def local_aws_with_memory() -> Iterator[LocalAws]:
    """Start an emulator with an empty, versioned bucket, an empty table and a new secret.

    Yields
    ------
    LocalAws
    """
    with emulator() as port:
        memory = Memory()
        aws = LocalAws(port, memory=memory)
        with environment(aws.environment):
            make_bucket(boto3.client("s3"), aws.bucket)
            make_memory(boto3.client("dynamodb"), boto3.client("ssm"), memory)
        yield aws


def make_bucket(s3: Any, name: str) -> None:
    """Make a versioned bucket."""
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def make_memory(dynamodb: Any, ssm: Any, memory: Memory) -> None:
    """Make a table with the keys of bootstrap/template.yaml, and a random secret."""
    dynamodb.create_table(
        TableName=memory.table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[_attribute(name) for name in ("pk", "q", "l")],
        KeySchema=[_key("pk", "HASH")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "reviews",
                "KeySchema": [_key("q", "HASH"), _key("l", "RANGE")],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    dynamodb.update_time_to_live(
        TableName=memory.table,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "x"},
    )
    value = base64.b64encode(secrets.token_bytes(32)).decode()
    ssm.put_parameter(Name=memory.secret, Type="SecureString", Value=value)


def _attribute(name: str) -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": "S"}


def _key(name: str, kind: str) -> dict[str, str]:
    return {"AttributeName": name, "KeyType": kind}
