"""CloudFormation stacks: find, require and protect them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bootstrap.account import Account, AwsError
from training.errors import CheckFailedError, CommandError

BOOTSTRAP: Final = "fraud-api-bootstrap"
"""The stack of the resources that outlive the application."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A CloudFormation stack as it is now; `reason` explains its status."""

    name: str
    status: str
    reason: str
    parameters: dict[str, str]
    outputs: dict[str, str]
    created: datetime

    @property
    def image(self) -> str | None:
        """The image that it was deployed from, as `repository@sha256:...`."""
        return self.parameters.get("ImageUri")

    def output(self, name: str) -> str:
        """One of its outputs.

        Raises
        ------
        CommandError
            If there is no output of that name: the stack was deployed from another template.
        """
        if name not in self.outputs:
            raise CommandError(
                f"the stack {self.name} has no output {name}; was it deployed from this version? "
                "Deploy it again"
            )
        return self.outputs[name]


def find(account: Account, name: str) -> Stack | None:
    """The stack, or None if it does not exist.

    Raises
    ------
    AwsError
        If AWS refuses.
    """
    try:
        (description,) = account.read("cloudformation", "DescribeStacks", StackName=name)["Stacks"]
    except AwsError as error:
        if error.code == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return Stack(
        name,
        description["StackStatus"],
        description.get("StackStatusReason", ""),
        {
            item["ParameterKey"]: item.get("ParameterValue", "")
            for item in description.get("Parameters", [])
        },
        {item["OutputKey"]: item["OutputValue"] for item in description.get("Outputs", [])},
        description["CreationTime"],
    )


def require(account: Account, name: str, remedy: str) -> Stack:
    """The stack, which must exist.

    Raises
    ------
    CheckFailedError
        If it does not; the message ends with `remedy`.
    """
    stack = find(account, name)
    if stack is None:
        raise CheckFailedError(f"there is no stack {name} in this account and region; {remedy}")
    return stack


def is_empty(account: Account, stack: Stack) -> bool:
    """Whether all the stack's resources are deleted.

    Raises
    ------
    AwsError
        If AWS refuses.
    """
    answer = account.read("cloudformation", "ListStackResources", StackName=stack.name)
    states = {resource["ResourceStatus"] for resource in answer["StackResourceSummaries"]}
    return states <= {"DELETE_COMPLETE"} and "NextToken" not in answer


def protect(account: Account, name: str, *, protected: bool = True) -> None:
    """Switch a stack's protection from deletion on or off.

    Raises
    ------
    AwsError
        If AWS refuses.
    """
    account.change(
        *("cloudformation", "UpdateTerminationProtection"),
        StackName=name,
        EnableTerminationProtection=protected,
    )
