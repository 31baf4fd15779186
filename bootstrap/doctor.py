"""Check each part of a deployment: one line per check, with a remedy for each fault."""

from pathlib import Path

import typer

from bootstrap import stacks
from bootstrap.account import Account
from bootstrap.checks import CHECKS
from bootstrap.deploy import MAKE_BOOTSTRAP
from bootstrap.parameters import SAMCONFIG, read_environment
from bootstrap.site import Site, UnhealthyError
from bootstrap.stacks import BOOTSTRAP
from training.errors import CheckFailedError, CommandError


def doctor(account: Account, *, environment: str, samconfig: Path = SAMCONFIG) -> None:
    """Print one line per check. A check also fails if AWS refuses its call.

    Raises
    ------
    CheckFailedError
        If any check fails.
    CommandError
        If AWS refuses to describe the stacks.
    """
    target = read_environment(environment, samconfig)
    bootstrap = stacks.require(account, BOOTSTRAP, MAKE_BOOTSTRAP)
    remedy = f"make deploy ENV={environment} makes it"
    stack = stacks.require(account, target.stack_name, remedy)
    site = Site(account, environment, stack, bootstrap)
    failed = [name for name in CHECKS if not _is_healthy(name, site)]
    if failed:
        raise CheckFailedError(
            f"{len(failed)} of {len(CHECKS)} checks of {stack.name} failed: {', '.join(failed)}"
        )


def _is_healthy(name: str, site: Site) -> bool:
    try:
        typer.echo(f"{name:<10} ok      {CHECKS[name](site)}")
    except UnhealthyError as error:
        typer.echo(f"{name:<10} FAILED  {error}; {error.remedy}")
        return False
    except CommandError as error:
        typer.echo(f"{name:<10} FAILED  {error}")
        return False
    return True
