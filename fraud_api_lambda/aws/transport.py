"""An HTTP exchange with a deadline, which a slow server cannot extend. Independent of AWS.

Uses `http.client`, which the framework imports anyway.
"""

import ssl
import time
from collections.abc import Buffer, Mapping
from dataclasses import dataclass
from functools import cache, partial
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
)
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Final
from urllib.parse import SplitResult

from fraud_api_lambda.aws.signature import AwsRequest

CONNECT_TIMEOUT_S: Final = 1
READ_TIMEOUT_S: Final = 2

MAX_ERROR: Final = 64 * 1024
"""Bytes of the body of an error."""

FAILURES: Final = (OSError, HTTPException)
"""The exceptions of an exchange: DNS, TLS, connection, or an answer that is not HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body."""

    status: int
    headers: HTTPMessage
    body: bytes


def exchange(
    endpoint: SplitResult,
    request: AwsRequest,
    headers: Mapping[str, str],
    *,
    limit: int,
    deadline: float,
) -> Answer:
    """The answer to a request, with at most `limit` bytes of its body.

    Parameters
    ----------
    endpoint : SplitResult
        Scheme, host and port.
    request : AwsRequest
    headers : dict
    limit : int
    deadline : float
        The end of reading, by `time.monotonic`. The limit of a single read is `READ_TIMEOUT_S`.

    Raises
    ------
    OSError
        If the connection cannot be made, fails, or is too slow.
    HTTPException
        If the answer is not HTTP, or a 200 is shorter than announced.
    """
    connection = _connection(endpoint)
    connection.response_class = partial(_Response, deadline=deadline)  # type: ignore[assignment]
    try:
        connection.connect()
        connection.sock.settimeout(READ_TIMEOUT_S)
        connection.putrequest(
            request.method, request.target, skip_host=True, skip_accept_encoding=True
        )
        for name, value in headers.items():
            connection.putheader(name, value)
        if request.body:
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        with connection.getresponse() as response:
            return Answer(response.status, response.headers, _body(response, limit))
    finally:
        connection.close()


def _connection(endpoint: SplitResult) -> HTTPConnection:
    host = str(endpoint.hostname)
    if endpoint.scheme == "http":
        return HTTPConnection(host, endpoint.port or 80, timeout=CONNECT_TIMEOUT_S)
    return HTTPSConnection(host, endpoint.port or 443, timeout=CONNECT_TIMEOUT_S, context=trust())


@cache
def trust() -> ssl.SSLContext:
    """OpenSSL's trusted authorities, read once: it takes 20 ms of a cold start."""
    return ssl.create_default_context()


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


class _Timed(RawIOBase):
    def __init__(self, sock: socket, stream: RawIOBase, deadline: float) -> None:
        self._sock = sock
        self._stream = stream
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(left, READ_TIMEOUT_S))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
