"""Child processes that serve on localhost and end with their parent."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

from training.errors import CommandError, InputError

ROOT: Final = Path(__file__).parents[2]
LOOPBACK: Final = "127.0.0.1"
STDERR: Final = 2
"""The file descriptor of stderr; `sys.stderr` need not be a file."""

_OF_AWS: Final = ("AWS_", "FRAUD_TABLE", "FRAUD_SECRET_PARAMETER")
_PIECE: Final = 1 << 16
_KEPT_PIECES: Final = 100
_SILENCE_S: Final = 0.2
_START_TIMEOUT_S: Final = 30
_STOP_TIMEOUT_S: Final = 5


def free_port(port: int | None = None) -> int:
    """Return `port` if it is free, or any free port if it is None.

    Raises
    ------
    InputError
        If `port` is in use or not allowed.
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


class Log:
    """The output of a child process: kept back until `follow`, then copied to stderr.

    Attributes
    ----------
    input : int
        The descriptor that the child writes to. The parent closes its copy.
    """

    def __init__(self) -> None:
        self._output, self.input = os.pipe()
        self._is_open = True
        self._kept: deque[bytes] | None = deque(maxlen=_KEPT_PIECES)
        self._lock = Lock()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def follow(self, *, kept: bool = False) -> None:
        """Copy the output from now on; with `kept`, print the earlier output first."""
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        with self._lock:
            # A server logs a request after it has answered: wait until the output is silent.
            while self._has_output(_SILENCE_S) and time.monotonic() < deadline:
                self._take()
            before, self._kept = self._kept or (), None
            if kept:
                os.write(STDERR, b"".join(before))

    def end(self) -> None:
        """Read the rest of the output of a child that has ended."""
        self._reader.join(_STOP_TIMEOUT_S)

    def _read(self) -> None:
        while self._is_open:
            select.select([self._output], [], [])
            with self._lock:
                if self._has_output():  # unless `follow` took it
                    self._take()
        os.close(self._output)

    def _has_output(self, timeout_s: float = 0) -> bool:
        return self._is_open and bool(select.select([self._output], [], [], timeout_s)[0])

    def _take(self) -> None:
        piece = os.read(self._output, _PIECE)
        self._is_open = bool(piece)
        if self._kept is None:
            os.write(STDERR, piece)
        else:
            self._kept.append(piece)


@dataclass(frozen=True, slots=True)
class Server:
    """A child process that serves, and its log."""

    process: subprocess.Popen[bytes]
    log: Log

    def wait(self) -> int:
        """Wait for the process to end, and return its exit code."""
        return self.process.wait()


@contextmanager
def served(
    module: str,
    *arguments: str,
    port: int,
    path: str,
    variables: Mapping[str, str] | None = None,
    python: Path | None = None,
) -> Iterator[Server]:
    """Run ``python -m module arguments`` until the end of the block, once it answers.

    Parameters
    ----------
    module : str
    *arguments : str
    port : int
        The port in its arguments.
    path : str
        A path that answers 200 once the server is ready.
    variables : mapping of str to str, optional
        Environment variables to add.
    python : Path, optional
        The interpreter of another environment, which then gets no variables but `variables`.

    Raises
    ------
    CommandError
        If the server exits or does not answer in time.
    """
    log = Log()
    with subprocess.Popen(
        [python or sys.executable, "-m", "training.local.child", module, *arguments],
        cwd=ROOT,
        env={**({} if python else os.environ), **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=log.input,
        stderr=log.input,
        start_new_session=True,  # Ctrl-C reaches only us, and we stop the child
    ) as process:
        os.close(log.input)
        try:
            if not _is_ready(process, port, path):
                code = process.poll()
                _stop(process)
                log.end()
                log.follow(kept=True)
                raise CommandError(f"{module} does not answer on port {port} (exit code {code})")
            yield Server(process, log)
        finally:
            _stop(process)
            log.end()


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
    """Send an HTTP request to localhost, with `body` as JSON; return status and body."""
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
    """Set variables for the block and its children, and unset all others of AWS and its table.

    The user's profile, session token or table would otherwise be mixed with `values`.
    """
    saved = dict(os.environ)
    for name in saved:
        if name.startswith(_OF_AWS):
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end the block, even if the shell made us ignore them."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
