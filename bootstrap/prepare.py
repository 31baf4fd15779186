"""Create or update the bootstrap stack. A person does it, once in each region."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import typer

from bootstrap import stacks
from bootstrap.account import Account
from bootstrap.github import require_repository
from bootstrap.parameters import (
    SAMCONFIG,
    as_arguments,
    compared,
    effective,
    read_bootstrap,
    read_environment,
)
from bootstrap.programs import PARAMETERS, Programs
from bootstrap.secret import make_secrets
from bootstrap.stack_status import Command, require_allowed
from bootstrap.stacks import BOOTSTRAP, Stack
from bootstrap.transform import BOOTSTRAP_TEMPLATE, declared_by
from training.errors import CommandError, InputError
from training.hints import fraud, registry_options, say_next
from training.local.processes import ROOT
from training.local.sam import find_sam

GITHUB: Final = "token.actions.githubusercontent.com"


def prepare(
    account: Account, programs: Programs, *, github: str | None, samconfig: Path = SAMCONFIG
) -> None:
    """Deploy the bootstrap stack and make the memory's secrets.

    Parameters keep their old values unless given.

    Parameters
    ----------
    account : Account
    programs : Programs
    github : str or None
        Repository whose workflows may deploy, OWNER@ID/NAME@ID or OWNER/NAME; None keeps the
        present one.
    samconfig : Path

    Raises
    ------
    InputError
        If `github` cannot be the name in a workflow's token.
    CheckFailedError
        If the stack's status allows no deploy, or the secret of a table with content is gone.
    CommandError
        If a program or AWS fails.
    """
    for warning in [] if github is None else require_repository(github):
        typer.echo(warning, err=True)
    declared = declared_by(BOOTSTRAP_TEMPLATE.read_text())
    target = read_bootstrap(samconfig)
    before = _without_a_failed_creation(account, stacks.find(account, BOOTSTRAP))
    old = before.parameters if before else {}
    kept = {name: value for name, value in old.items() if name in declared}
    values = effective(declared, kept | target.overrides, _github(account, github, old))
    typer.echo(f"{BOOTSTRAP} in {account.place()}, with the parameters:")
    for line in compared(declared, old, values):
        typer.echo(line)
    _run(account, programs, _command(samconfig, values))
    stacks.protect(account, BOOTSTRAP)
    make_secrets(account, samconfig)
    if account.dry_run:
        typer.echo("nothing was changed")
        return
    after = stacks.require(account, BOOTSTRAP, "though SAM reports success")
    for name, value in after.outputs.items():
        typer.echo(f"{name}: {value}")
    typer.echo(
        "to go back: make bootstrap in the previous version of this clone; images, buckets, tables "
        "and secrets stay"
    )
    registry = registry_options(after.outputs.get("ModelBucketName"), _model_parameter(samconfig))
    say_next(fraud("publish", "--model", "build/model", *registry, "--promote"))
    say_next("make deploy ENV=dev", label="then")


def _without_a_failed_creation(account: Account, stack: Stack | None) -> Stack | None:
    """Return the stack, which must allow an update, or delete the remains of a failed creation.

    CloudFormation cannot update a stack whose creation failed. If all its resources are deleted
    again, the stack is deleted here and the result is None.
    """
    if (
        stack is not None
        and stack.status == "ROLLBACK_COMPLETE"
        and stacks.is_empty(account, stack)
    ):
        typer.echo(f"{stack.name} failed to be created and is empty; deleting it", err=True)
        account.change("cloudformation", "DeleteStack", StackName=stack.name)
        account.wait("cloudformation", "stack_delete_complete", StackName=stack.name)
        return None
    if stack is not None:
        require_allowed(stack, Command.DEPLOY, environment=None)
    return stack


def _command(samconfig: Path, values: Mapping[str, str]) -> tuple[str, ...]:
    return (
        *(find_sam(), "deploy", "--config-file", str(samconfig), "--config-env", "bootstrap"),
        *("--stack-name", BOOTSTRAP, "--template-file", str(BOOTSTRAP_TEMPLATE.relative_to(ROOT))),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        *(PARAMETERS, *as_arguments(values)),
    )


def _run(account: Account, programs: Programs, command: tuple[str, ...]) -> None:
    """Deploy, and once more if IAM had not spread API Gateway's new role yet."""
    try:
        programs.run(*command)
    except CommandError:
        stack = stacks.find(account, BOOTSTRAP)
        if stack is None or not _was_too_early(account, stack):
            raise
        typer.echo("API Gateway did not know its new role yet; deploying once more", err=True)
        _without_a_failed_creation(account, stack)
        programs.run(*command)


def _was_too_early(account: Account, stack: Stack) -> bool:
    if stack.status != "ROLLBACK_COMPLETE":
        return False
    events = account.read("cloudformation", "DescribeStackEvents", StackName=stack.name)
    return any(
        event["LogicalResourceId"] == "GatewayAccount"
        and event["ResourceStatus"] == "CREATE_FAILED"
        for event in events["StackEvents"]
    )


def _model_parameter(samconfig: Path) -> str | None:
    with suppress(InputError):
        return read_environment("dev", samconfig).overrides.get("ModelParameter")
    return None


def _github(account: Account, github: str | None, old: dict[str, str]) -> dict[str, str]:
    """Parameters for the repository and for the account's identity provider of GitHub.

    An account has at most one provider. If this stack made it, `GitHubProviderArn` stays empty.
    """
    if github is None:
        return {}
    values = {"GitHubRepository": github}
    if not old.get("GitHubRepository"):
        providers = account.read("iam", "ListOpenIDConnectProviders")["OpenIDConnectProviderList"]
        arns = [provider["Arn"] for provider in providers if provider["Arn"].endswith(f"/{GITHUB}")]
        values["GitHubProviderArn"] = arns[0] if arns else ""
    return values
