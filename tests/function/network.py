"""The way to S3 and SSM, as real sockets that can be made faulty; it counts what is asked."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock, Thread

from training.local.processes import LOOPBACK

type Fault = Callable[[socket.socket, bytes], None]
"""What happens to a connection in place of the answer that was due."""

SERVICES = ("ssm", "s3")
TRICKLE_S = 0.2


class Line:
    """A port that leads to moto, one request a connection, until something goes wrong on it."""

    def __init__(self, moto_port: int) -> None:
        self.fault: Fault | None = None
        self.requests = 0
        self._moto = (LOOPBACK, moto_port)
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port = self._listening.getsockname()[1]
        self._accept()

    def close(self) -> None:
        """Refuse connections."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()

    def cut(self) -> None:
        """Refuse connections and end those that there are, so that nobody waits on them."""
        self.close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def reopen(self) -> None:
        self._listening = socket.create_server((LOOPBACK, self.port))
        self._accept()

    def swallow(self) -> list[socket.socket]:
        """Let connections wait for ever: a full queue drops whoever comes next."""
        self.close()
        self._listening = socket.create_server((LOOPBACK, self.port), backlog=0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex((LOOPBACK, self.port))
        return waiting

    def _accept(self) -> None:
        Thread(target=self._serve, args=(self._listening,), daemon=True).start()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, self._kept(connection), suppress(OSError):
            connection.settimeout(10)
            request = _read_request(connection)
            with self._lock:
                self.requests += 1
            fault, answer = self.fault, _ask(self._moto, request)
            if fault is None:
                connection.sendall(answer)
            else:
                fault(connection, answer)

    @contextmanager
    def _kept(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._connections.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)


def _read_request(connection: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65_536)
    head, _, body = read.partition(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
    length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\nConnection: close\r\n\r\n" + body


def _ask(moto: tuple[str, int], request: bytes) -> bytes:
    with socket.create_connection(moto, timeout=10) as upstream:
        upstream.sendall(request)
        return b"".join(iter(lambda: upstream.recv(65_536), b""))


def black_hole(connection: socket.socket, _: bytes) -> None:
    """Take the request and say nothing until the other side gives up."""
    while connection.recv(65_536):
        pass


def reset(connection: socket.socket, answer: bytes) -> None:
    """Send most of the answer, then reset the connection in the middle of its body."""
    connection.sendall(answer[: answer.index(b"\r\n\r\n") + 20])
    time.sleep(0.05)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def trickle(connection: socket.socket, answer: bytes) -> None:
    """Send the head of the answer, then its body byte by byte; no single read waits for long."""
    start = answer.index(b"\r\n\r\n") + 4
    connection.sendall(answer[:start])
    for byte in answer[start:]:
        connection.sendall(bytes([byte]))
        time.sleep(TRICKLE_S)


def saying(status: str, code: str) -> Fault:
    """Answer with a status and AWS's name of the error, in the way of S3 and in that of SSM."""
    body = f'<Error><Code>{code}</Code></Error>{{"__type": "{code}"}}'.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    def say(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head.encode() + body)

    return say


class Network:
    """A line to each service, and the environment that leads our code over them."""

    def __init__(self, moto_port: int) -> None:
        self.lines = {service: Line(moto_port) for service in SERVICES}

    @property
    def environment(self) -> dict[str, str]:
        return {
            f"AWS_ENDPOINT_URL_{service.upper()}": f"http://{LOOPBACK}:{line.port}"
            for service, line in self.lines.items()
        }

    @property
    def requests(self) -> int:
        return sum(line.requests for line in self.lines.values())


@contextmanager
def network(moto_port: int) -> Iterator[Network]:
    made = Network(moto_port)
    with ExitStack() as stack:
        for line in made.lines.values():
            stack.callback(line.cut)
        yield made
