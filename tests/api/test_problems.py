"""Every way to be refused, as RFC 9457 has it."""

import gzip
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.wire import strict_json
from tests.api.support import GOOD, JSON, PAYMENT, POSTS, check_problem, payment, sent
from tests.fakes import NoModel


def one(amount: str) -> bytes:
    """A payment whose amount is this text."""
    return json.dumps(payment(amount=None)).replace("null", amount).encode()


def padded(size: int) -> bytes:
    """A payment with spaces up to a size."""
    return json.dumps(PAYMENT).encode().ljust(size)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b'{"amount": 1, "amount": 1}', "occurs twice"),
        (b'{"deep": [{"a": 1, "a": 2}]}', "occurs twice"),
        (one("NaN"), "NaN"),
        (one("Infinity"), "Infinity"),
        (one("-Infinity"), "Infinity"),
        (one("1e400"), "too large"),
        (one("-1e400"), "too large"),
        (one("1" * 5_000), "too large"),
        (one('"\\ud800"'), "UTF-8"),
        (b'{"\\udfff": 1}', "UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"nameOrig": "\xff"}', "UTF-8"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b'{"amount": ', "at character 11"),
        (b"{} {}", "at character 3"),
        (b"[" * 1_000 + b"]" * 1_000, "too deep"),
        (b" ", "at character 1"),
        (b"", "empty"),
    ],
)
def test_what_is_not_json_is_a_400_that_says_why(
    client: TestClient, path: str, body: bytes, because: str
) -> None:
    problem = check_problem(sent(client, body, path), 400)

    assert because in problem["detail"]


@pytest.mark.parametrize("item", [b"[" * 1_000 + b"]" * 1_000, b"[" * 130_000, b'{"a":' * 40_000])
def test_a_batch_that_nests_as_deep_as_its_size_allows_is_a_400(
    client: TestClient, item: bytes
) -> None:
    check_problem(sent(client, b'{"transactions": [' + item + b"]}", "/predict/batch"), 400)


@pytest.mark.parametrize(
    "path", ["/", "/predict/", "/predictions", "/health/", "/docs", "/redoc", "/openapi.json"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_route_is_a_404(client: TestClient, method: str, path: str) -> None:
    response = client.request(method, path, follow_redirects=False)

    check_problem(response, 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/predict", "POST"),
        ("PUT", "/predict/batch", "POST"),
        ("POST", "/health", "GET"),
        ("DELETE", "/model", "GET"),
        ("OPTIONS", "/predict", "POST"),
    ],
)
def test_another_method_is_a_405_that_names_the_allowed_one(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)

    check_problem(response, 405)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", [*POSTS, "/model", "/health"])
def test_a_browser_is_not_let_in(client: TestClient, path: str) -> None:
    asked = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}

    preflight = client.options(path, headers=asked)

    check_problem(preflight, 405)
    assert not [name for name in preflight.headers if name.startswith("access-control")]


@pytest.mark.parametrize(("path", "limit"), [("/predict", 8 * 1024), ("/predict/batch", 2**18)])
def test_a_body_of_one_byte_too_many_is_a_413(client: TestClient, path: str, limit: int) -> None:
    check_problem(sent(client, padded(limit + 1), path), 413)


@pytest.mark.parametrize(("path", "limit"), [("/predict", 8 * 1024), ("/predict/batch", 2**18)])
def test_a_body_that_is_too_large_is_not_parsed(
    client: TestClient, path: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict_json, "loads", pytest.fail)

    check_problem(sent(client, b"[" * (limit + 1), path), 413)


def test_a_body_of_the_largest_size_is_read(client: TestClient) -> None:
    batch = json.dumps(GOOD["/predict/batch"]).encode().ljust(256 * 1024)

    assert sent(client, padded(8 * 1024)).status_code == 200
    assert sent(client, batch, "/predict/batch").status_code == 200


def test_a_body_that_does_not_tell_its_size_is_read_no_further_than_allowed(
    client: TestClient,
) -> None:
    response = client.post("/predict", content=iter([b" " * 5_000] * 3), headers=JSON)

    assert "content-length" not in response.request.headers
    check_problem(response, 413)


@pytest.mark.parametrize(
    "media_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json"],
)
@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_not_declared_as_json_is_a_415(
    client: TestClient, path: str, media_type: str | None
) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}

    check_problem(client.post(path, content=json.dumps(PAYMENT), headers=headers), 415)


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
)
def test_json_may_be_declared_with_parameters_and_in_any_case(
    client: TestClient, media_type: str
) -> None:
    headers = {"Content-Type": media_type}

    response = client.post("/predict", content=json.dumps(PAYMENT), headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "GZIP", "gzip, identity", "x-secret"])
