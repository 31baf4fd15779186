"""Anchors of the memory in the bucket of the models, where each is written once."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from training.registry.boto import AlreadyThereError, aws_errors, client, explained

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class AnchorStore:
    """The anchors of a bucket.

    Parameters
    ----------
    bucket : str
        Versioned.
    """

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    @cached_property
    def _s3(self) -> "S3Client":
        made: S3Client = client("s3")
        return made

    def add(self, key: str, data: bytes) -> bool:
        """Write an anchor; false if there is one of this key, which stays as it is.

        Raises
        ------
        CommandError
            If AWS refuses.
        """
        with aws_errors():
            try:
                with explained(f"writing {self.place(key)}"):
                    self._s3.put_object(
                        Bucket=self.bucket,
                        Key=key,
                        Body=data,
                        ContentType="application/json",
                        IfNoneMatch="*",
                    )
            except AlreadyThereError:
                return False
        return True

    def all(self, beginning: str) -> Iterator[tuple[str, bytes]]:
        """Yield the anchors whose keys begin so, in the order of their keys, with their keys.

        Raises
        ------
        CommandError
            If AWS refuses.
        """
        with aws_errors():
            with explained(f"listing {self.place(beginning)}"):
                pages = self._s3.get_paginator("list_objects_v2").paginate(
                    Bucket=self.bucket, Prefix=beginning
                )
                keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            for key in keys:
                with explained(f"reading {self.place(key)}"):
                    yield key, self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def place(self, key: str) -> str:
        """The address of a key."""
        return f"s3://{self.bucket}/{key}"
