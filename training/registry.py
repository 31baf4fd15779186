"""Where models live: objects in S3, and one SSM parameter that pins the one to serve.

What publishes and promotes, by boto3, with whatever credentials it finds. It decodes nothing.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from fraud_api_lambda.bundle import version_of
from fraud_api_lambda.pointer import (
    PREFIX,
    IntegrityError,
    ModelStoreError,
    NotFoundError,
    PinnedModel,
    Pointer,
    key_of,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

PATIENCE_S: Final = 60
"""No request waits here, and the last megabytes of an upload leave long after they were handed
over."""

ATTEMPTS: Final = 2


class AlreadyThereError(ModelStoreError):
    """Raise when an object that is written once exists."""


class Registry:
    """The models of one bucket, and the parameter that points at one of them.

    Parameters
    ----------
    bucket : str
        Versioned.
    parameter : str
    """

    def __init__(self, *, bucket: str, parameter: str) -> None:
        self.bucket = bucket
        self.parameter = parameter

    @cached_property
    def _s3(self) -> "S3Client":
        client: S3Client = _client("s3")
        return client

    @cached_property
    def _ssm(self) -> "SSMClient":
        client: SSMClient = _client("ssm")
        return client

    def read_pointer(self) -> Pointer:
        """The pointer as it is now.

        Raises
        ------
        NotFoundError
            If nothing was ever promoted.
        ModelStoreError
            If SSM cannot be asked, or the value is not a pointer.
        """
        with _explained(f"reading the parameter {self.parameter}"):
            answer = self._ssm.get_parameter(Name=self.parameter)
        return Pointer.from_json(answer["Parameter"]["Value"])

    def write_pointer(self, pointer: Pointer) -> None:
        """Point at a model: one write, so readers see the old pointer or the new one."""
        with _explained(f"writing the parameter {self.parameter}"):
            self._ssm.put_parameter(
                Name=self.parameter, Value=pointer.to_json(), Type="String", Overwrite=True
            )

    def fetch(self, pinned: PinnedModel) -> bytes:
        """The bytes of a pinned model, compared with its pin before anything decodes them.

        Raises
        ------
        IntegrityError
            If length or digest differ.
        ModelStoreError
            If S3 cannot be asked.
        """
        with _explained(f"reading {self._place(pinned.key)}"):
            answer = self._s3.get_object(
                Bucket=self.bucket, Key=pinned.key, VersionId=pinned.version_id
            )
            data = answer["Body"].read()
        pinned.verify(data, self._place(pinned.key))
        return data

    def find(self, version: str) -> tuple[PinnedModel, bytes]:
        """The pin and the bytes of a published version.

        Raises
        ------
        NotFoundError
            If there is none.
        IntegrityError
            If the object is not that version.
        """
        key = key_of(version)
        with _explained(f"reading {self._place(key)}"):
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            data = answer["Body"].read()
        if version_of(data) != version:
            raise IntegrityError(f"{self._place(key)} is not version {version}")
        digest = hashlib.sha256(data).hexdigest()
        return PinnedModel(key, answer.get("VersionId", "null"), len(data), digest), data

    def add(self, version: str, data: bytes) -> None:
        """Write a bundle once.

        Raises
        ------
        AlreadyThereError
            If the version exists.
        """
        key = key_of(version)
        with _explained(f"writing {self._place(key)}"):
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*")

    def add_manifest(self, version: str, data: bytes) -> None:
        """Write what people read about a version; nothing trusts it."""
        key = f"{PREFIX}{version}/manifest.json"
        with _explained(f"writing {self._place(key)}"):
            self._s3.put_object(
                Bucket=self.bucket, Key=key, Body=data, ContentType="application/json"
            )

    def manifests(self) -> list[dict[str, Any]]:
        """The manifests of all published versions, in no particular order."""
        with _explained(f"listing {self._place(PREFIX)}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=PREFIX
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            wanted = [key for key in keys if key.endswith("/manifest.json")]
            return [self._manifest(key) for key in wanted]

    def is_versioned(self) -> bool:
        """Whether the bucket keeps what was overwritten, which a pin relies on."""
        with _explained(f"asking whether s3://{self.bucket} is versioned"):
            answer = self._s3.get_bucket_versioning(Bucket=self.bucket)
            return answer.get("Status") == "Enabled"

    def _manifest(self, key: str) -> dict[str, Any]:
        body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        try:
            # The key names the version: it leads to bytes that are compared with it.
            return {**json.loads(body), "version": key.split("/")[1]}
        except (ValueError, TypeError) as error:
            raise ModelStoreError(f"{self._place(key)} is damaged; publish it again") from error

    def _place(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


def _session() -> Any:
    return boto3.session.Session()


def _client(service: Literal["s3", "ssm"]) -> Any:
    config = Config(
        connect_timeout=PATIENCE_S,
        read_timeout=PATIENCE_S,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    try:
        return _session().client(service, config=config)
    except ValueError as error:
        # botocore wraps every fault but that of AWS_ENDPOINT_URL.
        raise ModelStoreError(f"connecting to {service}: {error}") from error


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn AWS's errors into ours: what was attempted, and why it failed."""
    kinds: dict[str, type[ModelStoreError]] = {
        "NoSuchKey": NotFoundError,
        "NoSuchBucket": NotFoundError,
        "NoSuchVersion": NotFoundError,
        "ParameterNotFound": NotFoundError,
        "PreconditionFailed": AlreadyThereError,
    }
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no code")
        raise kinds.get(code, ModelStoreError)(f"{what}: AWS says {code}") from error
    except (BotoCoreError, HTTPError) as error:
        raise ModelStoreError(f"{what}: {type(error).__name__}") from error
