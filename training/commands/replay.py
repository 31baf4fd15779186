"""The command that checks the memory as a whole."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import json
from typing import Annotated

import typer

from training.commands.options import SECRET, Bucket, Parameter, SecretParameter, TableName
from training.hints import example, fraud

app = typer.Typer()


_MINE = (
    *("--table", "fraud-api-dev", "--bucket", "my-bucket"),
    *("--parameter", "/fraud/dev/model"),
)


@app.command(epilog=example(fraud("replay", *_MINE)))
def replay(
    *,
    table: TableName,
    bucket: Bucket,
    parameter: Parameter,
    secret_parameter: SecretParameter = SECRET,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check every record and every state of the memory's table.

    Gives all recorded answers again, and folds all account histories again. Exits with code 3 and
    the first ten differences if anything differs.
    """
    from training.errors import CheckFailedError
    from training.local.progress import reported
    from training.memory.replay import replay as replay_table
    from training.registry.store import Registry
    from training.registry.table import MemoryTable

    with reported() as progress:
        done = replay_table(
            MemoryTable(table, secret_parameter),
            Registry(bucket=bucket, parameter=parameter),
            progress,
        )
    typer.echo(json.dumps(done.as_dict()) if as_json else "\n".join(done.lines()))
    if done.differences:
        raise typer.Exit(CheckFailedError.exit_code)
