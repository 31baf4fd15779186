"""boto3's clients for S3, SSM and DynamoDB, and AWS's errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from urllib3.exceptions import HTTPError

from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError
from fraud_api_lambda.deployment.pointer import DamagedPointerError, IntegrityError
from training.errors import CheckFailedError, CommandError, InputError

PATIENCE_S: Final = 60
"""Long, because no caller waits here, and an upload's last megabytes leave long after the call."""

ATTEMPTS: Final = 2


NO_CREDENTIALS: Final = (
    "no AWS credentials; run `aws sso login`, or name a profile: AWS_PROFILE=NAME"
)
PROFILES: Final = "`aws configure list-profiles` lists yours"
BAD_FILE: Final = "AWS's configuration file cannot be read; mend it, or see AWS_CONFIG_FILE"
NO_REGION: Final = "no AWS region; name one: AWS_DEFAULT_REGION=REGION"


class AlreadyThereError(ModelStoreError):
    """Raise when an object or parameter that is written only once exists already."""


class ConflictError(ModelStoreError):
    """Raise when S3 is busy with another conditional write of the same object."""


def _session() -> Any:
    return boto3.session.Session()


def client(service: Literal["s3", "ssm", "dynamodb"], *, attempts: int = ATTEMPTS) -> Any:
    """Make a client with time-outs that allow for large uploads."""
    config = Config(
        connect_timeout=PATIENCE_S,
        read_timeout=PATIENCE_S,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    try:
        with account_required():
            session = _session()
            if session.region_name is None:
                raise NoRegionError  # S3 alone would do without
            return session.client(service, config=config)
    except ValueError as error:
        # botocore wraps every error but a malformed AWS_ENDPOINT_URL.
        raise ModelStoreError(f"connecting to {service}: {error}") from error


def is_loopback(endpoint: str) -> bool:
    """Whether an endpoint is on this machine."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def account_required() -> Iterator[None]:
    """Explain missing credentials and a missing region, for every program in the same words.

    Raises
    ------
    InputError
        If boto3 finds no usable credentials, no such profile or no region.
    """
    try:
        yield
    except NoRegionError as error:
        raise InputError(NO_REGION) from error
    except ConfigParseError as error:
        raise InputError(BAD_FILE) from error
    except ProfileNotFound as error:
        raise InputError(f"no AWS profile {error.kwargs['profile']}; {PROFILES}") from error
    except (
        NoCredentialsError,
        PartialCredentialsError,
        CredentialRetrievalError,
        SSOError,
        TokenRetrievalError,
    ) as error:
        raise InputError(NO_CREDENTIALS) from error


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn AWS's errors into ours, which say what was attempted and why it failed."""
    kinds: dict[str, type[ModelStoreError]] = {
        "NoSuchKey": NotFoundError,
        "NoSuchVersion": NotFoundError,
        "ParameterNotFound": NotFoundError,
        "ResourceNotFoundException": NotFoundError,
        "ParameterAlreadyExists": AlreadyThereError,
        "PreconditionFailed": AlreadyThereError,
        "ConditionalRequestConflict": ConflictError,
        "OperationAborted": ConflictError,
    }
    try:
        with account_required():
            yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no code")
        raise kinds.get(code, ModelStoreError)(f"{what}: AWS says {code}") from error
    except (BotoCoreError, HTTPError) as error:
        raise ModelStoreError(f"{what}: {type(error).__name__}") from error


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn errors of S3 and SSM into errors of the command line."""
    try:
        yield
    except (IntegrityError, DamagedPointerError) as error:
        raise CheckFailedError(str(error)) from error
    except NotFoundError as error:
        raise CheckFailedError(
            f"{error}: that model is gone; publish it again and promote it, or promote another"
        ) from error
    except ModelStoreError as error:
        raise CommandError(
            f"{error}; check the bucket, your credentials and the region (AWS_DEFAULT_REGION)"
        ) from error
