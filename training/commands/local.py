"""Commands that run everything on this machine."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from pathlib import Path
from typing import Annotated

import typer

from training.commands.options import DEMO, Seed
from training.files.paths import require_event, require_folder, require_readable
from training.hints import example, fraud
from training.local.processes import free_port

app = typer.Typer()


@app.command(epilog=example(fraud("run", "--port", 8000)))
def run(
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Your transactions, CSV or Parquet.", show_default="simulated ones"),
    ] = None,
    rows: Annotated[int, typer.Option(min=1_000, help="Transactions to simulate.")] = 200_000,
    seed: Seed = 0,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the API.", show_default="a free one")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for the model.")] = DEMO,
) -> None:
    """Train, publish to a local S3, serve on localhost and ask it twice, until Ctrl-C."""
    if data is not None:
        require_readable(data)
    require_folder(out)
    free_port(port)

    from training.local.run import run as serve

    serve(data=data, rows=rows, seed=seed, port=port, out=out)


@app.command(epilog=example(fraud("demo", "--port", 8501)))
def demo(
    *,
    rows: Annotated[int, typer.Option(min=1_000, help="Transactions to simulate.")] = 200_000,
    seed: Seed = 0,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Of the app.", show_default="a free one"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for the model.")] = DEMO,
) -> None:
    """Train, serve on localhost and serve the demo's app on it, until Ctrl-C."""
    require_folder(out)
    free_port(port)

    from training.local.demo import demo as serve

    serve(rows=rows, seed=seed, port=port, out=out)


@app.command(epilog=example(fraud("invoke", "--event", "tests/events/rest_v1_fraud.json")))
def invoke(
    *,
    event: Annotated[Path, typer.Option(help="A recorded API Gateway event.")] = Path(
        "tests/events/rest_v1_fraud.json"
    ),
    out: Annotated[
        Path, typer.Option(help="Directory of the model to serve; trained if empty.")
    ] = DEMO,
) -> None:
    """Build the image and send it an event, as Lambda would (Docker or podman)."""
    require_event(event)
    require_folder(out)

    from training.local.run import invoke as invoke_image

    invoke_image(event=event, out=out)
