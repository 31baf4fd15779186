"""The model registry on this machine."""

from pathlib import Path

from training.local.aws import LocalAws
from training.registry.publishing import promote_version, publish


def serve_from(aws: LocalAws, directory: Path) -> None:
    """Publish the model of a directory to the local S3, and promote it."""
    published = publish(directory, bucket=aws.bucket, parameter=aws.parameter)
    promote_version(published.version, bucket=aws.bucket, parameter=aws.parameter)
