"""Run the other programs of a deployment: git, a container engine and SAM."""

import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from training.errors import CommandError
from training.local.processes import ROOT, STDERR

PARAMETERS: Final = "--parameter-overrides"
QUIET: Final = {"SAM_CLI_TELEMETRY": "0"}


class Programs(Protocol):
    """Runs programs; tests replace it."""

    def ask(self, *command: str) -> str:
        """The output of a read-only program."""
        ...

    def run(self, *command: str, secret: str | None = None) -> None:
        """Run a program that changes something; it reads `secret` from its standard input."""
        ...


class RealPrograms:
    """Runs programs in the project's directory; output of `run` goes to stderr.

    Parameters
    ----------
    say : callable
        Receives each command line before it is run, or one that a dry run skips.
    dry_run : bool
        Skip programs that change something.
    """

    def __init__(self, say: Callable[[str], None], *, dry_run: bool = False) -> None:
        self._say = say
        self._dry_run = dry_run

    def ask(self, *command: str) -> str:
        """The output of a read-only program; a dry run runs it too.

        Raises
        ------
        CommandError
            If it fails or is missing.
        """
        self._say(shlex.join(command))
        return _done(command, None, subprocess.PIPE)

    def run(self, *command: str, secret: str | None = None) -> None:
        """Run a program; a dry run only lists it.

        Raises
        ------
        CommandError
            If it fails or is missing.
        """
        if self._dry_run:
            self._say(f"would run {shown(command)}")
            return
        self._say(shown(command))
        _done(command, secret, STDERR)


def shown(command: Sequence[str]) -> str:
    """A command line without the stack's parameters, which are listed apart and without secrets."""
    if PARAMETERS in command:
        command = [*command[: command.index(PARAMETERS) + 1], "..."]
    return shlex.join(command)


def _done(command: tuple[str, ...], secret: str | None, output: int) -> str:
    short = " ".join(command[:3])
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **QUIET},
            input=secret,
            stdin=subprocess.DEVNULL if secret is None else None,
            stdout=output,
            stderr=STDERR,
            text=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise CommandError(f"`{short}`: {command[0]} is not installed; install it") from error
    except subprocess.CalledProcessError as error:
        message = f"`{short}` failed with exit code {error.returncode}; its output is above"
        raise CommandError(message) from error
    return (done.stdout or "").rstrip()
