"""An HTTP exchange with a deadline, which a slow server cannot extend. Independent of AWS.

Uses `http.client`, which the framework imports anyway.
"""

import ssl
import time
from collections.abc import Buffer, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Final
from urllib.parse import SplitResult

from fraud_api_lambda.aws import connections as opening
from fraud_api_lambda.aws.connections import Connections
from fraud_api_lambda.aws.signature import AwsRequest

READ_TIMEOUT_S: Final = 2

MOST_HEADERS: Final = 100
LONGEST_LINE: Final = 64 * 1024

MAX_ERROR: Final = 64 * 1024
"""Bytes of the body of an error."""

_HUNG_UP: Final = (ConnectionError, ssl.SSLError)
"""The exceptions of a connection that the other side has closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by their names in lower case, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way.

    Attributes
    ----------
    endpoint : SplitResult
        Scheme, host and port.
    request : AwsRequest
    headers : dict
    limit : int
        Most bytes of the answer's body.
    deadline : float
        The end of reading, by `time.monotonic`. The limit of a single read is `READ_TIMEOUT_S`.
    """

    endpoint: SplitResult
    request: AwsRequest
    headers: Mapping[str, str]
    limit: int
    deadline: float


def exchange(call: Call, connections: Connections, *, connect_s: float | None = None) -> Answer:
    """The answer to a call.

    Uses a kept connection. If the other side hangs up on that before it answers, as it does after
    some time without requests, the call is sent again on a new one: it must bear that.

    Parameters
    ----------
    call : Call
    connections : Connections
    connect_s : float, optional
        Limit for a new connection. Default: `CONNECT_TIMEOUT_S`.

    Raises
    ------
    OSError
        If the connection cannot be made, fails, or is too slow.
    HTTPException
        If the answer is not HTTP, or a 200 is shorter than announced.
    """
    kept = connections.take(call.endpoint)
    if kept is not None:
        with suppress(*_HUNG_UP):
            return _exchanged(call, connections, kept)
    limit = opening.CONNECT_TIMEOUT_S if connect_s is None else connect_s
    fresh = connections.open(call.endpoint, min(_left(call.deadline), limit))
    return _exchanged(call, connections, fresh)


def _exchanged(call: Call, connections: Connections, connection: HTTPConnection) -> Answer:
    """The answer on an open connection, which is then kept or closed."""
    is_reusable = False
    try:
        with _response(call, connection) as response:
            answer = Answer(response.status, response.by_name, _body(response, call.limit))
            is_reusable = not response.will_close and _is_read(response)
    finally:
        if is_reusable:
            connections.keep(call.endpoint, connection)
        else:
            connection.close()
    return answer


def _response(call: Call, connection: HTTPConnection) -> "_Response":
    """The response, after its head."""
    connection.sock.settimeout(_left(call.deadline))
    connection.sock.sendall(_message(call))
    response = _Response(connection.sock, method=call.request.method, deadline=call.deadline)
    try:
        response.begin()
    except BaseException:
        response.close()
        raise
    return response


def _message(call: Call) -> bytes:
    """The request as it is sent: in one piece, which http.client's own methods do not do."""
    request, headers = call.request, dict(call.headers)
    if request.body:
        headers["content-length"] = str(len(request.body))
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


def _is_read(response: HTTPResponse) -> bool:
    """Whether nothing of the response is left in the connection."""
    return response.isclosed() or response.length == 0


def _left(deadline: float) -> float:
    """The time until the deadline, for the next read or write."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, READ_TIMEOUT_S)


def _body(response: HTTPResponse, limit: int) -> bytes:
    """At most `limit` bytes of a 200, or `MAX_ERROR` bytes of an error."""
    if response.status != 200:
        return _read(response, MAX_ERROR)
    if response.length is None and not response.chunked:
        raise IncompleteRead(b"")  # a broken connection would look like the end
    data = _read(response, limit)
    left = response.chunk_left if response.chunked else response.length
    if left and (left < 0 or len(data) < limit):  # `http.client` accepts negative chunks
        raise IncompleteRead(b"")
    return data


def _read(response: HTTPResponse, limit: int) -> bytes:
    data = bytearray()
    while len(data) < limit and (chunk := response.read1(limit - len(data))):
        data += chunk
    return bytes(data)


class _Response(HTTPResponse):
    """A response that must be complete by a deadline, even if no single read is slow."""

    def __init__(self, sock: socket, *, method: str | None, deadline: float) -> None:
        super().__init__(sock, method=method)
        self.fp = BufferedReader(_Timed(sock, self.fp.detach(), deadline))
        self.by_name: dict[str, str] = {}

    def begin(self) -> None:
        """Read the head, as http.client does, but not by the parser of e-mails.

        That would take a third of the time of an exchange on an open connection.
        """
        version, status, reason = self._read_status()  # type: ignore[attr-defined]
        while status == HTTPStatus.CONTINUE:
            _read_headers(self.fp)
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
        self.code = self.status = status
        self.reason, self.version = reason.strip(), 10 if version == "HTTP/1.0" else 11
        self.by_name = headers = _read_headers(self.fp)
        self.headers = headers  # type: ignore[assignment]
        self.chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.length = None if self.chunked else _length(status, headers)
        self.will_close = self._check_close() or (not self.chunked and self.length is None)  # type: ignore[attr-defined]


def _read_headers(stream: BufferedReader) -> dict[str, str]:
    """The headers of a head, by their names in lower case."""
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        line = stream.readline(LONGEST_LINE)
        if line in (b"\r\n", b"\n"):
            return headers
        if not line.endswith(b"\n"):
            raise IncompleteRead(line)
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise HTTPException("too many headers")


def _length(status: int, headers: Mapping[str, str]) -> int | None:
    """The length of a body that is not chunked; None if the head does not tell it."""
    if status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED) or status < 200:
        return 0
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


class _Timed(RawIOBase):
    def __init__(self, sock: socket, stream: RawIOBase, deadline: float) -> None:
        self._sock = sock
        self._stream = stream
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        self._sock.settimeout(_left(self._deadline))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
