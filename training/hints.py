"""Commands to print, which work when pasted into the user's shell."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import typer


def fraud(*arguments: object) -> str:
    """``fraud ARGUMENT...``, quoted for a shell.

    It starts with `fraud` if PATH finds the script of this environment, else with the script's
    path, else with ``python -m training``.
    """
    script = Path(sys.executable).with_name("fraud")
    if not script.exists():
        return module("training", *arguments)
    on_path = shutil.which("fraud")
    program = "fraud" if on_path and Path(on_path).samefile(script) else _from_here(script)
    return shlex.join([program, *map(str, arguments)])


def module(name: str, *arguments: object) -> str:
    """``python -m name`` of this environment, quoted for a shell."""
    return shlex.join([_from_here(Path(sys.executable)), "-m", name, *map(str, arguments)])


def example(command: str) -> str:
    """The epilog of a command's help; Click's mark keeps it on one line."""
    return f"\b\nExample: {command}"


def registry_options(bucket: str | None = None, parameter: str | None = None) -> tuple[str, ...]:
    """The options that name a registry, with placeholders for unknown values."""
    return (
        *("--bucket", bucket or os.environ.get("FRAUD_MODEL_BUCKET") or "BUCKET"),
        *("--parameter", parameter or os.environ.get("FRAUD_MODEL_PARAMETER") or "PARAMETER"),
    )


def link(path: Path) -> str:
    """A path to print on stdout; on a terminal, a link that opens it."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return str(path)
    return f"\033]8;;{path.resolve().as_uri()}\033\\{path}\033]8;;\033\\"


def say_next(command: str, label: str = "next") -> None:
    """Print the next command to run, as the last line of stderr."""
    typer.echo(f"{label}: {command}", err=True)


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