@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_declared_as_compressed_is_a_415_that_names_the_header(
    client: TestClient, path: str, coding: str
) -> None:
    headers = {**JSON, "Content-Encoding": coding}

    plain = client.post(path, content=json.dumps(GOOD[path]), headers=headers)
    packed = client.post(path, content=gzip.compress(padded(16 * 1024)), headers=headers)

    for response in (plain, packed):
        problem = check_problem(response, 415)
        assert problem["type"].endswith(":unsupported-encoding")
        assert "Content-Encoding" in problem["detail"]
        assert response.headers["accept-encoding"] == "identity"
        assert coding not in response.text


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_a_body_may_be_declared_as_it_is(client: TestClient, coding: str) -> None:
    headers = {**JSON, "Content-Encoding": coding}

    assert client.post("/predict", json=PAYMENT, headers=headers).status_code == 200


TIMED = {"step": ...}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": True}, "#/amount"),
        ({"amount": "12"}, "#/amount"),
        ({"amount": -0.01}, "#/amount"),
        ({"amount": 1.000_001e12}, "#/amount"),
        ({"amount": None}, "#/amount"),
        ({"amount": [1]}, "#/amount"),
        ({"amount": ...}, "#/amount"),
        ({"oldbalanceOrg": -1}, "#/oldbalanceOrg"),
        ({"oldbalanceOrg": None}, "#/oldbalanceOrg"),
        ({"oldbalanceDest": "0"}, "#/oldbalanceDest"),
        ({"newbalanceOrig": [1]}, "#/newbalanceOrig"),
        ({"newbalanceDest": {}}, "#/newbalanceDest"),
        ({"step": True}, "#/step"),
        ({"step": "7"}, "#/step"),
        ({"step": 7.5}, "#/step"),
        ({"step": 0}, "#/step"),
        ({"step": 1_000_001}, "#/step"),
        ({"step": 10**19}, "#/step"),
        ({"type": "transfer"}, "#/type"),
        ({"type": None}, "#/type"),
        ({"nameOrig": ""}, "#/nameOrig"),
        ({"nameOrig": "C 1"}, "#/nameOrig"),
        ({"nameOrig": "C1\n"}, "#/nameOrig"),
        ({"nameOrig": 1}, "#/nameOrig"),
        ({"nameDest": "C" * 65}, "#/nameDest"),
        ({"nameDest": None}, "#/nameDest"),
        ({"transaction_id": "my id"}, "#/transaction_id"),
        ({"transaction_id": "\u00e9"}, "#/transaction_id"),
        ({"transaction_id": 5}, "#/transaction_id"),
        ({"isFraud": 0}, "#/isFraud"),
        ({"12345678": 0}, "#"),
        ({"step": ...}, "#"),
        ({"step": None}, "#"),
        ({"timestamp": "2026-11-24T03:00:00Z"}, "#"),
    ],
)
def test_a_value_that_is_not_allowed_is_a_422_that_points_to_it(
    client: TestClient, changes: dict[str, Any], pointer: str
) -> None:
    response = client.post("/predict", json=payment(**changes))

    assert [fault["pointer"] for fault in check_problem(response, 422)["errors"]] == [pointer]


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 0},
        {"amount": 10**12},
        {"amount": -0.0},
        {"oldbalanceDest": None, "newbalanceOrig": None, "newbalanceDest": None},
        {"transaction_id": None, "timestamp": None},
        {"step": None, "timestamp": "2024-02-29T23:59:59.5+05:30"},
        {"step": None, "timestamp": "2026-11-24T03:00:00.123456789Z"},
        {"step": 1_000_000},
        {"step": 7.0},
        {"nameOrig": "!" * 64, "nameDest": "~"},
    ],
)
def test_the_outermost_allowed_values_are_answered(
    client: TestClient, changes: dict[str, Any]
) -> None:
    assert client.post("/predict", json=payment(**changes)).status_code == 200


@pytest.mark.parametrize("body", [b"null", b"[]", b"7", b'"text"', b"true"])
def test_json_that_is_no_object_is_a_422(client: TestClient, body: bytes) -> None:
    assert check_problem(sent(client, body), 422)["errors"][0]["pointer"] == "#"


def test_at_most_ten_errors_are_listed(client: TestClient) -> None:
    unknown = {f"{'x' * 31}{letter}": 0 for letter in "abcdefghijklmnop"}

    problem = check_problem(client.post("/predict", json=payment(**unknown)), 422)

    assert len(problem["errors"]) == 10


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/model"])
def test_without_a_model_it_is_a_503_that_says_when_to_try_again(path: str) -> None:
    client = TestClient(create_app(NoModel()))

    response = client.post(path, json=GOOD[path]) if path in GOOD else client.get(path)

    check_problem(response, 503)
    assert int(response.headers["retry-after"]) > 0


def test_health_needs_no_model() -> None:
    assert TestClient(create_app(NoModel())).get("/health").status_code == 200
