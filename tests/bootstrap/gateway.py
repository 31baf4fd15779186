"""API Gateway on this machine: admits callers by their key and, if required, their signature."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

VERSION = "0123456789abcdef"
STOPPED: dict[str, dict[str, object]] = {
    "transaction": {"type": "TRANSFER", "amount": 5.0},
    "answer": {"decision": "block"},
}
ANSWERS: dict[str, Mapping[str, object]] = {
    "/live/health": {"status": "ok"},
    "/live/model": {"version": VERSION, "examples": {"stopped": STOPPED, "approved": None}},
    "/live/predict?record=false": STOPPED["answer"],
    "/live/reviews?limit=1": {"reviews": [{"amount": 1234.5}]},
}
"""Answers of the API that the smoke test accepts."""

OTHER_KEY = {"type": "urn:problem-type:fraud-api:other-key"}


def signature(
    method: str, url: str, headers: Mapping[str, str], body: bytes, credentials: Credentials
) -> str:
    """The expected signature of a request, by botocore; `headers` in lower case."""
    scope = headers["authorization"].split("Credential=")[1].split(",")[0]
    _, _, region, service, _ = scope.split("/")
    request = AWSRequest(method, url, data=body)
    for name in headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";"):
        request.headers[name] = headers[name]
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(credentials, service, region)
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


class GatewayServer(ThreadingHTTPServer):
    """Admits requests with either key and, if there are credentials, with their signature.

    `is_open` shows the reviews to both.
    """

    def __init__(self, key: str, credentials: Credentials | None, review_key: str) -> None:
        super().__init__(("127.0.0.1", 0), Gateway)
        self.key, self.review_key, self.is_open = key, review_key, False
        self.credentials = credentials
        self.answered: list[tuple[str, int]] = []


class Gateway(BaseHTTPRequestHandler):
    """Records the status of each answer by path."""

    server: GatewayServer

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, answer = 200, ANSWERS[self.path]
        if not self.lets_in(body):
            status, answer = 403, {}
        elif "/reviews" in self.path and not self.is_for_reviews():
            status, answer = 403, OTHER_KEY
        elif b"-1" in body:
            status, answer = 422, {}
        self.server.answered.append((self.path, status))
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", f"application/{'problem+' if status > 200 else ''}json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer  # noqa: N815  # the library's names

    def lets_in(self, body: bytes) -> bool:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.server.credentials is not None:
            expected = "no signature"
            if "/execute-api/aws4_request" in headers.get("authorization", ""):
                url = f"http://{headers['host']}{self.path}"
                expected = signature(self.command, url, headers, body, self.server.credentials)
            if not headers.get("authorization", "").endswith(f"Signature={expected}"):
                return False
        keys = (self.server.key, self.server.review_key)
        return self.path == "/live/health" or headers.get("x-api-key") in keys

    def is_for_reviews(self) -> bool:
        return self.server.is_open or self.headers["x-api-key"] == self.server.review_key

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def gateway(key: str, credentials: Credentials | None, review_key: str) -> Iterator[GatewayServer]:
    """A running server, for the length of the block."""
    with GatewayServer(key, credentials, review_key) as server:
        serving = {"poll_interval": 0.01}
        threading.Thread(target=server.serve_forever, kwargs=serving, daemon=True).start()
        yield server
        server.shutdown()
