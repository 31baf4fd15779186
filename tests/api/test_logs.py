"""One line a request, with what may be known of it and nothing of what was sent."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.web.logs import JsonFormatter
from tests.api.support import PAYMENT, POSTS, VALUES, client_of, payment

type LogLines = Callable[[], list[dict[str, Any]]]

OF_EVERY_REQUEST = {
    "level",
    "message",
    "timestamp",
    "service",
    "cold_start",
    "function_request_id",
    "correlation_id",
    "route",
    "method",
    "status",
    "latency_ms",
}
SECRETS = {
    "nameOrig": "C4444333322",
    "nameDest": "M9999888877",
    "amount": 7171.25,
    "oldbalanceOrg": 828_282.5,
    "oldbalanceDest": 939_393.5,
    "newbalanceOrig": 656_565.5,
    "transaction_id": "t-31415926",
}


def test_an_answer_is_logged_with_what_was_judged(client: TestClient, log_lines: LogLines) -> None:
    response = client.post("/predict", json=payment())

    (line,) = log_lines()
    answer = response.json()
    judged = {"model_version", "prediction_id", "fraud_probability", "decision", "degraded"}
    assert line.keys() == OF_EVERY_REQUEST | judged
    assert {key: line[key] for key in judged} == {key: answer[key] for key in judged}
    assert (line["level"], line["service"], line["method"]) == ("INFO", "fraud-api", "POST")
    assert (line["route"], line["status"]) == ("/predict", 200)
    assert line["message"] == "POST /predict 200"
    assert line["correlation_id"] == response.headers["x-request-id"]
    assert line["function_request_id"] is None
    assert 0 < line["latency_ms"] < 60_000


@pytest.mark.parametrize(
    ("path", "body"),
    [("/predict", payment()), ("/predict/batch", {"transactions": [payment()]})],
)
def test_a_limit_of_a_model_is_answered_and_never_logged(
    scorer: Scorer, log_lines: LogLines, path: str, body: dict[str, Any]
) -> None:
    """The alarm counts lines with `degraded`, and a lasting limit would never let it end."""
    limited = client_of(scorer, degraded=("no_history",))

    answer = limited.post(path, json=body).json()

    assert answer.get("results", [answer])[0]["degraded"] == ["no_history"]
    assert log_lines()[0]["degraded"] == []


def test_the_time_of_a_line_is_utc_to_the_millisecond(
    client: TestClient, log_lines: LogLines
) -> None:
    client.get("/health")

    (line,) = log_lines()
    when = datetime.strptime(line["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert line["timestamp"].endswith("Z")
    assert len(line["timestamp"]) == len("2026-11-24T03:00:00.000Z")
    assert abs(datetime.now(when.tzinfo) - when) < timedelta(minutes=1)


def test_a_batch_is_logged_as_one_line_that_counts(client: TestClient, log_lines: LogLines) -> None:
    client.post("/predict/batch", json={"transactions": [payment(), payment(amount=-1), 7]})

    (line,) = log_lines()
    counted = {"model_version", "transactions", "refused", "degraded"}
    assert line.keys() == OF_EVERY_REQUEST | counted
    assert (line["transactions"], line["refused"]) == (3, 2)


@pytest.mark.parametrize(
    ("request_line", "route", "status"),
    [
        ("GET /health", "/health", 200),
        ("GET /model", "/model", 200),
        ("GET /nowhere", None, 404),
        ("GET /predict", "/predict", 405),
        ("POST /predict", "/predict", 415),
    ],
)
def test_every_request_is_logged_once(
    client: TestClient, log_lines: LogLines, request_line: str, route: str | None, status: int
) -> None:
    client.request(*request_line.split())

    (line,) = log_lines()
    assert line.keys() == OF_EVERY_REQUEST
    assert (line["route"], line["status"]) == (route, status)


def test_only_the_first_request_is_a_cold_start(scorer: Scorer, log_lines: LogLines) -> None:
    fresh = client_of(scorer)

    for _ in range(3):
        fresh.get("/health")

    assert [line["cold_start"] for line in log_lines()] == [True, False, False]


@pytest.mark.parametrize("changes", [{}, {"step": 0}, {"unknown": 1}])
def test_nothing_of_a_payment_is_logged(
    client: TestClient, log_lines: LogLines, changes: dict[str, Any]
) -> None:
    sent = payment(**SECRETS, **changes)

    client.post("/predict?explain=true", json=sent)
    client.post("/predict/batch", json={"transactions": [sent]})

    log = json.dumps(log_lines())
    assert len(log_lines()) == 2
    for secret in SECRETS.values():
        assert str(secret) not in log


def test_the_servers_own_line_for_a_request_is_silenced(
    log_lines: LogLines, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="uvicorn.access"):
        logging.getLogger("uvicorn.access").info("POST /predict 200")

    assert log_lines() == []
    assert caplog.records == []


def test_the_level_decides_what_is_logged(client: TestClient, log_lines: LogLines) -> None:
    logging.getLogger("fraud_api_lambda").setLevel("ERROR")

    client.get("/health")

    assert log_lines() == []


def ask(client: TestClient, received: list[dict[str, Any]], **scope: Any) -> list[Any]:
    """What the app sends to a server that passes these messages on."""
    messages, sent = iter(received), []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    usual = {"type": "http", "method": "POST", "path": "/predict", "query_string": b""}
    asyncio.run(client.app({**usual, "headers": headers, **scope}, receive, send))  # type: ignore[arg-type]
    return sent


CLIENT_CLOSED_REQUEST = {"type": "http.disconnect"}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("parts", [[], [json.dumps(PAYMENT)[:20].encode()], [b"{", b'"step": 1']])
def test_a_caller_who_hangs_up_in_the_body_is_no_failure_of_ours(
    client: TestClient, log_lines: LogLines, path: str, parts: list[bytes]
) -> None:
    received = [{"type": "http.request", "body": part, "more_body": True} for part in parts]

    ask(client, [*received, CLIENT_CLOSED_REQUEST], path=path)

    (line,) = log_lines()
    assert line.keys() == OF_EVERY_REQUEST
    assert (line["level"], line["route"], line["status"]) == ("INFO", path, 499)


@pytest.fixture
def unreported(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing logged stands in the test's report, which xdist can send as UTF-8 only."""
    plugin = request.config.pluginmanager.get_plugin("logging-plugin")
    assert plugin is not None
    handler = plugin.report_handler
    before = handler.level
    handler.setLevel(logging.CRITICAL + 1)
    yield
    handler.setLevel(before)


