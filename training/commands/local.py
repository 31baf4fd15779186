"""Commands that run the service on this machine."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from pathlib import Path
from typing import Annotated

import typer

from training.commands.options import (
    DEMO,
    ModelDirectory,
    Rows,
    SchemaName,
    Seed,
    require_schema,
)
from training.errors import InputError
from training.files.paths import require_event, require_folder, require_readable
from training.hints import example, fraud
from training.local.emulator import find_emulator
from training.local.processes import free_port
from training.option_values import BUILT_IN

app = typer.Typer()

Port = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, max=65535, help="Port on localhost.", show_default="a free one"
    ),
]
OwnData = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Transactions: CSV, TSV (.gz, .zip too) or Parquet.",
        show_default="simulated ones",
    ),
]
OutDirectory = Annotated[
    Path, typer.Option(metavar="DIR", help="Directory for the model and its report.")
]
KeepMemory = Annotated[
    bool,
    typer.Option(
        "--memory/--no-memory", help="Keep account histories and decisions in a local table."
    ),
]


@app.command(epilog=example(fraud("run", "--port", 8000)))
def run(
    *,
    data: OwnData = None,
    schema: SchemaName = None,
    rows: Rows = 200_000,
    seed: Seed = 0,
    port: Port = None,
    out: OutDirectory = DEMO,
    memory: KeepMemory = True,
) -> None:
    """Train, publish to a local S3 and serve until Ctrl-C."""
    _require_source(data, schema)
    require_folder(out)
    free_port(port)
    if memory:
        find_emulator()

    from training.local.run import run as serve

    serve(data=data, schema=schema, rows=rows, seed=seed, port=port, out=out, memory=memory)


@app.command(epilog=example(fraud("demo", "--port", 8501)))
def demo(
    *,
    data: OwnData = None,
    schema: SchemaName = None,
    rows: Rows = 200_000,
    seed: Seed = 0,
    port: Port = None,
    out: OutDirectory = DEMO,
    memory: KeepMemory = True,
) -> None:
    """Train, serve, and open the demo's app on it until Ctrl-C."""
    _require_source(data, schema)
    require_folder(out)
    free_port(port)
    if memory:
        find_emulator()

    from training.local.demo import demo as serve

    serve(data=data, schema=schema, rows=rows, seed=seed, port=port, out=out, memory=memory)


@app.command(epilog=example(fraud("invoke", "--event", "tests/events/rest_v1_fraud.json")))
def invoke(
    *,
    event: Annotated[
        Path, typer.Option(metavar="FILE", help="A recorded API Gateway event.")
    ] = Path("tests/events/rest_v1_fraud.json"),
    model: ModelDirectory = DEMO,
) -> None:
    """Build the image and send it an event, as Lambda would.

    Trains a model if there is none.
    """
    require_event(event)
    require_folder(model)

    from training.local.run import invoke as invoke_image

    invoke_image(event=event, model=model)


def _require_source(data: Path | None, schema: str | None) -> None:
    """Raise `InputError` unless data and schema can be read, or a simulator makes such data."""
    if data is not None:
        require_readable(data)
        require_schema(schema)
    elif schema is not None and schema not in BUILT_IN:
        raise InputError(
            f"--schema {schema}: has no simulator; give transactions with --data, or choose "
            f"{' or '.join(BUILT_IN)}"
        )
