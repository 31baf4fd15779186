"""Build, push and deploy an image by its digest, with every parameter of the environment."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

from bootstrap import image_tags, images, keys, memory, stacks
from bootstrap.account import Account
from bootstrap.images import Repository
from bootstrap.parameters import (
    SAMCONFIG,
    Declared,
    Environment,
    as_arguments,
    compared,
    effective,
    is_secret,
    read_environment,
)
from bootstrap.programs import PARAMETERS, Programs
from bootstrap.stack_status import Command, require_allowed
from bootstrap.stacks import BOOTSTRAP
from bootstrap.transform import TEMPLATE, declared_by
from training.errors import CheckFailedError
from training.local.processes import ROOT
from training.local.sam import ContainerEngine, find_engine, find_sam

MAKE_BOOTSTRAP: Final = "`make bootstrap` makes it"

COMPLETE: Final = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}

PROTECTED: Final = ("prod",)
"""Environments whose stacks get CloudFormation's protection from deletion."""


def deploy(
    account: Account,
    programs: Programs,
    *,
    environment: str,
    image: str | None,
    samconfig: Path = SAMCONFIG,
    engine: Callable[[], ContainerEngine] = find_engine,
) -> None:
    """Deploy this commit's image or a given one, and print how to roll back.

    Raises
    ------
    InputError
        If the environment or the image is unknown, a parameter has no value, or a file of the image
        is not committed.
    CheckFailedError
        If the stack's status allows no deploy, or the memory's table or secret is missing.
    CommandError
        If a program or AWS fails.
    """
    target = read_environment(environment, samconfig)
    declared = declared_by(TEMPLATE.read_text())
    bootstrap = stacks.require(account, BOOTSTRAP, MAKE_BOOTSTRAP)
    before = stacks.find(account, target.stack_name)
    if before is not None:
        require_allowed(before, Command.DEPLOY, environment=environment)
    repository = Repository.of(bootstrap)
    overrides = {"ModelBucket": bootstrap.output("ModelBucketName")} | target.overrides
    # Parameters are checked before the build, which takes minutes.
    planned = effective(declared, overrides, {"ImageUri": images.UNKNOWN})
    memory.require(account, target.stack_name, planned)
    if image is not None:
        digest = images.given(account, repository, image)
    else:
        digest = images.built(account, programs, repository, engine=engine)
    image_tags.release(account, repository, digest)
    image_tags.protect(account, repository, environment, digest)
    deploy_values = {"ImageUri": f"{repository.uri}@{digest}", "Release": release_time()}
    values = effective(declared, overrides, deploy_values)
    typer.echo(f"{target.stack_name} in {account.place()}, with the parameters:")
    for line in compared(declared, before.parameters if before else {}, values):
        typer.echo(line)
    programs.run(*_command(target, samconfig, repository, values))
    if not account.dry_run:
        _require_deployed(account, target, declared, values)
    if target.name in PROTECTED:
        stacks.protect(account, target.stack_name)
    old = images.digest_of(before.image) if before else None
    if digest != images.UNKNOWN:
        image_tags.unprotect_others(account, repository, environment, digest, old)
    _say_done(account, target, old, digest)


def release_time() -> str:
    """The parameter `Release`: the present time, so that each deploy publishes a new version."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _require_deployed(
    account: Account, target: Environment, declared: Declared, values: Mapping[str, str]
) -> None:
    """Raise `CheckFailedError` unless the stack has the parameters that SAM was given."""
    after = stacks.require(
        account, target.stack_name, "though SAM reports success; look at its events"
    )
    if after.status not in COMPLETE:
        raise CheckFailedError(
            f"SAM says that it deployed {after.name}, but the stack is {after.status} "
            f"{after.reason}".rstrip()
            + f"; next: make doctor ENV={target.name}"
        )
    other = [
        f"{name} is {after.parameters.get(name)!r} in place of {value!r}"
        for name, value in values.items()
        if not is_secret(declared[name]) and after.parameters.get(name) != value
    ]
    if other:
        raise CheckFailedError(
            f"SAM says that it deployed {after.name}, but {'; '.join(other)}. Did somebody "
            f"else deploy meanwhile? Look, then make deploy ENV={target.name} again"
        )


def _command(
    target: Environment, samconfig: Path, repository: Repository, values: Mapping[str, str]
) -> tuple[str, ...]:
    return (
        *(find_sam(), "deploy", "--config-file", str(samconfig), "--config-env", target.name),
        *("--stack-name", target.stack_name),
        # The source template, not the one that `sam build` left: that names an image of this
        # machine. SAM pushes no image whose URI is a parameter, but still asks for a repository.
        *("--template-file", TEMPLATE.relative_to(ROOT).as_posix()),
        *("--image-repository", repository.uri),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        *(PARAMETERS, *as_arguments(values)),
    )


def _say_done(account: Account, target: Environment, old: str | None, digest: str) -> None:
    if account.dry_run:
        typer.echo(f"would deploy {digest}, before: {old or 'nothing'}; nothing was changed")
        return
    typer.echo(f"deployed {digest}, before: {old or 'nothing'}")
    after = stacks.require(
        account, target.stack_name, "though SAM reports success; look at its events"
    )
    typer.echo(f"API: {after.output('ApiUrl')}")
    for name, use in ((keys.SCORING, "payments"), (keys.REVIEW, "reviews and outcomes")):
        if name in after.outputs:
            typer.echo(f"key of {use}: {keys.PRINT.format(key_id=after.output(name))}")
    if old and old != digest:
        typer.echo(f"to go back: make rollback ENV={target.name}")
    else:
        typer.echo(f"to go back: make destroy ENV={target.name}; this is the first image")
    typer.echo(f"next: make doctor ENV={target.name}", err=True)
