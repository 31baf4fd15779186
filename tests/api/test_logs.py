"""One line a request, with what may be known of it and nothing of what was sent."""

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from fraud_api_lambda.scoring import Scorer
from tests.api.support import client_of, payment

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
