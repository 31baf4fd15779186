"""How an answer of HTTP may end: whole, broken off or never. Real sockets, one exchange each."""

import socket
from dataclasses import replace
from itertools import repeat
from time import monotonic
from urllib.parse import urlsplit

import pytest

from fraud_api_lambda.aws import client as aws
from fraud_api_lambda.aws.connections import FAILURES, Connections
from fraud_api_lambda.aws.errors import ModelStoreError, TransientError
from fraud_api_lambda.aws.signature import AwsRequest
from fraud_api_lambda.aws.transport import Call, exchange
from fraud_api_lambda.deployment.pointer import IntegrityError
from fraud_api_lambda.deployment.store import ModelStore
from tests.faulty_aws import DATA, PINNED, Behaviour, answering, faulty_aws, in_turn, sending, xml
from training.local.processes import free_port

LENGTH = f"Content-Length: {len(DATA)}".encode()
WHOLE = {
    "with a length": b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n\r\n" + DATA,
    "in chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nthe b\r\nf\r\nytes of a model\r\n0\r\n\r\n"
    ),
    "after 100 Continue": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n\r\n" + DATA
    ),
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + LENGTH + b"\r\n\r\n" + DATA,
    "named gzip by whoever put it there": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + LENGTH + b"\r\n\r\n" + DATA
    ),
}


def of_length(length: object) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + DATA


BROKEN = {
    "no answer": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a status that broke off": b"HTTP/1.1 20",
    "a head that broke off": b"HTTP/1.1 200 OK\r\n" + LENGTH,
    "no body": b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n\r\n",
    "half a body": b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n\r\n" + DATA[:10],
    "no last chunk": WHOLE["in chunks"][:-5],
    "half a chunk": WHOLE["in chunks"][:-20],
    "chunks of no size": WHOLE["in chunks"].replace(b"\r\nf\r\n", b"\r\nx\r\n"),
    "chunks of less than nothing": WHOLE["in chunks"].replace(b"\r\nf\r\n", b"\r\n-f\r\n"),
    "neither length nor chunks": b"HTTP/1.1 200 OK\r\n\r\n" + DATA,
    "a negative length": of_length(-1),
    "a length that is no number": of_length("many"),
    "an absurd length": of_length(10**30),
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n" + DATA,
    "another 1xx": b"HTTP/1.1 103 Early Hints\r\n\r\n",
}


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
def test_a_whole_answer_is_taken_at_once(answer: bytes) -> None:
    with faulty_aws(in_turn(sending(answer), sending())) as store:
        assert store.fetch(PINNED) == DATA


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_broke_off_is_asked_for_once_more(answer: bytes) -> None:
    with faulty_aws(in_turn(sending(answer), answering("200 OK", DATA))) as store:
        assert store.fetch(PINNED) == DATA


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_breaks_off_twice_accuses_nobody_of_another_object(answer: bytes) -> None:
    with faulty_aws(sending(answer)) as store, pytest.raises(TransientError):
        store.fetch(PINNED)


def received(store: ModelStore) -> bytes:
    """The body of one exchange, which is not repeated."""
    place = urlsplit(store._aws.endpoints["s3"])
    request = AwsRequest("GET", place.netloc)
    return exchange(Call(place, request, {}, 1_000, monotonic() + 10), Connections()).body


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
def test_no_beginning_of_an_answer_passes_for_the_whole(answer: bytes) -> None:
    beginnings = [answer[:length] for length in range(len(answer) + 1)]
    bodies = []

    with faulty_aws(in_turn(*map(sending, beginnings))) as store:
        for _ in beginnings:
            try:
                bodies.append(received(store))
            except FAILURES:
                continue

    assert set(bodies) == {DATA}


@pytest.mark.parametrize("beginning", [b"", b'<?xml version="1.0"?>\n'])
def test_an_error_under_a_200_is_no_object(beginning: bytes) -> None:
    answer = answering("200 OK", beginning + xml("InternalError"))

    with (
        faulty_aws(answer) as store,
        pytest.raises(TransientError, match="AWS says InternalError"),
    ):
        store.fetch(replace(PINNED, size=10_000))


def test_a_shorter_object_that_came_whole_is_not_the_one_that_was_pinned() -> None:
    with faulty_aws(answering("200 OK", DATA[:-1])) as store, pytest.raises(IntegrityError):
        store.fetch(PINNED)


def test_a_longer_object_is_not_read_to_its_end() -> None:
    endless = sending(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", DATA + b"x")

    with faulty_aws(endless) as store, pytest.raises(IntegrityError):
        store.fetch(PINNED)


def counted(behave: Behaviour, connections: list[socket.socket]) -> Behaviour:
    def counting(connection: socket.socket) -> None:
        connections.append(connection)
        behave(connection)

    return counting


ELSEWHERE = f"Location: http://127.0.0.1:{free_port()}/\r\n".encode()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nthe", 206),
        (b"HTTP/1.1 301 Moved Permanently\r\n" + ELSEWHERE + b"Content-Length: 0\r\n\r\n", 301),
        (b"HTTP/1.1 302 Found\r\n" + ELSEWHERE + b"Content-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 307 Temporary Redirect\r\n" + ELSEWHERE + b"\r\n", 307),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", 304),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 999\r\n\r\n" + xml("AccessDenied"), 403),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n" + xml("AccessDenied"), 403),
    ],
    ids=lambda each: str(each) if isinstance(each, int) else "answer",  # else a port is in names
)
def test_another_status_is_a_refusal_that_is_neither_followed_nor_repeated(
    answer: bytes, status: int
) -> None:
    connections: list[socket.socket] = []
    with (
        faulty_aws(counted(sending(answer), connections)) as store,
        pytest.raises(ModelStoreError) as caught,
    ):
        store.fetch(PINNED)

    assert type(caught.value) is ModelStoreError
    assert caught.value.refusal
    assert caught.value.refusal.status == status
    assert len(connections) == 1


ENDLESS = {
    "a status": [*repeat(b"H", 100)],
    "a head": [b"HTTP/1.1 200 OK\r\nX-Long: ", *repeat(b"x", 100)],
    "headers": [b"HTTP/1.1 200 OK\r\n", *repeat(b"A: b\r\n", 100)],
    "100 Continue": [*repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 100)],
    "a body": [b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n\r\n", *repeat(b"x", 100)],
    "a chunk": [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n",
        *repeat(b"x", 100),
    ],
    "a trailer": [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        *repeat(b"A: b\r\n", 100),
    ],
    "the body of an error": [b"HTTP/1.1 403 Forbidden\r\n\r\n", *repeat(b"x", 100)],
}
"""Parts of which each comes in time, and the whole never."""


@pytest.mark.parametrize("parts", ENDLESS.values(), ids=ENDLESS)
def test_an_answer_that_trickles_is_given_up_in_time_and_not_asked_for_again(
    parts: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "TOTAL_TIMEOUT_S", 0.1)
    connections: list[socket.socket] = []
    trickling = sending(*parts, pause_s=0.05)

    with (
        faulty_aws(counted(trickling, connections)) as store,
        pytest.raises(TransientError) as caught,
    ):
        store.fetch(PINNED)

    assert isinstance(caught.value.__cause__, TimeoutError)
    assert len(connections) == 1
