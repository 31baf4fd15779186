"""The other programs that a deployment runs, behind one seam: git, a container engine, SAM."""

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
    """What runs them."""

    def ask(self, *command: str) -> str:
        """What a program that changes nothing prints."""
        ...

    def run(self, *command: str, secret: str | None = None) -> None:
        """Run a program that changes something; it reads `secret` from its standard input."""
        ...


class RealPrograms:
    """Runs them from the project's folder; what `run` prints goes to stderr.

    Parameters
    ----------
    say : callable
        Told of each command line before it is run, and of what a dry run leaves out.
    dry_run : bool
        Run nothing that changes anything.
    """

    def __init__(self, say: Callable[[str], None], *, dry_run: bool = False) -> None:
        self._say = say
        self._dry_run = dry_run

    def ask(self, *command: str) -> str:
        """What a program that changes nothing prints, in a dry run too.

        Raises
        ------
        CommandError
            If it fails or is missing.
        """
        self._say(shlex.join(command))
        return _done(command, None, subprocess.PIPE)

    def run(self, *command: str, secret: str | None = None) -> None:
        """Run a program; in a dry run only say so.

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
    """A command line, less the stack's parameters: they are listed already, without secrets."""
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
        said = f"`{short}` failed with exit code {error.returncode}; its own words are above"
        raise CommandError(said) from error
    return (done.stdout or "").strip()
