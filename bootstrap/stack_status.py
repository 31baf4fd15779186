"""CloudFormation's stack statuses, with the commands that each allows and a remedy.

References
----------
AWS CloudFormation User Guide, "Stack status codes"; `DescribeStacks` in the API reference.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from bootstrap.stacks import Stack
from training.errors import CheckFailedError


class Command(StrEnum):
    """A command that changes a stack."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    DESTROY = "destroy"


EVENTS: Final = "aws cloudformation describe-stack-events --stack-name {name}"
WAIT: Final = f"wait until it ends; `{EVENTS}` shows its progress"
WAIT_OR_STOP: Final = f"{WAIT}; a canary ends at once with {{rollback}}"
DELETE: Final = "{destroy} removes it, then deploy again"
CONTINUE: Final = (
    "`aws cloudformation continue-update-rollback --stack-name {name}` ends the rollback; where a "
    "resource cannot go back, add --resources-to-skip"
)
ROLL_BACK: Final = (
    "`aws cloudformation rollback-stack --stack-name {name}` returns to the previous state"
)
IMPORTED: Final = f"`{EVENTS}` says which import failed; {{destroy}} removes the stack"
NEVER_DEPLOYED: Final = "nothing was ever deployed there; run {deploy}"


class Status(NamedTuple):
    """The commands that a status allows, and the remedy when a command is refused."""

    allows: frozenset[Command]
    remedy: str = ""


ALL: Final = frozenset(Command)
NONE: Final = frozenset[Command]()
DESTROY: Final = frozenset({Command.DESTROY})

STATUSES: Final[dict[str, Status]] = {
    "CREATE_COMPLETE": Status(ALL),
    "CREATE_FAILED": Status(DESTROY, DELETE),
    "CREATE_IN_PROGRESS": Status(DESTROY, WAIT),
    "DELETE_COMPLETE": Status(frozenset({Command.DEPLOY}), NEVER_DEPLOYED),
    "DELETE_FAILED": Status(DESTROY, DELETE),
    "DELETE_IN_PROGRESS": Status(NONE, WAIT),
    "IMPORT_COMPLETE": Status(ALL),
    "IMPORT_IN_PROGRESS": Status(NONE, WAIT),
    "IMPORT_ROLLBACK_COMPLETE": Status(ALL),
    "IMPORT_ROLLBACK_FAILED": Status(DESTROY, IMPORTED),
    "IMPORT_ROLLBACK_IN_PROGRESS": Status(NONE, WAIT),
    # A change set was made and never executed: SAM and CloudFormation create the stack from there.
    "REVIEW_IN_PROGRESS": Status(frozenset({Command.DEPLOY, Command.DESTROY}), NEVER_DEPLOYED),
    "ROLLBACK_COMPLETE": Status(DESTROY, DELETE),
    "ROLLBACK_FAILED": Status(DESTROY, DELETE),
    "ROLLBACK_IN_PROGRESS": Status(NONE, WAIT),
    "UPDATE_COMPLETE": Status(ALL),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": Status(NONE, WAIT),
    "UPDATE_FAILED": Status(DESTROY, ROLL_BACK),
    "UPDATE_IN_PROGRESS": Status(frozenset({Command.ROLLBACK}), WAIT_OR_STOP),  # of a canary
    "UPDATE_ROLLBACK_COMPLETE": Status(ALL),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": Status(NONE, WAIT),
    "UPDATE_ROLLBACK_FAILED": Status(DESTROY, CONTINUE),
    "UPDATE_ROLLBACK_IN_PROGRESS": Status(NONE, WAIT),
}
"""Every status that AWS documents."""

UNKNOWN: Final = Status(NONE, f"`{EVENTS}` shows its history; a newer release may know this status")
"""For a status that AWS adds later."""


def require_allowed(stack: Stack, command: Command, *, environment: str | None) -> None:
    """Raise `CheckFailedError` unless the stack can take the command now.

    Parameters
    ----------
    stack : Stack
    command : Command
    environment : str or None
        Environment that the remedies name; None for the bootstrap stack.

    Raises
    ------
    CheckFailedError
        Names the status, its reason and the remedy.
    """
    if command in STATUSES.get(stack.status, UNKNOWN).allows:
        return
    why = f" ({stack.reason})" if stack.reason else ""
    raise CheckFailedError(
        f"the stack {stack.name} is {stack.status}{why}, which allows no {command}; "
        f"{remedy(stack, environment=environment)}"
    )


def remedy(stack: Stack, *, environment: str | None) -> str:
    """The remedy for a stack's status; empty if it needs none."""
    text = STATUSES.get(stack.status, UNKNOWN).remedy
    return text.format(name=stack.name, **_commands(stack.name, environment))


def _commands(name: str, environment: str | None) -> dict[str, str]:
    if environment is None:
        delete = f"`aws cloudformation delete-stack --stack-name {name}`"
        return {"deploy": "`make bootstrap`", "destroy": delete, "rollback": delete}
    return {str(command): f"`make {command} ENV={environment}`" for command in Command}
