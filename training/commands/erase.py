"""The command that erases an account from the memory."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from training.commands.options import SECRET, DryRun, SecretParameter, TableName
from training.errors import InputError
from training.hints import example, fraud

if TYPE_CHECKING:
    from training.memory.models import Models

app = typer.Typer()


@app.command(epilog=example(fraud("erase", "--table", "fraud-api-dev", "--account", "C123")))
def erase(
    *,
    table: TableName,
    account: Annotated[
        str, typer.Option(metavar="ID", help="The account's id, as it is in payments.")
    ],
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="payer, payee or an entity of the schema; give it once for each.",
            show_default="payer, payee and the entities of the served model",
        ),
    ] = None,
    bucket: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            envvar="FRAUD_MODEL_BUCKET",
            help="S3 bucket of the models, which know entities and facts that repeat an id.",
            show_default=False,
        ),
    ] = None,
    parameter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            envvar="FRAUD_MODEL_PARAMETER",
            help="SSM parameter that points at the served model.",
            show_default=False,
        ),
    ] = None,
    secret_parameter: SecretParameter = SECRET,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Erase the histories and ids of an account from the memory.

    Nothing undoes it. Stop its payments first. If it is interrupted, run it again.
    """
    from training.local.progress import reported
    from training.memory.erase import Eraser
    from training.memory.erasing.kinds import kinds_to_search
    from training.registry.table_changes import ChangingTable

    models = _models(bucket, parameter)
    kinds = kinds_to_search(kind or (), models)
    with reported() as progress:
        eraser = Eraser(ChangingTable(table, secret_parameter), account, kinds, models)
        found = eraser.search(progress)
    where = f"{table}, as {', '.join(kinds)}"
    if found.is_nothing and not found.marks:
        raise InputError(
            f"--account: nothing of this account is in {where}; ids count to the letter, and a "
            "name of an entity is a --kind of its own"
        )
    for line in found.lines():
        typer.echo(line)
    if models is None:
        typer.echo("facts are not searched for the id itself: give --bucket and --parameter")
    if dry_run:
        return
    if not yes:
        _confirm(f"Erase it from {where}? This cannot be undone.")
    with reported() as progress:
        done = eraser.erase(progress)
    for line in done.lines():
        typer.echo(line)


def _models(bucket: str | None, parameter: str | None) -> "Models | None":
    from training.memory.models import Models
    from training.registry.store import Registry

    if bucket is None and parameter is None:
        return None
    if bucket is None or parameter is None:
        raise InputError("--bucket and --parameter name one registry: give both, or none")
    return Models(Registry(bucket=bucket, parameter=parameter))


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _confirm(question: str) -> None:
    if not is_terminal():
        raise InputError("there is no terminal to confirm on; give --yes")
    typer.confirm(question, abort=True, err=True)
