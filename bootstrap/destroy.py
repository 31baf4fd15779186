"""Delete the application's stack; models, images, logs, table and secret stay."""

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
    """Delete the application's stack, and print how to delete by hand everything that stays.

    Parameters
    ----------
    account : Account
    environment : str
    confirm : callable
        Answers a yes-or-no question before anything is deleted; a dry run does not ask.
    samconfig : Path

    Raises
    ------
    CheckFailedError
        If the stack does not exist, or the answer is no.
    CommandError
        If AWS refuses.
    """
    target = read_environment(environment, samconfig)
    stack = stacks.require(account, target.stack_name, "nothing was deleted")
    require_allowed(stack, Command.DESTROY, environment=environment)
    question = (
        f"Delete {stack.name} in {account.place()}, its API and its API keys? Callers and analysts "
        "get no more answers"
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
    typer.echo(f"to go back: make deploy ENV={environment}, with a new address and new keys")


def _kept(stack: Stack, bootstrap: Stack | None) -> list[str]:
    """Lines that name each resource that stays, and the command that deletes it."""
    parameter = stack.parameters.get("ModelParameter")
    lines = ["kept; to delete these too:"]
    if parameter:
        lines.append(f"  the model pointer: aws ssm delete-parameter --name {parameter}")
    lines.append(
        f"  log groups {stack.name}-FraudLogs-... and -AccessLogs-...: their lines expire by "
        "themselves and cost 0.03 USD per GB and month until then"
    )
    if bootstrap is None:
        return lines
    lines += _kept_memory(stack)
    lines.append("  the heartbeat's code: in the bucket of the stack aws-sam-cli-managed-default")
    bucket = bootstrap.outputs.get("ModelBucketName", "MODEL_BUCKET")
    name = bootstrap.outputs.get("ImageRepositoryName", "REPOSITORY")
    return [
        *lines,
        f"  every model and anchor: empty s3://{bucket} and all versions, in the S3 console; then",
        f"    aws s3api delete-bucket --bucket {bucket}",
        f"  every image: aws ecr delete-repository --force --repository-name {name}",
        f"  the bootstrap stack: aws cloudformation {UNPROTECT} --stack-name {BOOTSTRAP}",
        f"    aws cloudformation delete-stack --stack-name {BOOTSTRAP}",
    ]


def _kept_memory(stack: Stack) -> list[str]:
    """The payments that the stack recorded, and the secret without which they are of no use."""
    of_table = f"--table-name {stack.name}"
    lines = [
        f"  the table {stack.name} with every recorded payment; AWS keeps a backup for 35 days:",
        f"    aws dynamodb update-table --no-deletion-protection-enabled {of_table}",
        f"    aws dynamodb delete-table {of_table}",
    ]
    secret = stack.parameters.get("SecretParameter")
    if secret:
        delete = f"aws ssm delete-parameter --name {secret}"
        lines.append(f"  the secret of the table, never before the table: {delete}")
    return lines
