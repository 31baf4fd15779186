"""A proxy in front of a DynamoDB emulator: it conflicts, throttles, and loses what passes it."""

import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from threading import Event, Lock, Thread
from typing import Final

from tests.records.plans import Fault, Operation, Plan, at_random, scripted
from tests.records.relay import Answer, Request, Sockets, Upstream, of_json, read_request
from training.local.processes import LOOPBACK

__all__ = ["Fault", "Operation", "Plan", "Proxy", "at_random", "faulty", "scripted"]

MODEL: Final = "com.amazonaws.dynamodb.v20120810#"
SILENCE_S: Final = 10
TRICKLE_S: Final = 2
PAUSE_S: Final = 0.02
CLOSING_S: Final = 1


@contextmanager
def faulty(
    upstream_port: int, plan: Plan, *, slow_s: float = 0.2, keep_bodies: bool = False
) -> Iterator["Proxy"]:
    """A proxy in front of a port of this machine; at the end of the block nothing of it is left."""
    proxy = Proxy(upstream_port, plan, slow_s=slow_s, keep_bodies=keep_bodies)
    try:
        yield proxy
    finally:
        proxy.close()


class Proxy:
    """A running proxy.

    Attributes
    ----------
    port : int
    counts : Counter
        Requests by operation and fault.
    bodies : list of bytes
        Bodies of all requests, if they are kept.
    troubles : list of Exception
        Failures of the server behind: no fault of this proxy.
    """

    def __init__(self, upstream_port: int, plan: Plan, *, slow_s: float, keep_bodies: bool) -> None:
        self.counts = Counter[tuple[str, Fault]]()
        self.bodies: list[bytes] = []
        self.troubles: list[Exception] = []
        self.slow_s = slow_s
        self.is_closing = Event()
        self._plan = plan
        self._keeps_bodies = keep_bodies
        self._upstream_port = upstream_port
        self._lock = Lock()
        self._sockets = Sockets()
        self._listening = socket.create_server((LOOPBACK, 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._threads: list[Thread] = []
        self._acceptor = Thread(target=self._accept)
        self._acceptor.start()

    def close(self) -> None:
        """Hang up on every client.

        Raises
        ------
        TimeoutError
            If a thread does not end.
        """
        self.is_closing.set()
        self._sockets.cut()
        deadline = time.monotonic() + CLOSING_S
        self._acceptor.join(CLOSING_S)  # from here on there are no more threads
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in (self._acceptor, *self._threads)):
            raise TimeoutError

    def _accept(self) -> None:
        with self._sockets.kept(self._listening), suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                thread = Thread(target=self._serve, args=(client,))
                self._threads = [*filter(Thread.is_alive, self._threads), thread]
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with (
            suppress(OSError),
            self._sockets.kept(client),
            closing(Upstream(self._upstream_port, self._sockets)) as upstream,
            client.makefile("rb") as reader,
        ):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := read_request(reader):
                if not _treat(self._fault(request), _Exchange(request, client, self, upstream)):
                    return

    def _fault(self, request: Request) -> Fault:
        known = request.operation in list(Operation)
        fault = self._plan(Operation(request.operation)) if known else Fault.NONE
        with self._lock:
            self.counts[request.operation, fault] += 1
            if self._keeps_bodies:
                self.bodies.append(request.body)
        return fault


@dataclass(frozen=True, slots=True)
class _Exchange:
    request: Request
    client: socket.socket
    proxy: Proxy
    upstream: Upstream

    def forward(self, request: Request | None = None) -> Answer:
        """The server's answer, to this request or to another in its place."""
        try:
            return self.upstream.ask((request or self.request).raw)
        except (OSError, HTTPException) as error:
            if not self.proxy.is_closing.is_set():
                self.proxy.troubles.append(error)
            raise ConnectionError from error


def _treat(fault: Fault, exchange: _Exchange) -> bool:
    """Whether the client was answered and may go on, on the same connection."""
    if broken := BREAKS.get(fault):
        broken(exchange)
        return False
    exchange.client.sendall(ANSWERS[fault](exchange).raw)
    return True


def _slow(exchange: _Exchange) -> Answer:
    answer = exchange.forward()
    exchange.proxy.is_closing.wait(exchange.proxy.slow_s)
    return answer


def _refusal(status: str, kind: str, **more: object) -> Answer:
    return of_json(status, {"__type": kind, "message": "simulated", **more})


def _throttled(_: _Exchange) -> Answer:
    return _refusal("400 Bad Request", "com.amazon.coral.availability#ThrottlingException")


def _failed(_: _Exchange) -> Answer:
    return _refusal("500 Internal Server Error", f"{MODEL}InternalServerError")


def _failed_late(exchange: _Exchange) -> Answer:
    exchange.forward()
    return _failed(exchange)


def _conflict(exchange: _Exchange) -> Answer:
    return _cancelled(exchange.request, "TransactionConflict")


def _cancelled(request: Request, *codes: str) -> Answer:
    """These reasons for the last items, and none for those before."""
    number = len(request.content["TransactItems"])
    last = [{"Code": code, "Message": "simulated"} for code in codes[-number:]]
    reasons = [{"Code": "None"}] * (number - len(last)) + last
    kind = f"{MODEL}TransactionCanceledException"
    return _refusal("400 Bad Request", kind, CancellationReasons=reasons)


def _partly_throttled(exchange: _Exchange) -> Answer:
    """For a write a conflict beside a throttle; for a read half of its keys, rounded down."""
    if exchange.request.operation == Operation.WRITE:
        return _cancelled(exchange.request, "TransactionConflict", "ThrottlingError")
    content = exchange.request.content
    ((name, table),) = content["RequestItems"].items()
    if (half := len(table["Keys"]) // 2) == 0:
        return _unprocessed(exchange)
    read, unread = (
        {name: {**table, "Keys": keys}} for keys in (table["Keys"][:half], table["Keys"][half:])
    )
    answer = exchange.forward(exchange.request.with_content({**content, "RequestItems": read}))
    return of_json(answer.status, {**json.loads(answer.body), "UnprocessedKeys": unread})


def _unprocessed(exchange: _Exchange) -> Answer:
    tables = exchange.request.content["RequestItems"]
    content = {"Responses": {name: [] for name in tables}, "UnprocessedKeys": tables}
    return of_json("200 OK", content)


def _hang_up(_: _Exchange) -> None:
    """Leave all to the end of the connection."""


def _hang_up_late(exchange: _Exchange) -> None:
    exchange.forward()


def _reset(exchange: _Exchange) -> None:
    answer = exchange.forward().raw
    exchange.client.sendall(answer[: len(answer) // 2])
    exchange.proxy.is_closing.wait(PAUSE_S)  # a reset overtakes bytes that nobody has read
    exchange.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _trickle(exchange: _Exchange) -> None:
    deadline = time.monotonic() + TRICKLE_S
    for byte in exchange.forward().raw:
        if time.monotonic() >= deadline or exchange.proxy.is_closing.wait(PAUSE_S):
            return
        exchange.client.sendall(bytes([byte]))


def _say_nothing(exchange: _Exchange) -> None:
    exchange.client.settimeout(SILENCE_S)
    while exchange.client.recv(65_536):
        pass


ANSWERS: Final[Mapping[Fault, Callable[[_Exchange], Answer]]] = {
    Fault.NONE: _Exchange.forward,
    Fault.SLOW: _slow,
    Fault.CONFLICT: _conflict,
    Fault.THROTTLE: _throttled,
    Fault.MIXED_THROTTLE: _partly_throttled,
    Fault.UNPROCESSED: _unprocessed,
    Fault.ERROR_500: _failed,
    Fault.LATE_500: _failed_late,
}

BREAKS: Final[Mapping[Fault, Callable[[_Exchange], None]]] = {
    Fault.LOST_REQUEST: _hang_up,
    Fault.SILENT: _say_nothing,
    Fault.LOST_ANSWER: _hang_up_late,
    Fault.RESET: _reset,
    Fault.TRICKLE: _trickle,
}
