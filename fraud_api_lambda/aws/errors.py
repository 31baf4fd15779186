"""Errors of requests to AWS. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response of AWS, without its text, which may hold an account id.

    Attributes
    ----------
    status : int
        Of HTTP.
    code : str, optional
        AWS's name of the error, such as ``AccessDenied``.
    action : str, optional
        The action that IAM denied, such as ``kms:Decrypt``.
    region : str, optional
        Where the bucket is, if not where it was looked for.
    """

    status: int
    code: str | None = None
    action: str | None = None
    region: str | None = None


class ModelStoreError(Exception):
    """Raise when a request to S3 or SSM fails; `refusal` if the service answered."""

    def __init__(self, message: str, refusal: Refusal | None = None) -> None:
        super().__init__(message)
        self.refusal = refusal


class NotFoundError(ModelStoreError):
    """Raise when there is no such object, parameter or bucket."""


class TransientError(ModelStoreError):
    """Raise when a retry may succeed; if DNS, TLS or HTTP failed, `__cause__` says how."""
