"""Stop a canary in progress, which is CodeDeploy's deployment of a new function version."""

from typing import Final

from bootstrap.account import Account, AwsError
from bootstrap.stacks import Stack
from training.errors import CheckFailedError

APPLICATION: Final = "ServerlessDeploymentApplication"
GROUP: Final = "FraudFunctionDeploymentGroup"
"""Logical ids that SAM gives both in the transformed template."""

UNDER_WAY: Final = ["Created", "Queued", "InProgress", "Ready"]


def stop(account: Account, stack: Stack) -> str:
    """Stop the stack's canary and return its id. The previous version takes all calls again.

    CloudFormation then rolls the stack back to its previous parameters.

    Raises
    ------
    CheckFailedError
        If no canary is in progress.
    """
    where = {
        "applicationName": _physical(account, stack, APPLICATION),
        "deploymentGroupName": _physical(account, stack, GROUP),
    }
    answer = account.read("codedeploy", "ListDeployments", **where, includeOnlyStatuses=UNDER_WAY)
    if not answer["deployments"]:
        raise _none(stack)
    (deployment, *_) = answer["deployments"]
    account.change(
        "codedeploy", "StopDeployment", deploymentId=deployment, autoRollbackEnabled=True
    )
    return str(deployment)


def _physical(account: Account, stack: Stack, name: str) -> str:
    try:
        answer = account.read(
            *("cloudformation", "DescribeStackResource"),
            StackName=stack.name,
            LogicalResourceId=name,
        )
    except AwsError as error:
        if error.code != "ValidationError":
            raise
        raise _none(stack) from error
    return str(answer["StackResourceDetail"]["PhysicalResourceId"])


def _none(stack: Stack) -> CheckFailedError:
    return CheckFailedError(
        f"the stack {stack.name} is {stack.status} and no canary is in progress; wait until the "
        "update ends, then roll back"
    )
