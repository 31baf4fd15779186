"""An AWS on a socket of this machine that does something wrong, and a store that asks it."""

import hashlib
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.aws.signature import Credentials
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.pointer import PinnedModel, key_of
from fraud_api_lambda.deployment.store import ModelStore
from training.local.processes import LOOPBACK

DATA = b"the bytes of a model"
SECRET = "not-to-be-told"
PINNED = PinnedModel(key_of(version_of(DATA)), "v1", len(DATA), hashlib.sha256(DATA).hexdigest())

type Behaviour = Callable[[socket.socket], None]


def answering(status: str, body: bytes = b"", length: int | None = None) -> Behaviour:
    """Answer and close; `length` may promise more than is sent."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head.encode() + body)

    return behave


def sending(*parts: bytes, pause_s: float = 0) -> Behaviour:
    """Send these bytes, with pauses, until all are sent or the other side hangs up; then close."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        with suppress(OSError):
            for part in parts:
                connection.sendall(part)
                time.sleep(pause_s)

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Treat each connection by the next of these, and those after them as the last."""
    rest = list(behaviours)

    def behave(connection: socket.socket) -> None:
        now = rest.pop(0) if len(rest) > 1 else rest[0]
        now(connection)

    return behave


def resetting(connection: socket.socket) -> None:
    """Promise the object, send half of it, then reset the connection."""
    answering("200 OK", DATA[:10], len(DATA))(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    """Swallow the request until the other side gives up."""
    while connection.recv(65_536):
        pass


@contextmanager
def faulty_aws(behave: Behaviour) -> Iterator[ModelStore]:
    """A store whose AWS is a server on this machine that treats every connection like that."""
    with socket.create_server((LOOPBACK, 0)) as server:
        server.settimeout(0.05)
        stopped = False

        def serve() -> None:
            while not stopped:
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(10)
                    behave(connection)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield at_port(server.getsockname()[1])
        finally:
            stopped = True
            thread.join()


def at_port(port: int) -> ModelStore:
    address = f"http://{LOOPBACK}:{port}"
    client = AwsClient(
        Credentials("AKIAEXAMPLE", SECRET), "us-east-1", {"s3": address, "ssm": address}
    )
    return ModelStore(bucket="the-bucket", parameter="/the/parameter", aws=client)


def xml(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode()


def coded(code: str) -> bytes:
    return json.dumps({"__type": code, "message": SECRET}).encode()
