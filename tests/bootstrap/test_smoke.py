"""`make smoke ENV=...` finds address and key, and signs if the API requires it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from botocore.credentials import Credentials

from bootstrap import smoke as module
from bootstrap.smoke import smoke
from tests.bootstrap.cloud import STACK, Cloud, as_parameters, template
from tests.bootstrap.gateway import signature
from training.errors import CheckFailedError

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret/with+signs", "a session's token")


class Request(NamedTuple):
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class WrongApi(NamedTuple):
    """A server with wrong answers only, and a record of its requests."""

    url: str
    requests: list[Request]


@pytest.fixture
def asked() -> Iterator[WrongApi]:
    """A server with wrong answers only, and a record of its requests."""
    requests: list[Request] = []

    class Api(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            requests.append(Request(self.command, self.path, dict(self.headers.items()), body))
            self.send_response(500)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815  # the library's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        serving = {"poll_interval": 0.01}
        threading.Thread(target=server.serve_forever, kwargs=serving, daemon=True).start()
        yield WrongApi(f"http://127.0.0.1:{server.server_port}", requests)
        server.shutdown()


def deployed(cloud: Cloud, url: str, **parameters: str) -> None:
    outputs = {"ApiUrl": f"{url}/live", "ApiKeyId": cloud.key_id()}
    cloud.client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=template(parameters, outputs),
        Parameters=as_parameters(parameters),
    )


def test_the_smoke_test_gets_the_stacks_address_and_key(
    cloud: Cloud, asked: WrongApi, capfd: pytest.CaptureFixture[str]
) -> None:
    deployed(cloud, asked.url)

    with pytest.raises(CheckFailedError, match="make doctor ENV=dev"):
        smoke(cloud.account(), environment="dev", samconfig=cloud.samconfig)

    key = cloud.client("apigateway").get_api_key(apiKey=cloud.key_id(), includeValue=True)["value"]
    assert {request.path for request in asked.requests} >= {
        "/live/health",
        "/live/model",
        "/live/predict?record=false",
    }
    assert {request.headers["x-api-key"] for request in asked.requests} == {key}
    assert key not in "".join(capfd.readouterr()) + "".join(cloud.said)


def test_the_smoke_test_signs_if_the_api_requires_it(
    cloud: Cloud, asked: WrongApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Session:
        region_name = "eu-west-1"

        def get_credentials(self) -> Credentials:
            return CREDENTIALS

    deployed(cloud, asked.url, CallerAuthorisation="AWS_IAM")
    account = cloud.account()
    monkeypatch.setattr(module, "session", Session)

    with pytest.raises(CheckFailedError):
        smoke(account, environment="dev", samconfig=cloud.samconfig)

    for method, path, headers, body in asked.requests:
        given = {name.lower(): value for name, value in headers.items()}
        expected = signature(method, f"{asked.url}{path}", given, body, CREDENTIALS)
        assert "/eu-west-1/execute-api/aws4_request" in given["authorization"]
        assert given["x-amz-security-token"] == CREDENTIALS.token
        assert given["authorization"].endswith(f"Signature={expected}")


def test_an_environment_without_a_stack_is_named(cloud: Cloud) -> None:
    with pytest.raises(CheckFailedError, match="`make deploy ENV=dev` makes it"):
        smoke(cloud.account(), environment="dev", samconfig=cloud.samconfig)
