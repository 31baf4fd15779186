"""The command line: ``python -m bootstrap COMMAND``."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.parameters import environments
from training.errors import InputError
from training.hints import example, module
from training.local.processes import interruptible
from training.option_names import one_of
from training.program import program, run

if TYPE_CHECKING:
    from bootstrap.account import Account
    from bootstrap.programs import RealPrograms

app = program("bootstrap", "Deploy the application, check it, and estimate its cost.")


def _example(*arguments: str) -> str:
    return example(module("bootstrap", *arguments))


Env = Annotated[
    str,
    typer.Option("--env", metavar=one_of(environments()), help="An environment of samconfig.toml."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List the changes without making them.")]


def _connect(
    *, dry_run: bool = False, has_bootstrap: bool = True
) -> "tuple[Account, RealPrograms]":
    """Return the account and the programs that a command works with.

    They print each call: on stdout in a dry run, whose result it is, else on stderr, as progress.
    Without credentials or a region, a dry run plans from the templates alone.
    """
    from rich.console import Console

    from bootstrap.account import Account
    from bootstrap.offline import Offline, is_reachable
    from bootstrap.programs import RealPrograms

    progress = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        if dry_run:
            typer.echo(line)
        else:
            progress.print(line, markup=False, style="dim")

    programs = RealPrograms(say, dry_run=dry_run)
    if dry_run and not is_reachable():
        typer.echo("no AWS credentials or no region: a plan from the templates alone", err=True)
        return Offline(say, has_bootstrap=has_bootstrap), programs
    return Account(say, dry_run=dry_run), programs


@app.command(epilog=_example("prepare", "--github", "OWNER/NAME"))
def prepare(
    *,
    github: Annotated[
        str | None,
        typer.Option(
            help="The repository whose workflows may deploy, OWNER@ID/NAME@ID or OWNER/NAME.",
            show_default="as before",
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Create or update repository, bucket, tables, secrets and roles."""
    from bootstrap.prepare import prepare as do

    do(*_connect(dry_run=dry_run, has_bootstrap=False), github=github)


@app.command(epilog=_example("deploy", "--env", "dev"))
def deploy(
    *,
    env: Env = "dev",
    image: Annotated[
        str | None,
        typer.Option(help="REPOSITORY@sha256:...", show_default="this commit's, built if need be"),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Build this commit's image, push it and deploy it by digest."""
    from bootstrap.deploy import deploy as do

    do(*_connect(dry_run=dry_run), environment=env, image=image)


@app.command(epilog=_example("rollback", "--env", "prod"))
def rollback(*, env: Env = "dev", dry_run: DryRun = False) -> None:
    """Deploy the previous image; a second rollback undoes it."""
    from bootstrap.rollback import rollback as do

    do(_connect(dry_run=dry_run)[0], environment=env)


@app.command(epilog=_example("destroy", "--env", "dev"))
def destroy(
    *,
    env: Env = "dev",
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking first.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Delete the application's stack; keep models, images and tables."""
    from bootstrap.destroy import destroy as do

    do(
        _connect(dry_run=dry_run)[0],
        environment=env,
        confirm=lambda question: yes or _asked(question),
    )


def _asked(question: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError("there is no terminal to confirm on; pass --yes, or YES=1 to make")
    return typer.confirm(question, err=True)


@app.command(epilog=_example("doctor", "--env", "prod"))
def doctor(*, env: Env = "dev") -> None:
    """Check each part of a deployment, with a remedy for each fault."""
    from bootstrap.doctor import doctor as do

    do(_connect()[0], environment=env)


@app.command(epilog=_example("smoke", "--env", "dev"))
def smoke(*, env: Env = "dev") -> None:
    """Call a deployed API as its callers do.

    Uses its key and, where needed, a signature.
    """
    from bootstrap.smoke import smoke as do

    do(_connect()[0], environment=env)


@app.command(epilog=_example("cost"))
def cost() -> None:
    """Print the monthly cost of each part.

    Covers four volumes and three free tiers.
    """
    from bootstrap.cost import cost as do

    do()


def main() -> None:
    """Run the command line and end with its exit code."""
    with interruptible():
        run(app, module("bootstrap"))


if __name__ == "__main__":
    main()
