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


def deployed(cloud: Cloud, url: str, *, has_reviews: bool = False, **parameters: str) -> None:
    outputs = {"ApiUrl": f"{url}/live", "ApiKeyId": cloud.key_id()}
    if has_reviews:
        outputs["ReviewKeyId"] = cloud.key_id("reviews")
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

    key = cloud.key_value()
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


def test_the_smoke_test_asks_for_the_reviews_with_both_keys(
    cloud: Cloud, asked: WrongApi, capfd: pytest.CaptureFixture[str]
) -> None:
    deployed(cloud, asked.url, has_reviews=True)

    with pytest.raises(CheckFailedError):
        smoke(cloud.account(), environment="dev", samconfig=cloud.samconfig)

    of_reviews = [each for each in asked.requests if each.path == "/live/reviews?limit=1"]
    keys = [cloud.key_value(), cloud.key_value("reviews")]
    assert [each.headers["x-api-key"] for each in of_reviews] == keys
    printed = "".join(capfd.readouterr()) + "".join(cloud.said)
    assert not [key for key in keys if key in printed]


def test_the_smoke_test_changes_nothing(cloud: Cloud, asked: WrongApi) -> None:
    deployed(cloud, asked.url, has_reviews=True)

    with pytest.raises(CheckFailedError):
        smoke(cloud.account(), environment="dev", samconfig=cloud.samconfig)

    posted = {each.path for each in asked.requests if each.method != "GET"}
    assert posted == {"/live/predict?record=false"}


def test_an_environment_without_a_stack_is_named(cloud: Cloud) -> None:
    with pytest.raises(CheckFailedError, match="`make deploy ENV=dev` makes it"):
        smoke(cloud.account(), environment="dev", samconfig=cloud.samconfig)
