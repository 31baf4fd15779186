"""Commands that end when we do, and that say why when they fail."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from textwrap import shorten
from typing import Any

from training.local.processes import ROOT, request

RUN_TIMEOUT_S = 300
START_TIMEOUT_S = 60


class CommandError(Exception):
    """A command failed; holds the end of what it wrote."""

    def __init__(self, command: Sequence[str], fault: str, written: str) -> None:
        end = "\n".join(written.splitlines()[-40:])
        super().__init__(f"`{shorten(' '.join(command), 200)}`: {fault}\n{end}")


def run(*command: str, stdin: str = "") -> str:
    """What a command prints. What it says besides is kept for its failure."""
    with _process(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            printed, said = process.communicate(stdin.encode(), timeout=RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            fault = f"not done after {RUN_TIMEOUT_S} s"
            raise CommandError(command, fault, (error.stderr or b"").decode()) from error
    if process.returncode:
        fault = f"exit code {process.returncode}"
        raise CommandError(command, fault, (printed + said).decode())
    return printed.decode()


@contextmanager
def serving(
    *command: str,
    output: Path,
    ready: Callable[[], bool],
    variables: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that serves until the end of the block; `output` takes what it writes."""
    with (
        output.open("wb") as file,
        _process(command, stdout=file, stderr=file, variables=variables) as process,
    ):
        deadline = time.monotonic() + START_TIMEOUT_S
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise CommandError(command, "does not answer", output.read_text())
            time.sleep(0.02)
        yield process


def answers(port: int, path: str, status: int) -> bool:
    """Whether something on this machine answers with this status."""
    try:
        return request(port, "GET", path)[0] == status
    except (OSError, HTTPException):
        return False


@contextmanager
def _process(
    command: tuple[str, ...],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: Any = subprocess.PIPE,
    stderr: Any,
    variables: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, so that Ctrl-C is ours alone, and we ask it to end."""
    environment = {**os.environ, **(variables or {})}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
