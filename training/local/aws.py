"""A local S3 and SSM, empty except for a bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3

from training.local.processes import LOOPBACK, environment, free_port, served


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running stand-in for S3 and SSM. Its bucket exists, its parameter does not yet."""

    port: int
    bucket: str = "fraud-models"
    parameter: str = "/fraud/model"

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
            s3 = boto3.client("s3")
            s3.create_bucket(Bucket=aws.bucket)
            s3.put_bucket_versioning(
                Bucket=aws.bucket, VersioningConfiguration={"Status": "Enabled"}
            )
            # moto imports a service on its first call, which can exceed the API's timeouts.
            boto3.client("ssm").describe_parameters()
        yield aws
