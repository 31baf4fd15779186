"""Deploy the previous image; the model stays."""

from pathlib import Path
from typing import Final

import typer

from bootstrap import canary, image_tags, images, stacks
from bootstrap.account import Account
from bootstrap.deploy import MAKE_BOOTSTRAP, release_time
from bootstrap.images import Repository, digest_of
from bootstrap.parameters import SAMCONFIG, read_environment
from bootstrap.stack_status import Command, require_allowed
from bootstrap.stacks import BOOTSTRAP, Stack
from training.errors import CheckFailedError
from training.hints import fraud, registry_options

ALIAS: Final = "live"
"""The function's alias, which the gateway invokes."""

CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
"""Needed for an update without a change set: the template has roles and SAM's transform."""

AT_ONCE: Final = "all-at-once"
"""Not a canary: the bad version would answer nine calls in ten for ten minutes, and the alarms that
it raised would stop the rollback."""


def rollback(account: Account, *, environment: str, samconfig: Path = SAMCONFIG) -> None:
    """Deploy the previous image with the stack's own template and parameters.

    A canary in progress is stopped instead, for its version never took over.

    Moving the alias by hand would be undone by the next deploy, and the working tree's template may
    be the fault. So only the stack's image changes.

    Raises
    ------
    CheckFailedError
        If there is no previous image, or it was deleted.
    CommandError
        If AWS refuses.
    """
    stack, repository = _found(account, environment, samconfig)
    if stack.status == "UPDATE_IN_PROGRESS":
        _stop_canary(account, stack, environment)
        return
    old = digest_of(stack.image)
    new = _before(account, stack, old)
    images.require(account, repository, new)
    image_tags.protect(account, repository, environment, new)
    wanted = {"Release": release_time(), "Rollout": AT_ONCE}
    changes = {"ImageUri": f"{repository.uri}@{new}"} | {
        name: value for name, value in wanted.items() if name in stack.parameters
    }
    account.change(
        *("cloudformation", "UpdateStack"),
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=_parameters(stack, changes),
        Capabilities=CAPABILITIES,
    )
    account.wait("cloudformation", "stack_update_complete", StackName=stack.name)
    image_tags.unprotect_others(account, repository, environment, new, old)
    typer.echo(f"{'would go' if account.dry_run else 'went'} back to {new}, before: {old}")
    typer.echo(f"to return: make rollback ENV={environment} again")
    served = [stack.parameters.get(name) for name in ("ModelBucket", "ModelParameter")]
    typer.echo(f"the model stays; to go back too: {fraud('rollback', *registry_options(*served))}")
    typer.echo(f"next: make doctor ENV={environment}", err=True)


def _stop_canary(account: Account, stack: Stack, environment: str) -> None:
    deployment = canary.stop(account, stack)
    typer.echo(f"{'would stop' if account.dry_run else 'stopped'} the canary {deployment}")
    typer.echo("the previous version takes all calls; CloudFormation rolls the stack back to it")
    typer.echo(f"to try again: make deploy ENV={environment}, once the rollback ends")
    typer.echo(f"next: make doctor ENV={environment}", err=True)


def _found(account: Account, environment: str, samconfig: Path) -> tuple[Stack, Repository]:
    target = read_environment(environment, samconfig)
    bootstrap = stacks.require(account, BOOTSTRAP, MAKE_BOOTSTRAP)
    stack = stacks.require(account, target.stack_name, f"make deploy ENV={environment} makes it")
    require_allowed(stack, Command.ROLLBACK, environment=environment)
    return stack, Repository.of(bootstrap)


def _before(account: Account, stack: Stack, current: str | None) -> str:
    """The digest of the newest version older than the deployed one that has another image."""
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
    versions: list[int] = []
    marker: dict[str, str] = {}
    while True:
        page = account.read("lambda", "ListVersionsByFunction", FunctionName=function, **marker)
        versions += [
            int(version["Version"])
            for version in page["Versions"]
            if version["Version"].isdecimal()
        ]
        if not page.get("NextMarker"):
            return versions
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
