"""The model store: objects in S3, and an SSM parameter that pins the served one.

For publishing and promoting: by boto3, with the caller's credentials. It decodes no model.
"""

import hashlib
import random
import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.decisions.bundle import VERSION_DIGITS, version_of
from fraud_api_lambda.deployment.pointer import (
    PREFIX,
    DamagedPointerError,
    IntegrityError,
    PinnedModel,
    Pointer,
    key_of,
)
from training.registry.boto import AlreadyThereError, ConflictError, client, explained, is_loopback

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Pauses between retries while another write of the object is under way, each times 0.5 to 1.5."""

MANIFEST: Final = "manifest.json"
MANIFEST_LIMIT: Final = 1 << 20  # bytes; real manifests have ten thousand


@dataclass(frozen=True, slots=True)
class Stored:
    """The parameter as SSM holds it.

    Attributes
    ----------
    value : str or None
        None without a parameter.
    number : int
        The number of the write, from 1.
    """

    value: str | None
    number: int

    @property
    def pointer(self) -> Pointer | None:
        """The pointer; None if the parameter is missing or holds anything else."""
        try:
            return None if self.value is None else Pointer.from_json(self.value)
        except DamagedPointerError:
            return None


class Registry:
    """The models of a bucket, and the parameter that points at the served one.

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
        made: S3Client = client("s3")
        return made

    @cached_property
    def _ssm(self) -> "SSMClient":
        made: SSMClient = client("ssm")
        return made

    def read_pointer(self) -> Pointer:
        """The pointer as it is now.

        Raises
        ------
        NotFoundError
            If no model was ever promoted.
        ModelStoreError
            If SSM fails, or the value is not a pointer.
        """
        with explained(f"reading the parameter {self.parameter}"):
            answer = self._ssm.get_parameter(Name=self.parameter)
        return Pointer.from_json(answer["Parameter"]["Value"])

    def read_stored(self, number: int | None = None) -> Stored:
        """The parameter as it is now, or after the write with this number.

        Raises
        ------
        ModelStoreError
            If SSM fails, or no longer has that write.
        """
        name = self.parameter if number is None else f"{self.parameter}:{number}"
        try:
            with explained(f"reading the parameter {name}"):
                found = self._ssm.get_parameter(Name=name)["Parameter"]
        except NotFoundError:
            return Stored(None, 0)
        return Stored(found["Value"], found["Version"])

    def write_pointer(self, pointer: Pointer, *, create: bool = False) -> int:
        """Point at a model, by a single write: readers see the old pointer or the new one.

        SSM cannot make a write depend on the current value, only on the parameter's absence.

        Parameters
        ----------
        pointer : Pointer
        create : bool
            Fail if the parameter exists.

        Returns
        -------
        int
            The number of this write.

        Raises
        ------
        AlreadyThereError
            With `create`, if the parameter exists.
        """
        with explained(f"writing the parameter {self.parameter}"):
            answer = self._ssm.put_parameter(
                Name=self.parameter, Value=pointer.to_json(), Type="String", Overwrite=not create
            )
        return answer["Version"]

    @property
    def is_local(self) -> bool:
        """Whether the parameter is on this machine, so that no real caller is served."""
        return is_loopback(self._ssm.meta.endpoint_url)

    def fetch(self, pinned: PinnedModel) -> bytes:
        """Fetch a pinned model, and verify it against the pin.

        Raises
        ------
        IntegrityError
            If its length or digest differs.
        ModelStoreError
            If S3 fails.
        """
        with explained(f"reading {self._place(pinned.key)}"):
            answer = self._s3.get_object(
                Bucket=self.bucket, Key=pinned.key, VersionId=pinned.version_id
            )
            data = answer["Body"].read()
        pinned.verify(data, self._place(pinned.key))
        return data

    def find(self, version: str) -> tuple[PinnedModel, bytes]:
        """Fetch a published version, and make its pin.

        Raises
        ------
        NotFoundError
            If there is none.
        IntegrityError
            If the object is another version.
        """
        key = key_of(version)
        with explained(f"reading {self._place(key)}"):
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            data = answer["Body"].read()
        if version_of(data) != version:
            raise IntegrityError(f"{self._place(key)} is not version {version}")
        digest = hashlib.sha256(data).hexdigest()
        return PinnedModel(key, answer.get("VersionId", "null"), len(data), digest), data

    def add(self, version: str, data: bytes) -> None:
        """Write a bundle, which must not exist yet.

        Raises
        ------
        AlreadyThereError
            If the version exists, or other writers keep S3 busy.
        """
        key = key_of(version)
        for pause in PAUSES_S:
            try:
                with explained(f"writing {self._place(key)}"):
                    self._s3.put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*")
            except ConflictError:
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
            else:
                return
        raise AlreadyThereError(f"writing {self._place(key)}: other writers are busy with it")

    def add_manifest(self, version: str, data: bytes) -> None:
        """Write a version's manifest, for people; nothing trusts it."""
        key = f"{PREFIX}{version}/{MANIFEST}"
        with explained(f"writing {self._place(key)}"):
            self._s3.put_object(
                Bucket=self.bucket, Key=key, Body=data, ContentType="application/json"
            )

    def versions(self) -> dict[str, set[str]]:
        """List the published versions, each with the names of its files."""
        with explained(f"listing {self._place(PREFIX)}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=PREFIX
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        found: dict[str, set[str]] = {}
        for key in keys:
            # Other keys cannot be promoted.
            if match := re.fullmatch(rf"{PREFIX}([0-9a-f]{{{VERSION_DIGITS}}})/([a-z._]+)", key):
                found.setdefault(match[1], set()).add(match[2])
        return found

    def manifest(self, version: str) -> bytes:
        """Read a version's manifest, as it was written.

        Raises
        ------
        ModelStoreError
            If it cannot be read, or is longer than a real one.
        """
        key = f"{PREFIX}{version}/{MANIFEST}"
        with explained(f"reading {self._place(key)}"):
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            data = answer["Body"].read(MANIFEST_LIMIT + 1)
        if len(data) > MANIFEST_LIMIT:
            raise IntegrityError(f"{self._place(key)} is too long for a manifest")
        return data

    def is_versioned(self) -> bool:
        """Whether the bucket keeps old object versions, which pins rely on."""
        with explained(f"asking whether s3://{self.bucket} is versioned"):
            answer = self._s3.get_bucket_versioning(Bucket=self.bucket)
            return answer.get("Status") == "Enabled"

    def _place(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"
