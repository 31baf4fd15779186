"""A dry run without an AWS account: a plan from the templates alone."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from bootstrap.account import Account, AwsError, described, session
from bootstrap.memory import SECURE
from bootstrap.stacks import BOOTSTRAP
from training.registry.boto import account_required

UNKNOWN_PLACE: Final = "an unknown account and region"

REPOSITORY: Final = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/fraud-api"

OUTPUTS: Final = {
    "ImageRepositoryUri": REPOSITORY,
    "ImageRepositoryName": "fraud-api",
    "ModelBucketName": "MODEL_BUCKET",
}
"""Outputs of the bootstrap stack; capitals stand for values that only AWS knows."""


def is_reachable() -> bool:
    """Whether boto3 finds credentials and a region; AWS may still refuse them.

    Raises
    ------
    InputError
        If the settings name a profile that does not exist, or half a key.
    """
    with account_required():
        current = session()
        return current.region_name is not None and current.get_credentials() is not None


class Offline(Account):
    """An unknown account. Reads are listed like changes, and answered with placeholders.

    Parameters
    ----------
    say : callable
    has_bootstrap : bool
        Whether to assume that the bootstrap stack exists.
    """

    def __init__(self, say: Callable[[str], None], *, has_bootstrap: bool) -> None:
        super().__init__(say, dry_run=True)
        self._has_bootstrap = has_bootstrap

    def place(self) -> str:
        """A phrase in place of account and region."""
        return UNKNOWN_PLACE

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        """A placeholder for the account's answer."""
        self._say(f"would ask {described(service, operation, arguments)}")
        match operation:
            case "DescribeStacks":
                return {"Stacks": [self._stack(arguments["StackName"])]}
            case "GetAuthorizationToken":
                token = base64.b64encode(b"AWS:PASSWORD").decode()
                return {"authorizationData": [{"authorizationToken": token}]}
            case "BatchGetImage":
                return {"images": []}
            case "ListOpenIDConnectProviders":
                return {"OpenIDConnectProviderList": []}
            case "DescribeTable" if self._has_bootstrap:
                return {"Table": {"TableStatus": "ACTIVE"}}
            case "DescribeTable":
                raise AwsError(f"{arguments['TableName']} is unknown", "ResourceNotFoundException")
            case "GetParameter" if self._has_bootstrap:
                return {"Parameter": {"Type": SECURE}}
            case "GetParameter":
                raise AwsError(f"{arguments['Name']} is unknown", "ParameterNotFound")
        raise AwsError(f"{service}:{operation} needs an account", "NoAccount")

    def _stack(self, name: str) -> dict[str, Any]:
        if name != BOOTSTRAP or not self._has_bootstrap:
            raise AwsError(f"Stack with id {name} does not exist", "ValidationError")
        return {
            "StackStatus": "CREATE_COMPLETE",
            "CreationTime": datetime.now(UTC),
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()],
        }
