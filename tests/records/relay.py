"""HTTP between a client and a server of this machine, on connections that are kept open."""

import json
import re
import select
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPResponse
from io import BufferedReader
from threading import Lock
from typing import Any

from training.local.processes import LOOPBACK

PATIENCE_S = 10
"""Limit of waiting for the server."""

HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the client sent it, and the operation of DynamoDB that it asks for."""

    head: bytes
    body: bytes
    operation: str

    @property
    def raw(self) -> bytes:
        return self.head + self.body

    @property
    def content(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    def with_content(self, content: object) -> "Request":
        body = json.dumps(content).encode()
        length = b"\r\nContent-Length: %d\r\n" % len(body)
        head = re.sub(rb"(?i)\r\ncontent-length:[^\r]*\r\n", length, self.head)
        return replace(self, head=head, body=body)


def read_request(reader: BufferedReader) -> Request | None:
    """The next request of a connection, None at its end."""
    head = b""
    while (line := reader.readline()).strip():
        head += line
    pairs = (each.partition(b":") for each in head.splitlines())
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get(b"content-length", 0))
    body = reader.read(length)
    if not line or len(body) < length:
        return None
    target = headers.get(b"x-amz-target", b"").decode()
    return Request(head + line, body, target.rpartition(".")[2])


@dataclass(frozen=True, slots=True)
class Answer:
    """Status with its reason, headers and body."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def raw(self) -> bytes:
        headers = (*self.headers, ("Content-Length", str(len(self.body))))
        lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def of_json(status: str, content: object) -> Answer:
    headers = (("Content-Type", "application/x-amz-json-1.0"),)
    return Answer(status, headers, json.dumps(content).encode())


class Sockets:
    """Open sockets, which can be shut down all at once: any thread that waits on one wakes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = False

    @contextmanager
    def kept(self, opened: socket.socket) -> Iterator[socket.socket]:
        with opened:
            with self._lock:
                self._open.add(opened)
            if self._is_cut:
                _shut((opened,))
            try:
                yield opened
            finally:
                with self._lock:
                    self._open.discard(opened)

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            _shut(self._open)


def _shut(sockets: Iterable[socket.socket]) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class Upstream:
    """A connection to the server, opened again if the server has closed it in the meantime."""

    def __init__(self, port: int, sockets: Sockets) -> None:
        self._port = port
        self._sockets = sockets
        self._stack = ExitStack()
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> Answer:
        """The server's answer. Nothing is sent twice: it may have been done."""
        connected = self._connected()
        connected.sendall(request)
        with HTTPResponse(connected) as response:
            response.begin()
            body = response.read()
            is_last, headers = response.will_close, response.getheaders()
        if is_last:
            self.close()
        kept = tuple(each for each in headers if each[0].lower() not in HOP_BY_HOP)
        return Answer(f"{response.status} {response.reason}", kept, body)

    def _connected(self) -> socket.socket:
        if self._socket and select.select([self._socket], [], [], 0)[0]:  # the end of the stream
            self.close()
        if self._socket is None:
            opened = socket.create_connection((LOOPBACK, self._port), timeout=PATIENCE_S)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Its end is a reset: the emulator keeps a connection that is only closed for an hour.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket = self._stack.enter_context(self._sockets.kept(opened))
        return self._socket

    def close(self) -> None:
        self._stack.close()
        self._socket = None
