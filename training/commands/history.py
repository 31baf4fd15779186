"""Commands for account histories."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from pathlib import Path
from typing import Annotated, Final

import typer

from training.commands.options import BUILD, SECRET, DataFile, ModelDirectory, SecretParameter
from training.errors import InputError
from training.files.paths import require_folder, require_readable
from training.hints import example, fraud
from training.scoring.model_directory import require_model

app = typer.Typer()
_history = typer.Typer(no_args_is_help=True, help="Account histories.")
app.add_typer(_history, name="history")

STATES: Final = Path("build/states.sqlite")


@_history.command(epilog=example(fraud("history", "load", "--data", "build/transactions.csv")))
def load(
    data: DataFile,
    *,
    model: ModelDirectory = BUILD,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="SQLite file with the states to write.")
    ] = STATES,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="DynamoDB table of the memory to write them to, in place of the file.",
            show_default=False,
        ),
    ] = None,
    secret_parameter: SecretParameter = SECRET,
) -> None:
    """Write the states of accounts at the end of a file.

    A table is filled once, before its first payment: accounts that it has stay as they are.
    """
    require_model(model)
    require_readable(data)
    if table is not None and out != STATES:
        raise InputError(f"--out {out} and --table {table}: two places; give one of them")
    if table is not None:
        _load_table(data, model, table, secret_parameter)
        return
    require_folder(out.parent)
    if out.exists():
        raise InputError(f"{out}: is there already; delete it, or choose another --out")

    from training.histories.load import load as load_states
    from training.local.progress import reported
    from training.scoring.score import load_scorer

    with reported() as progress:
        plan = load_scorer(model).bundle.plan
        n_accounts = load_states(plan, data, out, progress)
    typer.echo(f"{out}: the states of {n_accounts:,} accounts; to undo, delete the file")


def _load_table(data: Path, model: Path, table: str, secret_parameter: str) -> None:
    from training.local.progress import reported
    from training.memory.load import load as load_table
    from training.registry.table import MemoryTable
    from training.scoring.score import load_scorer

    with reported() as progress:
        plan = load_scorer(model).bundle.plan
        done = load_table(plan, data, MemoryTable(table, secret_parameter), progress)
    for line in done.lines(table):
        typer.echo(line)
