"""The heartbeat's servers at one address: API Gateway, SSM, Lambda and the API."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import ModuleType
from typing import Any

import pytest

from tests.infra.infra import ROOT
from training.local.processes import LOOPBACK

type Told = dict[str, Any]
"""The body of GET /model."""

type Answer = tuple[int, Any]
"""The status and body of POST /predict; bytes are sent as they are."""

DIGEST = "0123456789abcdef" + "0" * 48
BEFORE = "fedcba9876543210" + "0" * 48
KEY = "the-callers-key"
HANGS = object()
"""In place of an answer: the connection stays open without one."""


def load() -> ModuleType:
    """The handler, from the folder that becomes its zip."""
    path = ROOT / "bootstrap/heartbeat/handler.py"
    spec = importlib.util.spec_from_file_location("heartbeat", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class World(ThreadingHTTPServer):
    """`status` and `told` are the function's answer, `answers` those of POST /predict in turn."""

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Handler)
        pointer = {"sha256": DIGEST, "previous": {"sha256": BEFORE}}
        self.parameter: dict[str, Any] = {"Value": json.dumps(pointer), "LastModifiedDate": 0}
        self.status = 200
        self.told: Told = {}
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, Any, str | None]] = []
        self.signatures: list[str] = []
        self.closing = Event()


class Handler(BaseHTTPRequestHandler):
    """Gives the answers of its server, the world, and records there each request."""

    server: World

    def do_GET(self) -> None:
        assert self.path == "/apikeys/key-id?includeValue=true"
        self.send({"value": KEY})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers.get("x-amz-target") == "AmazonSSM.GetParameter":
            self.send({"Parameter": self.server.parameter})
            return
        if self.path == "/2015-03-31/functions/scorer/invocations?Qualifier=live":
            assert body["resource"] == "/model"
            told = json.dumps(self.server.told)
            self.send({"statusCode": self.server.status, "body": told})
            return
        self.server.asked.append((self.path, body, self.headers["x-api-key"]))
        status, answer = self.server.answers.pop(0)
        if answer is not HANGS:
            self.send(answer, status)
        else:
            self.server.closing.wait(10)

    def send(self, answer: Any, status: int = 200) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.server.signatures.append(self.headers["authorization"])
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def living(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world that the heartbeat's variables name; its pointer names DIGEST, before it BEFORE."""
    with World() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://{LOOPBACK}:{server.server_port}"
        names = {
            **dict.fromkeys(("APIGATEWAY_URL", "LAMBDA_URL", "SSM_URL"), address),
            "API_URL": f"{address}/live",
            "API_KEY_ID": "key-id",
            "FUNCTION": "scorer",
            "MODEL_PARAMETER": "/fraud/model",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "no_proxy": LOOPBACK,
        }
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
