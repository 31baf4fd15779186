"""A canary under way: CodeDeploy's deployment of a stack, and its end on request."""

from typing import Final

from bootstrap.account import Account, AwsError
from bootstrap.stacks import Stack
from training.errors import CheckFailedError

APPLICATION: Final = "ServerlessDeploymentApplication"
GROUP: Final = "FraudFunctionDeploymentGroup"
"""SAM's names of both, in the transformed template."""

UNDER_WAY: Final = ["Created", "Queued", "InProgress", "Ready"]


def stop(account: Account, stack: Stack) -> str:
    """Stop the stack's canary and return its id; the version before gets all calls back.

    CloudFormation then takes the stack back to its parameters before.

    Raises
    ------
    CheckFailedError
        If none is under way.
    """
    where = {
        "applicationName": _physical(account, stack, APPLICATION),
        "deploymentGroupName": _physical(account, stack, GROUP),
    }
    found = account.read("codedeploy", "ListDeployments", **where, includeOnlyStatuses=UNDER_WAY)
    if not found["deployments"]:
        raise _none(stack)
    (deployment, *_) = found["deployments"]
    account.change(
        "codedeploy", "StopDeployment", deploymentId=deployment, autoRollbackEnabled=True
    )
    return str(deployment)


def _physical(account: Account, stack: Stack, name: str) -> str:
    try:
        found = account.read(
            *("cloudformation", "DescribeStackResource"),
            StackName=stack.name,
            LogicalResourceId=name,
        )
    except AwsError as error:
        if error.code != "ValidationError":
            raise
        raise _none(stack) from error
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _none(stack: Stack) -> CheckFailedError:
    return CheckFailedError(
        f"the stack {stack.name} is {stack.status} and no canary is under way; wait until it ends, "
        "then roll back"
    )
