"""What a client sees of each fault, and whether the server behind saw the request."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.records import faults
from tests.records.faults import Fault, Operation, Plan, Proxy, faulty, scripted
from tests.waiting import wait_for
from training.local.processes import LOOPBACK, free_port

READ, WRITE, FIND = Operation.READ, Operation.WRITE, Operation.FIND
CANCELLED = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
STORED: dict[str, Any] = {"Responses": {"table": []}, "UnprocessedKeys": {}}

KEYS = [{"pk": {"S": f"A#{number}"}} for number in range(3)]
BODIES: dict[str, dict[str, Any]] = {
    READ: {"RequestItems": {"table": {"Keys": KEYS, "ConsistentRead": True}}},
    WRITE: {"TransactItems": [{"Put": {"TableName": "table", "Item": key}} for key in KEYS]},
    FIND: {"TableName": "table", "Key": KEYS[0]},
}


class Upstream(ThreadingHTTPServer):
    """A server that answers every request alike, and remembers them."""

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.seen: list[tuple[list[tuple[str, str]], bytes]] = []
        self.clients: set[int] = set()

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, body in self.seen]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.headers.items(), body))
        self.server.clients.add(self.client_address[1])
        answer = json.dumps(STORED).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-amz-crc32", "12345")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def encoded(operation: str) -> bytes:
    return json.dumps(BODIES.get(operation, {})).encode()


def send(client: HTTPConnection, operation: str) -> None:
    headers = {"Host": "dynamodb.example", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    client.request("POST", "/", encoded(operation), headers)


def ask(client: HTTPConnection, operation: str) -> tuple[int, dict[str, Any]]:
    send(client, operation)
    with client.getresponse() as response:
        return response.status, json.loads(response.read())


def connect(proxy: Proxy) -> closing[HTTPConnection]:
    return closing(HTTPConnection(LOOPBACK, proxy.port, timeout=5))


def one(operation: Operation, fault: Fault) -> Plan:
    return scripted({operation: [fault]})


def test_a_request_passes_as_it_was_sent_and_so_does_its_answer(upstream: Upstream) -> None:
    with faulty(upstream.server_port, one(READ, Fault.NONE)) as proxy, connect(proxy) as client:
        send(client, READ)
        response = client.getresponse()
        answer = response.read()

    ((headers, body),) = upstream.seen
    assert headers == [
        ("Accept-Encoding", "identity"),
        ("Content-Length", str(len(body))),
        ("Host", "dynamodb.example"),
        ("X-Amz-Target", "DynamoDB_20120810.BatchGetItem"),
    ]
    assert body == encoded(READ)
    assert json.loads(answer) == STORED
    assert response.headers["x-amz-crc32"] == "12345"
    assert response.headers.get_all("Content-Length") == [str(len(answer))]


def test_connections_are_kept_open_on_both_sides(upstream: Upstream) -> None:
    with faulty(upstream.server_port, one(READ, Fault.THROTTLE)) as proxy, connect(proxy) as client:
        ask(client, FIND)
        sock = client.sock
        for operation in (READ, READ, WRITE):
            ask(client, operation)

        assert client.sock is sock
    assert len(upstream.seen) == 3
    assert len(upstream.clients) == 1


def test_a_connection_that_the_server_closed_is_renewed(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Handler, "timeout", 0.05)  # of an idle connection
    with faulty(upstream.server_port, scripted({})) as proxy, connect(proxy) as client:
        ask(client, WRITE)
        time.sleep(0.15)
        ask(client, WRITE)

        assert not proxy.troubles
    assert len(upstream.clients) == 2


def test_other_operations_pass_unasked(upstream: Upstream) -> None:
    def no_plan(_: Operation) -> Fault:
        raise AssertionError

    with faulty(upstream.server_port, no_plan) as proxy, connect(proxy) as client:
        ask(client, "CreateTable")

    assert proxy.counts == {("CreateTable", Fault.NONE): 1}
    assert len(upstream.seen) == 1


@pytest.mark.parametrize("items", [1, 2, 3])
def test_a_conflict_cancels_the_transaction_with_a_reason_for_each_item(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch, items: int
) -> None:
    cut(monkeypatch, WRITE, "TransactItems", items)
    status, content = refused(upstream, WRITE, Fault.CONFLICT)

    assert status == 400
    assert content["__type"] == CANCELLED
    assert codes(content) == ["None"] * (items - 1) + ["TransactionConflict"]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (1, ["ThrottlingError"]),
        (2, ["TransactionConflict", "ThrottlingError"]),
        (3, ["None", "TransactionConflict", "ThrottlingError"]),
    ],
)
def test_a_mixed_throttle_of_a_write_has_a_conflict_beside_it(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch, items: int, expected: list[str]
) -> None:
    cut(monkeypatch, WRITE, "TransactItems", items)
    status, content = refused(upstream, WRITE, Fault.MIXED_THROTTLE)

    assert status == 400
    assert content["__type"] == CANCELLED
    assert codes(content) == expected


def cut(monkeypatch: pytest.MonkeyPatch, operation: Operation, name: str, items: int) -> None:
    monkeypatch.setitem(BODIES, operation, {name: BODIES[operation][name][:items]})


def codes(content: dict[str, Any]) -> list[str]:
    return [reason["Code"] for reason in content["CancellationReasons"]]


def refused(
    upstream: Upstream, operation: Operation, fault: Fault, *, forwarded: int = 0
) -> tuple[int, dict[str, Any]]:
    """The answer to a request with a fault; the next passes, on the same connection."""
    with faulty(upstream.server_port, one(operation, fault)) as proxy, connect(proxy) as client:
        answer = ask(client, operation)
        assert len(upstream.seen) == forwarded
        assert ask(client, operation) == (200, STORED)
    assert proxy.counts == {(operation, fault): 1, (operation, Fault.NONE): 1}
    return answer


@pytest.mark.parametrize("operation", Operation)
def test_a_throttle_is_an_error_of_the_whole_request(
    upstream: Upstream, operation: Operation
) -> None:
    status, content = refused(upstream, operation, Fault.THROTTLE)

    assert status == 400
    assert content["__type"].endswith("#ThrottlingException")


@pytest.mark.parametrize(("fault", "forwarded"), [(Fault.ERROR_500, 0), (Fault.LATE_500, 1)])
def test_a_500_comes_before_or_after_the_server_has_worked(
    upstream: Upstream, fault: Fault, forwarded: int
) -> None:
    status, content = refused(upstream, WRITE, fault, forwarded=forwarded)

    assert status == 500
    assert content["__type"].endswith("#InternalServerError")


def test_a_mixed_throttle_of_a_read_leaves_half_of_the_keys_unread(upstream: Upstream) -> None:
    status, content = refused(upstream, READ, Fault.MIXED_THROTTLE, forwarded=1)

    table = {"ConsistentRead": True}
    assert (status, content["Responses"]) == (200, STORED["Responses"])
    assert content["UnprocessedKeys"] == {"table": {**table, "Keys": KEYS[1:]}}
    assert json.loads(upstream.bodies[0]) == {
        "RequestItems": {"table": {**table, "Keys": KEYS[:1]}}
    }


def test_a_read_may_get_none_of_its_keys(upstream: Upstream) -> None:
    status, content = refused(upstream, READ, Fault.UNPROCESSED)

    assert status == 200
    assert content == {
        "Responses": {"table": []},
        "UnprocessedKeys": BODIES[READ]["RequestItems"],
    }


def test_a_mixed_throttle_of_one_key_leaves_it_unread(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BODIES, READ, {"RequestItems": {"table": {"Keys": KEYS[:1]}}})

    _, content = refused(upstream, READ, Fault.MIXED_THROTTLE)

    assert content["UnprocessedKeys"] == BODIES[READ]["RequestItems"]


def failure(
    upstream: Upstream, fault: Fault, error: type[Exception] | tuple[type[Exception], ...]
) -> Exception:
    """What a client gets that waits for 0.2 s; the next request passes, on a new connection."""
    with faulty(upstream.server_port, one(WRITE, fault)) as proxy:
        with closing(HTTPConnection(LOOPBACK, proxy.port, timeout=0.2)) as client:
            with pytest.raises(error) as caught:
                ask(client, WRITE)
            client.close()
            seen = len(upstream.seen)
            assert ask(client, WRITE) == (200, STORED)
        assert proxy.counts == {(WRITE, fault): 1, (WRITE, Fault.NONE): 1}
    assert seen == (0 if fault in (Fault.LOST_REQUEST, Fault.SILENT) else 1)
    return caught.value


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_ANSWER])
def test_a_lost_request_or_answer_is_the_end_of_the_connection(
    upstream: Upstream, fault: Fault
) -> None:
    assert "without response" in str(failure(upstream, fault, ConnectionError))


def test_a_silent_proxy_does_not_answer(upstream: Upstream) -> None:
    failure(upstream, Fault.SILENT, TimeoutError)


def test_a_reset_comes_in_the_middle_of_the_answer(upstream: Upstream) -> None:
    failure(upstream, Fault.RESET, ConnectionResetError)


def test_half_of_the_answer_comes_before_a_reset(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "PAUSE_S", 0.3)  # for a busy machine
    with faulty(upstream.server_port, one(WRITE, Fault.RESET)) as proxy, connect(proxy) as client:
        send(client, WRITE)
        first = client.sock.recv(65_536)
        with pytest.raises(ConnectionResetError):
            client.sock.recv(65_536)
        client.close()
        send(client, WRITE)
        whole = client.sock.recv(65_536)

    assert len(first) == len(whole) // 2  # not the same bytes: the server tells the time


def test_a_trickle_keeps_every_single_read_short(upstream: Upstream) -> None:
    with faulty(upstream.server_port, one(WRITE, Fault.TRICKLE)) as proxy, connect(proxy) as client:
        client.connect()
        client.sock.settimeout(0.5)
        send(client, WRITE)
        pieces = [client.sock.recv(65_536) for _ in range(10)]

    assert b"".join(pieces).startswith(b"HTTP/1.1 ")
    assert max(map(len, pieces)) <= 3


def test_a_trickle_ends_in_time(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "TRICKLE_S", 0.1)

    failure(upstream, Fault.TRICKLE, HTTPException)


def test_a_slow_answer_comes_after_a_delay(upstream: Upstream) -> None:
    start = time.monotonic()
    with (
        faulty(upstream.server_port, one(FIND, Fault.SLOW), slow_s=0.1) as proxy,
        connect(proxy) as client,
    ):
        send(client, FIND)
        wait_for(lambda: upstream.seen)
        with client.getresponse() as response:
            content = json.loads(response.read())

    assert content == STORED
    assert time.monotonic() - start >= 0.1


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.TRICKLE, Fault.SLOW, Fault.NONE])
def test_no_thread_and_no_client_outlives_the_proxy(upstream: Upstream, fault: Fault) -> None:
    threads = threading.active_count()
    with faulty(upstream.server_port, lambda _: fault, slow_s=30) as proxy:
        clients = [HTTPConnection(LOOPBACK, proxy.port, timeout=5) for _ in range(3)]
        for client in clients:
            send(client, WRITE)
        wait_for(lambda: proxy.counts.total() == 3)
        start = time.monotonic()

    assert time.monotonic() - start < 1
    for client in clients:
        drain(client)
    with pytest.raises(ConnectionRefusedError):
        ask(HTTPConnection(LOOPBACK, proxy.port), WRITE)
    wait_for(lambda: threading.active_count() <= threads)


def drain(client: HTTPConnection) -> None:
    """Read until the proxy's end of the connection."""
    with closing(client):
        while client.sock.recv(65_536):
            pass


