"""Child processes that serve on localhost and never outlive us; knows nothing of what they do."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from training.errors import CommandError, InputError

ROOT: Final = Path(__file__).parents[2]
LOOPBACK: Final = "127.0.0.1"
STDERR: Final = 2
"""Its descriptor: `sys.stderr` need not be a file."""

_START_TIMEOUT_S: Final = 30
_STOP_TIMEOUT_S: Final = 5


def free_port(port: int | None = None) -> int:
    """`port` if nobody has it, else a port that nobody has.

    Raises
    ------
    InputError
        If `port` is given and cannot be used.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port or 0))
        except OSError as error:
            raise InputError(
                f"port {port} cannot be used ({error.strerror}); name another or none"
            ) from error
        return int(probe.getsockname()[1])


@contextmanager
def served(
    module: str,
    *arguments: str,
    port: int,
    path: str,
    quiet: bool,
    variables: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m module arguments`` as a process that answers, and that ends with the block.

    Parameters
    ----------
    module : str
    *arguments : str
    port : int
        Where it listens, by its arguments.
    path : str
        What it answers 200 to once it is ready.
    quiet : bool
        Drop what it writes; else it goes to stderr.
    variables : mapping of str to str, optional
        Added to the environment that it inherits.

    Raises
    ------
    CommandError
        If it ends, or does not answer in time.
    """
    output = subprocess.DEVNULL if quiet else STDERR
    with subprocess.Popen(
        [sys.executable, "-m", "training.local.child", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,  # Ctrl-C on the terminal is ours alone; we stop the child in turn
    ) as process:
        try:
            if not _is_ready(process, port, path):
                code = process.poll()
                raise CommandError(f"{module} does not answer on port {port} (exit code {code})")
            yield process
        finally:
            _stop(process)


def _is_ready(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if request(port, "GET", path)[0] == 200:
                return True
        except (OSError, HTTPException):
            time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()


def request(port: int, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    """Status and body of one HTTP request to localhost; `body` is sent as JSON."""
    connection = HTTPConnection(LOOPBACK, port, timeout=_START_TIMEOUT_S)
    try:
        connection.request(
            method,
            path,
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the block, our children included; of AWS's, only those in `values` remain.

    A profile or a session token of the user's would otherwise be mixed with them.
    """
    saved = dict(os.environ)
    for name in saved:
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, also where a shell started us with it ignored."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, signal.default_int_handler) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