@pytest.mark.usefixtures("unreported")
@pytest.mark.parametrize("method", ["\ud800", "POST\n", "\u2028", "%s", "{}", ""], ids=ascii)
def test_a_method_of_any_kind_is_logged(
    client: TestClient, log_lines: LogLines, method: str
) -> None:
    ask(client, [CLIENT_CLOSED_REQUEST], method=method, path="/nowhere")

    (line,) = log_lines()
    assert line["status"] == 404


class Unwritable:
    """An object that has no text."""

    def __str__(self) -> str:
        raise RuntimeError


class Circle(list[Any]):
    """A list that holds itself."""

    def __init__(self) -> None:
        super().__init__()
        self.append(self)


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [Unwritable(), Circle(), {1: Circle()}, {Unwritable(): 1}, object(), object, 10**5_000]
) | st.sampled_from(
    [b"\xff", 1j, {1, 2}, "\ud800", {"\udfff": 1}, float("nan"), ValueError("\ud800")]
)
ANYTHING = VALUES | ODD | st.lists(VALUES | ODD) | st.binary() | st.text(st.characters())


@given(
    message=ANYTHING,
    arguments=st.lists(ANYTHING, max_size=2),
    extra=st.dictionaries(st.text(st.characters()) | st.integers(), ANYTHING),
)
def test_a_line_is_one_json_object_whatever_it_shall_say(
    message: Any, arguments: list[Any], extra: dict[Any, Any]
) -> None:
    record = logging.LogRecord("name", logging.INFO, "", 0, message, tuple(arguments), None)
    record.__dict__.update(extra)

    line = JsonFormatter().format(record)

    assert line.isascii()
    assert "\n" not in line
    assert {"level", "message", "timestamp", "service"} <= json.loads(
        line, parse_constant=pytest.fail, parse_int=str
    ).keys()


def test_a_value_that_cannot_be_written_spoils_no_other() -> None:
    record = logging.LogRecord("name", logging.INFO, "", 0, "%s", ("\ud800",), None)
    record.__dict__.update(status=200, degraded=["stale_model"], odd=Unwritable(), bad="a\udfff")

    line = json.loads(JsonFormatter().format(record))

    assert (line["level"], line["message"], line["status"]) == ("INFO", "\\ud800", 200)
    assert (line["degraded"], line["odd"]) == (["stale_model"], "<Unwritable>")
    assert line["bad"] == "a\\udfff"
