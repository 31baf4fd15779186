"""Commands for account histories."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import time
from pathlib import Path
from typing import Annotated, Final

import typer

from training.commands.options import (
    BUILD,
    SECRET,
    Bucket,
    DataFile,
    ModelDirectory,
    Parameter,
    SecretParameter,
    TableName,
)
from training.errors import InputError
from training.files.paths import require_folder, require_parquet, require_readable
from training.hints import example, fraud, say_next
from training.scoring.model_directory import require_model

app = typer.Typer()
_history = typer.Typer(no_args_is_help=True, help="Account histories.")
app.add_typer(_history, name="history")

STATES: Final = Path("build/states.sqlite")
EXPORT: Final = Path("build/log.parquet")


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


@_history.command(
    epilog=example(
        fraud(
            *("history", "export", "--table", "fraud-api-prod", "--bucket", "my-models"),
            *("--parameter", "/fraud/prod/model", "--secret-parameter", "/fraud/prod/secret"),
            *("--out", "log.parquet"),
        )
    )
)
def export(
    *,
    table: TableName,
    bucket: Bucket,
    parameter: Parameter,
    secret_parameter: SecretParameter = SECRET,
    out: Annotated[
        Path, typer.Option(metavar="FILE.parquet", help="File to write; `train` takes it.")
    ] = EXPORT,
    matured_days: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Days that an outcome may take to come; later payments are left out.",
        ),
    ] = 60,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Midnight, or a time, after which no outcome counts.",
            show_default="today in UTC",
        ),
    ] = None,
) -> None:
    """Write the recorded payments with their outcomes to a file.

    Says how many it leaves out, and why. Writes digests of each day's records to the bucket. If it
    is interrupted, run it again on the same day, or with the same --as-of: it goes on.

    Needs dynamodb:Scan and dynamodb:BatchGetItem on the table, ssm:GetParameter on secret and
    pointer, s3:GetObject and s3:GetObjectVersion on the models, and s3:PutObject on anchors/*.
    """
    require_parquet(out)

    from training.local.progress import reported
    from training.memory.exporting.export import export as export_log
    from training.memory.exporting.wanted import Wanted, time_of
    from training.registry.store import Registry
    from training.registry.table import MemoryTable

    wanted = Wanted(time_of(as_of, time.time()), matured_days)
    with reported() as progress:
        done = export_log(
            MemoryTable(table, secret_parameter),
            Registry(bucket=bucket, parameter=parameter),
            out,
            wanted,
            progress=progress,
        )
    for line in done.lines():
        typer.echo(line)
    say_next(fraud("train", "--data", out))


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
