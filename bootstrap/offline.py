"""The plan of a dry run where no account can be asked: from the templates alone."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from bootstrap.account import Account, AwsError, described, session
from bootstrap.stacks import BOOTSTRAP
from training.registry.boto import account_required

UNKNOWN_PLACE: Final = "an account and a region that nobody named here"

REPOSITORY: Final = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/fraud-api"

OUTPUTS: Final = {
    "ImageRepositoryUri": REPOSITORY,
    "ImageRepositoryName": "fraud-api",
    "ModelBucketName": "MODEL_BUCKET",
}
"""Of a bootstrap stack as `make bootstrap` makes it; capitals stand for what only AWS knows."""


def is_reachable() -> bool:
    """Whether boto3 finds credentials and a region; AWS may still refuse them.

    Raises
    ------
    InputError
        If the settings name a profile that does not exist, or half a key.
    """
    with account_required():
        found = session()
        return found.region_name is not None and found.get_credentials() is not None


class Offline(Account):
    """An account of which nothing is known: what it would be asked is listed like what it would do.

    Parameters
    ----------
    say : callable
    has_bootstrap : bool
        Whether to take the bootstrap stack for made.
    """

    def __init__(self, say: Callable[[str], None], *, has_bootstrap: bool) -> None:
        super().__init__(say, dry_run=True)
        self._has_bootstrap = has_bootstrap

    def place(self) -> str:
        """No account."""
        return UNKNOWN_PLACE

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        """A placeholder for what the account would answer."""
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
        raise AwsError(f"{service}:{operation} needs an account", "NoAccount")

    def _stack(self, name: str) -> dict[str, Any]:
        if name != BOOTSTRAP or not self._has_bootstrap:
            raise AwsError(f"Stack with id {name} does not exist", "ValidationError")
        return {
            "StackStatus": "CREATE_COMPLETE",
            "CreationTime": datetime.now(UTC),
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()],
        }
