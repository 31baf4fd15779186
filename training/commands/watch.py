"""The command that watches payments in service."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.commands.options import SECRET, HistoryFrom, SecretParameter
from training.errors import CheckFailedError, InputError
from training.files.paths import require_page, require_readable
from training.hints import example, fraud, link
from training.scoring.model_directory import require_model

if TYPE_CHECKING:
    from training.watch.watched import Watched

app = typer.Typer()

DAYS = 7
MATURED_DAYS = 60

_MINE = (
    *("--table", "fraud-api-prod", "--bucket", "my-models", "--parameter", "/fraud/prod/model"),
    *("--out", "watch.html"),
)


@app.command(epilog=example(fraud("watch", *_MINE)))
def watch(
    *,
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", envvar="FRAUD_TABLE", help="DynamoDB table of the memory."),
    ] = None,
    bucket: Annotated[
        str | None,
        typer.Option(metavar="NAME", envvar="FRAUD_MODEL_BUCKET", help="S3 bucket of the models."),
    ] = None,
    parameter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            envvar="FRAUD_MODEL_PARAMETER",
            help="SSM parameter that points at the served model.",
        ),
    ] = None,
    secret_parameter: SecretParameter = SECRET,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Payments with labels, in place of a table.", show_default=False
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="With --data: directory of the model.", show_default=False
        ),
    ] = None,
    history_from: HistoryFrom = None,
    days: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Days to watch, the latest.",
            show_default=f"{DAYS}; with --data: all rows",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Midnight, or a time, at which the days end.",
            show_default="today in UTC",
        ),
    ] = None,
    matured_days: Annotated[
        int, typer.Option(metavar="N", min=0, help="Days that an outcome may take to come.")
    ] = MATURED_DAYS,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Page to write.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compare payments in service with those of the model's training.

    Reads the latest payments of the memory's table, or a file. Exits with code 3 if something moved
    by more than chance, and says what. Writes nothing but the page.
    """
    if out is not None:
        require_page(out)
    if data is not None:
        if as_of is not None:
            raise InputError("--as-of: not with --data, whose last row ends the days; leave it out")
        done = _of_file(data, model, history_from, days)
    else:
        if model is not None or history_from is not None:
            raise InputError("--model and --history-from: only with --data; leave them out")
        done = _of_table(
            table=_given("--table", table),
            bucket=_given("--bucket", bucket),
            parameter=_given("--parameter", parameter),
            secret_parameter=secret_parameter,
            days=days or DAYS,
            as_of=as_of,
            matured_days=matured_days,
        )
    _show(done, out, as_json=as_json)


def _given(option: str, value: str | None) -> str:
    if value is None:
        raise InputError(f"{option}: not given; name it, or watch a file with --data and --model")
    return value


def _of_file(
    data: Path, model: Path | None, history_from: Path | None, days: int | None
) -> "Watched":
    if model is None:
        raise InputError("--data without --model: name the directory of the model, --model DIR")
    require_model(model)
    require_readable(data)
    if history_from is not None:
        require_readable(history_from)

    from training.local.progress import reported
    from training.watch.of_file import STEPS, watch_file

    with reported(STEPS) as progress:
        return watch_file(model, data, days=days, history_from=history_from, progress=progress)


def _of_table(
    *,
    table: str,
    bucket: str,
    parameter: str,
    secret_parameter: str,
    days: int,
    as_of: str | None,
    matured_days: int,
) -> "Watched":
    from training.local.progress import reported
    from training.memory.exporting.wanted import Wanted, time_of
    from training.memory.watched import STEPS, watch_table
    from training.registry.store import Registry
    from training.registry.table import MemoryTable

    wanted = Wanted(time_of(as_of, time.time()), matured_days)
    with reported(STEPS) as progress:
        return watch_table(
            MemoryTable(table, secret_parameter),
            Registry(bucket=bucket, parameter=parameter),
            wanted,
            days=days,
            progress=progress,
        )


def _show(done: "Watched", out: Path | None, *, as_json: bool) -> None:
    """Write the page, print the result, and exit with code 3 on an alarm."""
    from training.watch.watched import ALARM

    if out is not None:
        from training.files.atomic import write_files
        from training.reporting.watch_page import watch_page

        write_files(out.parent, {out.name: watch_page(done).encode()})
    typer.echo(json.dumps(done.as_dict(), indent=2) if as_json else "\n".join(done.lines()))
    if out is not None:
        typer.echo(f"page: {link(out)}", err=as_json)
    if done.verdict == ALARM:
        raise typer.Exit(CheckFailedError.exit_code)
