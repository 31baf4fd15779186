"""Connections that stay open: used again, renewed, or given up. Real sockets."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from fraud_api_lambda.aws import connections as module
from fraud_api_lambda.aws.connections import Connections
from fraud_api_lambda.aws.signature import AwsRequest
from fraud_api_lambda.aws.transport import Call, exchange
from training.local.processes import LOOPBACK, free_port

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"

type Talk = Callable[[socket.socket, int], None]
"""Serves a connection, given the number of those before it."""


class Server:
    """A server of this machine that counts its connections."""

    def __init__(self, port: int) -> None:
        self.place = urlsplit(f"http://{LOOPBACK}:{port}")
        self.connections = 0
        self.requests = 0

    def answer(self, connections: Connections, *, limit: int = 100) -> tuple[int, bytes]:
        request = AwsRequest("GET", self.place.netloc)
        call = Call(self.place, request, {}, limit, time.monotonic() + 5)
        answer = exchange(call, connections)
        return answer.status, answer.body


@contextmanager
def serving(talk: Talk) -> Iterator[Server]:
    with socket.create_server((LOOPBACK, 0)) as listener:
        listener.settimeout(0.05)
        server, over = Server(listener.getsockname()[1]), Event()

        def serve(connection: socket.socket, number: int) -> None:
            with connection, suppress(OSError):
                connection.settimeout(5)
                talk(connection, number)

        def accept() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    server.connections += 1
                    Thread(target=serve, args=(connection, server.connections), daemon=True).start()

        thread = Thread(target=accept)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            thread.join()


def answering(*answers: bytes) -> Talk:
    """Give each connection these answers, then close it."""

    def talk(connection: socket.socket, _: int) -> None:
        for answer in answers:
            if not connection.recv(65_536):
                return
            connection.sendall(answer)

    return talk


@pytest.mark.parametrize("first", [OK, CHUNKED, REFUSED], ids=["whole", "chunked", "refused"])
def test_requests_share_a_connection(first: bytes) -> None:
    with serving(answering(first, OK, OK)) as server:
        connections = Connections()
        answers = [server.answer(connections) for _ in range(3)]

    assert [body for _, body in answers[1:]] == [b"ok", b"ok"]
    assert server.connections == 1


def test_a_connection_that_the_server_closes_after_an_answer_is_not_used_again() -> None:
    with serving(answering(LAST)) as server:
        connections = Connections()
        assert [server.answer(connections) for _ in range(2)] == [(200, b"ok")] * 2

    assert server.connections == 2


def test_a_connection_with_the_rest_of_an_answer_is_not_used_again() -> None:
    with serving(answering(OK, OK)) as server:
        connections = Connections()
        assert [server.answer(connections, limit=1)[1] for _ in range(2)] == [b"o"] * 2

    assert server.connections == 2


def test_a_connection_that_was_closed_while_it_was_idle_is_renewed() -> None:
    with serving(answering(OK)) as server:
        connections = Connections()
        server.answer(connections)
        time.sleep(0.05)  # until the end of the connection has arrived

        assert server.answer(connections) == (200, b"ok")


def test_a_server_that_hangs_up_on_a_kept_connection_is_asked_on_a_new_one() -> None:
    def talk(connection: socket.socket, number: int) -> None:
        answering(OK)(connection, number)
        if number == 1:
            connection.recv(65_536)  # the second request, which stays without an answer
        else:
            answering(OK)(connection, number)

    with serving(talk) as server:
        connections = Connections()
        assert [server.answer(connections) for _ in range(3)] == [(200, b"ok")] * 3

    assert server.connections == 2


def test_a_new_connection_on_which_the_server_hangs_up_is_not_renewed() -> None:
    with (
        serving(lambda connection, _: connection.close()) as server,
        pytest.raises(ConnectionError),
    ):
        server.answer(Connections())

    assert server.connections == 1


def test_a_connection_is_not_used_after_a_long_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thawed process may hold one that the network has forgotten, and nothing says so."""
    with serving(answering(OK, OK)) as server:
        connections = Connections()
        server.answer(connections)
        monkeypatch.setattr(module, "LONGEST_IDLE_S", 0.0)
        server.answer(connections)

    assert server.connections == 2


def test_a_prepared_connection_is_used_by_the_first_request() -> None:
    with serving(answering(OK)) as server:
        connections = Connections()
        connections.prepare(server.place)
        kept = waited_for(lambda: connections.take(server.place))
        connections.keep(server.place, kept)

        assert server.answer(connections) == (200, b"ok")

    assert server.connections == 1


def waited_for[T](found: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if (value := found()) is not None:
            return value
        time.sleep(0.005)
    raise TimeoutError


def test_nobody_waits_longer_than_allowed_for_a_name_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, may_answer = Event(), Event()
    find = socket.getaddrinfo

    def slow(*args: object, **options: object) -> object:
        asked.set()
        may_answer.wait(5)
        return find(*args, **options)  # type: ignore[arg-type]

    with serving(answering(OK)) as server:
        connections = Connections()
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with pytest.raises(TimeoutError):
            connections.open(server.place, 0.02)
        assert asked.is_set()
        may_answer.set()

        # The connection came too late for that request, but not for the next one.
        waited_for(lambda: connections.take(server.place)).close()


def test_a_refused_connection_is_told_at_once() -> None:
    place = urlsplit(f"http://{LOOPBACK}:{free_port()}")

    with pytest.raises(ConnectionRefusedError):
        Connections().open(place, 5)


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
def test_a_host_that_can_have_no_address_is_told_at_once(host: str) -> None:
    with pytest.raises(OSError, match="no valid name"):
        Connections().open(urlsplit(f"http://{host}"), 5)
