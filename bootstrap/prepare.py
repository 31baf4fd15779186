"""Create or update the stack of what outlives the application; a person does it, once a region."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import typer

from bootstrap import stacks
from bootstrap.account import Account
from bootstrap.parameters import (
    SAMCONFIG,
    as_arguments,
    compared,
    effective,
    read_bootstrap,
    read_environment,
)
from bootstrap.programs import PARAMETERS, Programs
from bootstrap.stack_status import Command, require_allowed
from bootstrap.stacks import BOOTSTRAP
from bootstrap.transform import BOOTSTRAP_TEMPLATE, declared_by
from training.errors import InputError
from training.hints import fraud, registry_options, say_next
from training.processes import ROOT
from training.sam import find_sam

GITHUB: Final = "token.actions.githubusercontent.com"


def prepare(
    account: Account, programs: Programs, *, github: str | None, samconfig: Path = SAMCONFIG
) -> None:
    """Deploy the bootstrap stack; what it was given before, it keeps.

    Parameters
    ----------
    account : Account
    programs : Programs
    github : str or None
        The repository whose workflows may deploy, OWNER/NAME; None leaves it as it is.
    samconfig : Path

    Raises
    ------
    CheckFailedError
        If the stack can take no deploy now.
    TrainingError
        If a program or AWS fails.
    """
    declared = declared_by(BOOTSTRAP_TEMPLATE.read_text())
    target = read_bootstrap(samconfig)
    before = stacks.find(account, BOOTSTRAP)
    if before is not None:
        require_allowed(before, Command.DEPLOY, environment=None)
    old = before.parameters if before else {}
    kept = {name: value for name, value in old.items() if name in declared}
    values = effective(declared, kept | target.overrides, _github(account, github, old))
    typer.echo(f"parameters of {BOOTSTRAP}:")
    for line in compared(declared, old, values):
        typer.echo(line)
    programs.run(
        *(find_sam(), "deploy", "--config-file", str(samconfig), "--config-env", "bootstrap"),
        *("--stack-name", BOOTSTRAP, "--template-file", str(BOOTSTRAP_TEMPLATE.relative_to(ROOT))),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        *(PARAMETERS, *as_arguments(values)),
    )
    if account.dry_run:
        typer.echo("nothing was changed")
        return
    after = stacks.require(account, BOOTSTRAP, "SAM says that it deployed it; look there")
    for name, value in after.outputs.items():
        typer.echo(f"{name}: {value}")
    typer.echo("to go back: make bootstrap of the version before; buckets and images stay anyway")
    registry = registry_options(after.outputs.get("ModelBucketName"), _model_parameter(samconfig))
    say_next(fraud("publish", "build/model", *registry, "--promote"))
    say_next("make deploy ENV=dev", label="then")


def _model_parameter(samconfig: Path) -> str | None:
    with suppress(InputError):
        return read_environment("dev", samconfig).overrides.get("ModelParameter")
    return None


def _github(account: Account, github: str | None, old: dict[str, str]) -> dict[str, str]:
    """The repository, and the account's identity provider for GitHub, which has one at most.

    Once the stack has made it, it must not look as if somebody else had.
    """
    if github is None:
        return {}
    found = {"GitHubRepository": github}
    if not old.get("GitHubRepository"):
        providers = account.read("iam", "ListOpenIDConnectProviders")["OpenIDConnectProviderList"]
        arns = [each["Arn"] for each in providers if each["Arn"].endswith(f"/{GITHUB}")]
        found["GitHubProviderArn"] = arns[0] if arns else ""
    return found
