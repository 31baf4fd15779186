"""A stand-in for DynamoDB that waits as long: ``python -m benchmarks.serving.table_stub PORT``.

It is a process of its own, so that it takes neither the core nor the lock of those that it serves.
Work on a request is part of the wait. Any other path is answered at once. Conditions are not
checked: each write succeeds.
"""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Final, NamedTuple

from training.local.processes import LOOPBACK

READ, WRITE = "BatchGetItem", "TransactWriteItems"

WAITS_S: Final = {READ: 0.004, WRITE: 0.009}
"""What DynamoDB takes for them."""

KEPT_WRITES: Final = 50
"""Writes of one item that are kept. An account with 256 payments in an hour would not move."""

SPUN_S: Final = 0.0005
"""The last part of a wait, without sleep: a sleep ends too late."""


class Request(NamedTuple):
    """The operation, empty if there is none, and the body."""

    operation: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Items:
    """The items that were written."""

    by_key: dict[str, Any] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)

    def answer(self, operation: str, content: dict[str, Any]) -> dict[str, Any]:
        """What DynamoDB answers."""
        if operation == WRITE:
            for each in content.get("TransactItems", ()):
                self._keep(each["Put"]["Item"])
            return {}
        wanted = content.get("RequestItems", {})
        found = {table: self._found(asked["Keys"]) for table, asked in wanted.items()}
        return {"Responses": found, "UnprocessedKeys": {}}

    def _keep(self, item: dict[str, Any]) -> None:
        key = item["pk"]["S"]
        self.writes[key] += 1
        if self.writes[key] <= KEPT_WRITES:
            self.by_key[key] = item

    def _found(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = (key["pk"]["S"] for key in keys)
        return [self.by_key[name] for name in names if name in self.by_key]


class Handler(StreamRequestHandler):
    """Answers the requests of one connection."""

    server: "Stub"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the other side hangs up."""
        received = b""
        while data := self.connection.recv(65_536):
            received += data
            if (request := whole(received)) is not None:
                arrived = time.perf_counter()
                answer = self._answer(request)
                wait_until(arrived + WAITS_S.get(request.operation, 0))
                self.connection.sendall(answer)
                received = b""

    def _answer(self, request: Request) -> bytes:
        content = json.loads(request.body or b"{}")
        return response(json.dumps(self.server.items.answer(request.operation, content)).encode())


class Stub(ThreadingTCPServer):
    """The server."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.items = Items()


def whole(received: bytes) -> Request | None:
    """The request, once its last byte is there."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return None
    fields = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    headers = {name.lower(): value.strip() for name, _, value in fields}
    if len(body) < int(headers.get("content-length", 0)):
        return None
    return Request(headers.get("x-amz-target", "").rpartition(".")[2], body)


def response(body: bytes) -> bytes:
    """A response with as many headers as DynamoDB's."""
    headers = (
        "HTTP/1.1 200 OK",
        "Server: Server",
        f"Date: {formatdate(usegmt=True)}",
        "Content-Type: application/x-amz-json-1.0",
        f"Content-Length: {len(body)}",
        "Connection: keep-alive",
        f"x-amzn-RequestId: {'A' * 52}",
        "x-amz-crc32: 2745614147",
    )
    return "\r\n".join([*headers, "", ""]).encode() + body


def wait_until(moment: float) -> None:
    """Wait until a time of `perf_counter`."""
    asleep = moment - SPUN_S - time.perf_counter()
    if asleep > 0:
        time.sleep(asleep)
    while time.perf_counter() < moment:
        pass


if __name__ == "__main__":
    with Stub(int(sys.argv[1])) as stub:
        stub.serve_forever()
