"""A lightweight client that keeps a server busy over persistent connections."""

import json
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from training.errors import CommandError
from training.local.processes import LOOPBACK

CONNECTIONS: Final = 8
_PATIENCE_S: Final = 10


@dataclass(frozen=True, slots=True)
class Load:
    """The requests served, and the client's CPU share; near 1, the client was the bottleneck."""

    requests: int
    seconds: float
    client_busy: float


def request_bytes(sent: Any) -> bytes:
    """The bytes of a POST /predict request."""
    body = json.dumps(sent).encode()
    head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def is_whole(received: bytes) -> bool:
    """Whether a response has arrived completely.

    Raises
    ------
    CommandError
        If its status is not 200.
    """
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return False
    status, *fields = head.split(b"\r\n")
    if b" 200 " not in status + b" ":
        raise CommandError(f"the server answered {status.decode()}")
    headers = {
        name.lower(): value for name, _, value in (field.partition(b":") for field in fields)
    }
    return len(body) >= int(headers[b"content-length"])


def load(port: int, sent: Any, seconds: float) -> Load:
    """For `seconds`, send the next request on each connection as soon as it has answered."""
    asked = request_bytes(sent)
    with _connected(port) as (selector, connections):
        received = dict.fromkeys(connections, b"")
        done, begun, busy = 0, time.perf_counter(), time.process_time()
        for connection in connections:
            connection.sendall(asked)
        while (elapsed := time.perf_counter() - begun) < seconds:
            for connection in _readable(selector):
                received[connection] += _read(connection)
                if is_whole(received[connection]):
                    done += 1
                    received[connection] = b""
                    connection.sendall(asked)
        return Load(done, elapsed, (time.process_time() - busy) / elapsed)


@contextmanager
def _connected(port: int) -> Iterator[tuple[selectors.BaseSelector, list[socket.socket]]]:
    with ExitStack() as opened:
        selector = opened.enter_context(selectors.DefaultSelector())
        connections = [
            opened.enter_context(socket.create_connection((LOOPBACK, port), _PATIENCE_S))
            for _ in range(CONNECTIONS)
        ]
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
        yield selector, connections


def _readable(selector: selectors.BaseSelector) -> Iterator[socket.socket]:
    ready = selector.select(_PATIENCE_S)
    if not ready:
        raise CommandError(f"the server was silent for {_PATIENCE_S} seconds")
    for key, _ in ready:
        assert isinstance(key.fileobj, socket.socket)  # noqa: S101  # for the type checker
        yield key.fileobj


def _read(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise CommandError("the server closed a connection; its output is above")
    return data
