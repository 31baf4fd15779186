"""A deployed environment as the doctor's checks see it: its stacks and its account."""

import json
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.error import HTTPError, URLError

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from bootstrap import keys
from bootstrap.account import Account, session
from bootstrap.images import Repository, digest_of
from bootstrap.rollback import ALIAS
from bootstrap.stacks import Stack
from fraud_api_lambda.deployment.pointer import PinnedModel
from training.registry.store import Registry

PATIENCE_S: Final = 30
"""API Gateway times out after 29 s."""


class UnhealthyError(Exception):
    """Raise when a check finds a fault; `remedy` says what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass(frozen=True)
class Site:
    """A deployed environment of the application."""

    account: Account
    environment: str
    stack: Stack
    bootstrap: Stack

    @property
    def function(self) -> str:
        """The function's name."""
        return self.stack.output("FunctionName")

    @property
    def digest(self) -> str:
        """The digest that the stack was deployed with."""
        digest = digest_of(self.stack.image)
        if digest is None:
            raise UnhealthyError(
                f"the stack's ImageUri is {self.stack.image or 'empty'}, no digest",
                f"make deploy ENV={self.environment}",
            )
        return digest

    @cached_property
    def repository(self) -> Repository:
        """The image repository."""
        return Repository.of(self.bootstrap)

    @cached_property
    def registry(self) -> Registry:
        """The model registry."""
        return Registry(
            bucket=self.stack.parameters.get("ModelBucket")
            or self.bootstrap.output("ModelBucketName"),
            parameter=self.stack.parameters["ModelParameter"],
        )

    @cached_property
    def pinned(self) -> PinnedModel:
        """The model that the pointer names, read once so that all checks compare the same."""
        return self.registry.read_pointer().current

    @cached_property
    def alias(self) -> Any:
        """The function's alias, which the gateway invokes."""
        return self.account.read("lambda", "GetAlias", FunctionName=self.function, Name=ALIAS)

    def served_version(self) -> str:
        """The model version that `GET /model` reports through the gateway."""
        url = f"{self.stack.output('ApiUrl')}/model"
        key = keys.value(self.account, self.stack.output(keys.SCORING))
        request = AWSRequest("GET", url, headers={"x-api-key": key})
        if self.stack.parameters.get("CallerAuthorisation") == "AWS_IAM":
            _sign(request)
        return _version(url, dict(request.headers))


def _sign(request: AWSRequest) -> None:
    current = session()
    credentials = current.get_credentials()
    if credentials is not None:
        SigV4Auth(credentials, "execute-api", current.region_name).add_auth(request)


def _version(url: str, headers: dict[str, str]) -> str:
    try:
        # The address is the stack's own output.
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return str(json.load(answer)["version"])
    except HTTPError as error:
        raise UnhealthyError(
            f"GET /model answers {error.code}", "`sam logs` shows what the function said"
        ) from error
    except (URLError, OSError, ValueError, KeyError) as error:
        raise UnhealthyError(
            f"GET /model did not answer with a model ({type(error).__name__})",
            "is the stack's ApiUrl reachable from here? make smoke tries more requests",
        ) from error
