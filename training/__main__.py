"""The command line: ``fraud COMMAND``, or ``python -m training COMMAND``."""

import os
import sys
from typing import Annotated

import typer

from fraud_api_lambda import __version__
from training.commands import local, model, registry
from training.errors import CommandError
from training.hints import fraud

app = typer.Typer(
    help="Simulate, train, evaluate, score and publish fraud models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for commands in (model, registry, local):
    app.add_typer(commands.app)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"fraud {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=lambda value: _version(wanted=value), is_eager=True),
    ] = False,
) -> None:
    """Simulate, train, evaluate, score and publish fraud models."""
    del version


def main() -> None:
    """Run the command line and end with its exit code."""
    # On busy cores XGBoost's threads would burn their time waiting for each other: 90 s became 30.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        app(prog_name=fraud())
    except CommandError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