def test_clients_that_wait_hold_up_no_other(upstream: Upstream) -> None:
    plan = scripted({WRITE: [Fault.SILENT] * 3})
    with faulty(upstream.server_port, plan) as proxy:
        silent = [HTTPConnection(LOOPBACK, proxy.port) for _ in range(3)]
        for client in silent:
            send(client, WRITE)
        wait_for(lambda: proxy.counts.total() == 3)
        with connect(proxy) as client:
            assert ask(client, WRITE) == (200, STORED)
    for client in silent:
        client.close()


def test_bodies_are_kept_on_request(upstream: Upstream) -> None:
    plan = scripted({WRITE: [Fault.LOST_REQUEST]})
    with faulty(upstream.server_port, plan, keep_bodies=True) as proxy, connect(proxy) as client:
        ask(client, READ)
        with pytest.raises(ConnectionError):
            ask(client, WRITE)
    assert proxy.bodies == [encoded(READ), encoded(WRITE)]

    with faulty(upstream.server_port, plan) as proxy, connect(proxy) as client:
        ask(client, READ)
    assert proxy.bodies == []


def test_an_absent_server_is_a_trouble_and_no_fault() -> None:
    with faulty(free_port(), scripted({})) as proxy, connect(proxy) as client:
        with pytest.raises(ConnectionError):
            ask(client, WRITE)

        (trouble,) = proxy.troubles
        assert isinstance(trouble, ConnectionRefusedError)
