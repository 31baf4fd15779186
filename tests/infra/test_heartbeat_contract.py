"""The heartbeat's agreement with the template, with AWS's signature and with the API's routes."""

import ast
import re
import sys

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bootstrap.heartbeat import handler as heartbeat
from tests.infra.infra import ROOT

SOURCE = ROOT / "bootstrap" / "heartbeat" / "handler.py"
REQUESTS = {
    "apigateway": ("GET", "https://apigateway.test/apikeys/id?includeValue=true", b""),
    "ssm": ("POST", "https://ssm.test/", b'{"Name": "/fraud/model"}'),
    "execute-api": ("POST", "https://api.test/live/predict?record=false", b'{"step": 1}'),
    "lambda": (
        "POST",
        "https://lambda.test/2015-03-31/functions/scorer/invocations?Qualifier=live",
        b'{"resource": "/model"}',
    ),
}


@pytest.fixture(params=["a-session-token", ""])
def credentials(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """Credentials of Lambda, with a session token, and of a person, without one."""
    found = Credentials("AKIDEXAMPLE", "secret", request.param or None)
    monkeypatch.setenv("AWS_REGION", "eu-test-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", found.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", found.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", request.param)
    return found


@pytest.mark.parametrize("service", REQUESTS)
def test_its_signature_is_the_one_that_botocore_makes(
    credentials: Credentials, service: str
) -> None:
    method, address, body = REQUESTS[service]
    headers = heartbeat.signed(method, address, body, {"x-api-key": "key"}, service)

    authorization = headers.pop("authorization")
    request = AWSRequest(method, address, data=body or None, headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(credentials, service, "eu-test-1")
    signature = auth.signature(
        auth.string_to_sign(request, auth.canonical_request(request)), request
    )
    assert f"/eu-test-1/{service}/aws4_request, " in authorization
    assert f"SignedHeaders={';'.join(sorted(headers))}, " in authorization
    assert authorization.endswith(f"Signature={signature}")


def test_it_imports_the_standard_library_alone_and_is_one_file() -> None:
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(SOURCE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    assert [path.name for path in SOURCE.parent.iterdir() if path.is_file()] == ["handler.py"]


def test_the_template_gives_it_the_variables_that_it_reads() -> None:
    read = set(re.findall(r"""environment\[["'](\w+)["']\]""", SOURCE.read_text()))
    template = (ROOT / "template.yaml").read_text()
    function = template.partition("\n  HeartbeatFunction:")[2].partition("\n  HeartbeatRole:")[0]
    variables = function.partition("Variables:\n")[2].partition("EventInvokeConfig")[0]

    assert set(re.findall(r"^ +(\w+):", variables, re.MULTILINE)) == read


def test_it_may_call_the_route_that_it_asks_and_no_other() -> None:
    asked = re.findall(r"\{environment\['API_URL'\]\}([^\"]+)", SOURCE.read_text())
    template = (ROOT / "template.yaml").read_text()
    role = template.partition("\n  HeartbeatRole:")[2].partition("\n  CanaryRole:")[0]
    allowed = re.findall(r"\{FraudApi\}/live/(\S+)$", role, re.MULTILINE)

    assert asked == ["/predict?record=false"]
    assert allowed == ["POST/predict"]
    assert (
        "Action: lambda:InvokeFunction\n                Resource: !Ref FraudFunction.Alias" in role
    )


def test_its_function_may_run_as_long_as_all_its_requests_can_take() -> None:
    template = (ROOT / "template.yaml").read_text()
    function = template.partition("\n  HeartbeatFunction:")[2].partition("\n  HeartbeatRole:")[0]
    requests = len(re.findall(r"(?<!def )_request\(", SOURCE.read_text()))
    longest = heartbeat.ATTEMPTS * requests * heartbeat.TIMEOUT_S + heartbeat.PAUSE_S

    assert requests == 4
    (timeout,) = re.findall(r"^ +Timeout: (\d+)$", function, re.MULTILINE)
    assert int(timeout) > longest
