"""Commands for account histories."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from pathlib import Path
from typing import Annotated

import typer

from training.commands.options import BUILD, DataFile, ModelDirectory
from training.errors import InputError
from training.files.paths import require_folder, require_readable
from training.hints import example, fraud
from training.scoring.model_directory import require_model

app = typer.Typer()
_history = typer.Typer(no_args_is_help=True, help="Account histories.")
app.add_typer(_history, name="history")


@_history.command(epilog=example(fraud("history", "load", "--data", "build/transactions.csv")))
def load(
    data: DataFile,
    *,
    model: ModelDirectory = BUILD,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="SQLite file with the states to write.")
    ] = Path("build/states.sqlite"),
) -> None:
    """Write the states of accounts at the end of a file."""
    require_model(model)
    require_readable(data)
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
