"""A command-line program: its version, the width of its help, its exit codes."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from fraud_api_lambda import __version__
from training.errors import CommandError, InputError

_WIDEST_HELP = 100


def program(name: str, description: str) -> typer.Typer:
    """Create a program without commands; ``--version`` prints `name` and the version."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"max_content_width": _WIDEST_HELP},
    )

    def show_version(*, wanted: bool) -> None:
        if wanted:
            typer.echo(f"{name} {__version__}")
            raise typer.Exit

    @app.callback(help=description)
    def options(
        *,
        version: Annotated[
            bool,
            typer.Option(
                "--version",
                callback=lambda value: show_version(wanted=value),
                is_eager=True,
                help="Show the version and exit.",
            ),
        ] = False,
    ) -> None:
        del version

    return app


def run(app: typer.Typer, command: str) -> None:
    """Run a program, named `command` in its help, and exit with its code."""
    with exit_code():
        app(prog_name=command)


@contextmanager
def exit_code() -> Iterator[None]:
    """Print an error as one line, and exit with its code; an interrupt exits with 130."""
    try:
        yield
    except CommandError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # a path that the user gave: no other is that long
            raise
        typer.echo(f"error: {error.filename}: {error.strerror}; choose another", err=True)
        sys.exit(InputError.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
