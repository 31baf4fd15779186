"""Asks of each part whether it is well: one line each, and what to do where it is not."""

from pathlib import Path

import typer

from bootstrap import stacks
from bootstrap.account import Account
from bootstrap.checks import CHECKS
from bootstrap.deploy import MAKE_BOOTSTRAP
from bootstrap.parameters import SAMCONFIG, read_environment
from bootstrap.site import Site, UnwellError
from bootstrap.stacks import BOOTSTRAP
from training.errors import CheckFailedError, CommandError


def doctor(account: Account, *, environment: str, samconfig: Path = SAMCONFIG) -> None:
    """Print a line a check; a check that AWS would not answer failed too.

    Raises
    ------
    CheckFailedError
        If any failed.
    CommandError
        If AWS does not say so much as which stacks there are.
    """
    target = read_environment(environment, samconfig)
    bootstrap = stacks.require(account, BOOTSTRAP, MAKE_BOOTSTRAP)
    remedy = f"make deploy ENV={environment} makes it"
    stack = stacks.require(account, target.stack_name, remedy)
    site = Site(account, environment, stack, bootstrap)
    failed = [name for name in CHECKS if not _is_well(name, site)]
    if failed:
        raise CheckFailedError(
            f"{len(failed)} of {len(CHECKS)} checks of {stack.name} failed: {', '.join(failed)}"
        )


def _is_well(name: str, site: Site) -> bool:
    try:
        typer.echo(f"{name:<10} ok      {CHECKS[name](site)}")
    except UnwellError as error:
        typer.echo(f"{name:<10} FAILED  {error}; {error.remedy}")
        return False
    except CommandError as error:
        typer.echo(f"{name:<10} FAILED  {error}")
        return False
    return True
