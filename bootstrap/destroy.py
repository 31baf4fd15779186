"""Away with the application's stack; models, images and logs stay."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer

from bootstrap import stacks
from bootstrap.account import Account
from bootstrap.deploy import PROTECTED
from bootstrap.parameters import SAMCONFIG, read_environment
from bootstrap.stack_status import Command, require_allowed
from bootstrap.stacks import BOOTSTRAP, Stack
from training.errors import CheckFailedError

UNPROTECT: Final = "update-termination-protection --no-enable-termination-protection"


def destroy(
    account: Account,
    *,
    environment: str,
    confirm: Callable[[str], bool],
    samconfig: Path = SAMCONFIG,
) -> None:
    """Delete the application's stack, and say what stays and how to delete that by hand.

    Parameters
    ----------
    account : Account
    environment : str
    confirm : callable
        Asked before anything is deleted, unless it is a dry run.
    samconfig : Path

    Raises
    ------
    CheckFailedError
        If there is no such stack, or the answer is no.
    CommandError
        If AWS refuses.
    """
    target = read_environment(environment, samconfig)
    stack = stacks.require(account, target.stack_name, "nothing was deleted")
    require_allowed(stack, Command.DESTROY, environment=environment)
    question = (
        f"Delete {stack.name} in {account.place()}, its API and its API key? Callers get no answer "
        "from then on"
    )
    if not account.dry_run and not confirm(question):
        raise CheckFailedError("nothing was deleted")
    if environment in PROTECTED:
        stacks.protect(account, stack.name, protected=False)
    account.change("cloudformation", "DeleteStack", StackName=stack.name)
    account.wait("cloudformation", "stack_delete_complete", StackName=stack.name)
    did = "would delete" if account.dry_run else "deleted"
    typer.echo(f"{did} {stack.name}, which ran {stack.image}")
    bootstrap = stacks.find(account, BOOTSTRAP)
    for line in _kept(stack, bootstrap):
        typer.echo(line)
    typer.echo(f"to go back: make deploy ENV={environment}, with a new address and a new key")


def _kept(stack: Stack, bootstrap: Stack | None) -> list[str]:
    """What outlives the application, and how to delete it by hand."""
    parameter = stack.parameters.get("ModelParameter")
    lines = ["kept, and to be deleted by hand if you want no more of it:"]
    if parameter:
        lines.append(f"  which model is served: aws ssm delete-parameter --name {parameter}")
    lines.append(
        f"  log groups {stack.name}-FraudLogs-... and -AccessLogs-...: their lines expire by "
        "themselves, and cost 0.03 USD a GB and month until then"
    )
    if bootstrap is None:
        return lines
    lines.append("  the heartbeat's code: SAM's bucket, of the stack aws-sam-cli-managed-default")
    bucket = bootstrap.outputs.get("ModelBucketName", "MODEL_BUCKET")
    name = bootstrap.outputs.get("ImageRepositoryName", "REPOSITORY")
    return [
        *lines,
        f"  every model: empty s3://{bucket} with all its versions, in the S3 console; then",
        f"    aws s3api delete-bucket --bucket {bucket}",
        f"  every image: aws ecr delete-repository --force --repository-name {name}",
        f"  what made them, and roles: aws cloudformation {UNPROTECT} --stack-name {BOOTSTRAP}",
        f"    aws cloudformation delete-stack --stack-name {BOOTSTRAP}",
    ]
