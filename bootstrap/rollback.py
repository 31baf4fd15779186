"""Back to the image before, and away with the stack; neither touches a model."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer

from bootstrap import canary, images, stacks
from bootstrap.account import Account
from bootstrap.deploy import MAKE_BOOTSTRAP
from bootstrap.images import Repository, digest_of
from bootstrap.parameters import SAMCONFIG, read_environment
from bootstrap.stack_status import Command, require_allowed
from bootstrap.stacks import BOOTSTRAP, Stack
from training.errors import CheckFailedError
from training.hints import fraud, registry_options

ALIAS: Final = "live"
"""What the gateway invokes."""

CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
"""Of an update without a change set: the template makes roles, and SAM's transform expands it."""

AT_ONCE: Final = {"Rollout": "all-at-once"}
"""A canary would leave nine calls in ten to the bad version for ten minutes, and the alarms that it
raised would stop the remedy."""


def rollback(account: Account, *, environment: str, samconfig: Path = SAMCONFIG) -> None:
    """Deploy the image before again, with the stack's own template and parameters.

    A canary under way is stopped instead: its version never took over.

    Moving the alias by hand would be undone by the next deploy, and the stack would not know of it;
    the working tree's template may be what broke. So the stack is updated in one thing: its image.

    Raises
    ------
    CheckFailedError
        If there is no image before, or it is gone.
    TrainingError
        If AWS refuses.
    """
    stack, repository = _found(account, environment, samconfig)
    if stack.status == "UPDATE_IN_PROGRESS":
        _stop_canary(account, stack, environment)
        return
    old = digest_of(stack.image)
    new = _before(account, stack, old)
    images.require(account, repository, new)
    changes = {"ImageUri": f"{repository.uri}@{new}"} | {
        name: value for name, value in AT_ONCE.items() if name in stack.parameters
    }
    account.change(
        *("cloudformation", "UpdateStack"),
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=_parameters(stack, changes),
        Capabilities=CAPABILITIES,
    )
    account.wait("cloudformation", "stack_update_complete", StackName=stack.name)
    typer.echo(f"{'would go' if account.dry_run else 'went'} back to {new}, before: {old}")
    typer.echo(f"to return: make rollback ENV={environment} again")
    served = [stack.parameters.get(name) for name in ("ModelBucket", "ModelParameter")]
    typer.echo(
        f"the model stays; back to the one before: {fraud('rollback', *registry_options(*served))}"
    )
    typer.echo(f"next: make doctor ENV={environment}", err=True)


def _stop_canary(account: Account, stack: Stack, environment: str) -> None:
    deployment = canary.stop(account, stack)
    typer.echo(f"{'would stop' if account.dry_run else 'stopped'} the canary {deployment}")
    typer.echo("the version before takes all calls; CloudFormation takes the stack back to it")
    typer.echo(f"to try again: make deploy ENV={environment}, once the stack is quiet")
    typer.echo(f"next: make doctor ENV={environment}", err=True)


def _found(account: Account, environment: str, samconfig: Path) -> tuple[Stack, Repository]:
    target = read_environment(environment, samconfig)
    bootstrap = stacks.require(account, BOOTSTRAP, MAKE_BOOTSTRAP)
    stack = stacks.require(account, target.stack_name, f"make deploy ENV={environment} makes it")
    require_allowed(stack, Command.ROLLBACK, environment=environment)
    return stack, Repository.of(bootstrap)


def _before(account: Account, stack: Stack, current: str | None) -> str:
    """The digest of the newest version older than the one in service that has another image."""
    name = stack.output("FunctionName")
    alias = account.read("lambda", "GetAlias", FunctionName=name, Name=ALIAS)
    serving = int(alias["FunctionVersion"])
    for version in sorted(_versions(account, name), reverse=True):
        if version < serving:
            digest = deployed_digest(account, name, str(version))
            if digest not in (None, current):
                return str(digest)
    raise CheckFailedError(
        f"{name} has no version before {serving} with another image; "
        "`make deploy` with --image deploys any that the repository has"
    )


def _versions(account: Account, function: str) -> list[int]:
    found: list[int] = []
    marker: dict[str, str] = {}
    while True:
        page = account.read("lambda", "ListVersionsByFunction", FunctionName=function, **marker)
        found += [int(each["Version"]) for each in page["Versions"] if each["Version"].isdecimal()]
        if not page.get("NextMarker"):
            return found
        marker = {"Marker": page["NextMarker"]}


def deployed_digest(account: Account, function: str, qualifier: str) -> str | None:
    """The digest of the image that a version of a function runs."""
    answer = account.read("lambda", "GetFunction", FunctionName=function, Qualifier=qualifier)
    resolved = str(answer["Code"].get("ResolvedImageUri", ""))
    return resolved.rpartition("@")[2] or None


def _parameters(stack: Stack, changes: dict[str, str]) -> list[dict[str, object]]:
    return [
        {"ParameterKey": name, "ParameterValue": changes[name]}
        if name in changes
        else {"ParameterKey": name, "UsePreviousValue": True}
        for name in stack.parameters
    ]


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
    TrainingError
        If AWS refuses.
    """
    target = read_environment(environment, samconfig)
    stack = stacks.require(account, target.stack_name, "nothing was deleted")
    require_allowed(stack, Command.DESTROY, environment=environment)
    question = f"Delete {stack.name}, its API and its API key? Callers get no answer from then on"
    if not account.dry_run and not confirm(question):
        raise CheckFailedError("nothing was deleted")
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
        f"  what made them, and roles: aws cloudformation delete-stack --stack-name {BOOTSTRAP}",
    ]
