"""Connections that stay open between exchanges. Independent of AWS."""

import ssl
import time
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Lock, Thread
from typing import Final
from urllib.parse import SplitResult

CONNECT_TIMEOUT_S: Final = 1

LONGEST_IDLE_S: Final = 60
"""An older connection is not used again: a network may have forgotten it without a word."""

FAILURES: Final = (OSError, HTTPException)
"""The exceptions of an exchange: DNS, TLS, connection, or an answer that is not HTTP."""


class Connections:
    """Open connections that no exchange uses now, by endpoint."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: dict[SplitResult, list[tuple[float, HTTPConnection]]] = {}

    def __del__(self) -> None:
        for idle in self._idle.values():
            for _, connection in idle:
                connection.close()

    def prepare(self, endpoint: SplitResult) -> None:
        """Begin to open a connection for the next exchange."""
        _Opening(self, endpoint).start(is_awaited=False)

    def open(self, endpoint: SplitResult, timeout_s: float) -> HTTPConnection:
        """A new connection; raises `OSError` if there is none in time."""
        opening = _Opening(self, endpoint)
        opening.start(is_awaited=True)
        return opening.result(timeout_s)

    def take(self, endpoint: SplitResult) -> HTTPConnection | None:
        """The connection that was kept last, unless it is old or the other side has closed it."""
        while True:
            with self._lock:
                idle = self._idle.get(endpoint)
                if not idle:
                    return None
                since, connection = idle.pop()
            if time.monotonic() - since < LONGEST_IDLE_S and _is_open(connection):
                return connection
            connection.close()

    def keep(self, endpoint: SplitResult, connection: HTTPConnection) -> None:
        """Keep a connection for the next exchange."""
        with self._lock:
            self._idle.setdefault(endpoint, []).append((time.monotonic(), connection))


class _Opening:
    """Opens a connection in a thread, because a silent name server cannot be interrupted.

    A connection that nobody waits for any more is kept for the next exchange.
    """

    def __init__(self, connections: Connections, endpoint: SplitResult) -> None:
        self._connections, self._endpoint = connections, endpoint
        self._lock, self._over = Lock(), Event()
        self._opened: HTTPConnection | None = None
        self._error: Exception | None = None

    def start(self, *, is_awaited: bool) -> None:
        self._is_awaited = is_awaited
        Thread(target=self._run, daemon=True, name="connection").start()

    def result(self, timeout_s: float) -> HTTPConnection:
        """The connection; raises `OSError` if there is none in time."""
        self._over.wait(timeout_s)
        with self._lock:
            self._is_awaited = False
            opened, error = self._opened, self._error
        if opened is None:
            raise error or TimeoutError()
        return opened

    def _run(self) -> None:
        connection = _connection(self._endpoint)
        try:
            connection.connect()
        except FAILURES as error:
            self._error = error
        except UnicodeError:  # Python's resolver has no error of its own for such a name
            self._error = OSError("the host has no valid name")
        else:
            self._deliver(connection)
        self._over.set()

    def _deliver(self, connection: HTTPConnection) -> None:
        with self._lock:
            if self._is_awaited:
                self._opened = connection
            else:
                self._connections.keep(self._endpoint, connection)


def _is_open(connection: HTTPConnection) -> bool:
    """Whether the other side has not closed an idle connection, nor sent anything unasked."""
    connection.sock.setblocking(False)
    try:
        connection.sock.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False
    return False


def _connection(endpoint: SplitResult) -> HTTPConnection:
    host = str(endpoint.hostname)
    if endpoint.scheme == "http":
        return HTTPConnection(host, endpoint.port or 80, timeout=CONNECT_TIMEOUT_S)
    return HTTPSConnection(host, endpoint.port or 443, timeout=CONNECT_TIMEOUT_S, context=trust())


@cache
def trust() -> ssl.SSLContext:
    """OpenSSL's trusted authorities, read once: it takes 20 ms of a cold start."""
    return ssl.create_default_context()
