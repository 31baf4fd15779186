"""A canary is sent in every place; no response and no log line may hold it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.support import (
    CANARY,
    GOOD,
    PAYMENT,
    POSTS,
    BrokenScorer,
    check_problem,
    client_of,
    payment,
    sent,
)

type LogLines = Callable[[], list[dict[str, Any]]]


def check_absent(log: list[dict[str, Any]], *texts: str) -> None:
    """The canary is neither in these texts nor in a log that has lines."""
    assert log
    for text in (*texts, json.dumps(log)):
        assert CANARY not in text


@pytest.mark.parametrize("path", POSTS)
def test_a_failure_of_ours_is_a_500_that_tells_nothing_of_it(
    log_lines: LogLines, path: str
) -> None:
    broken = client_of(BrokenScorer(CANARY))

    response = broken.post(path, json=GOOD[path])

    check_problem(response, 500)
    (line,) = log_lines()
    assert line["level"] == "ERROR"
    assert line["exception_name"] == "RuntimeError"
    assert line["location"].startswith("predictions.py:")
    check_absent([line], response.text)
    assert "Traceback" not in response.text + json.dumps(line)


def test_a_query_that_cannot_be_read_is_a_422(client: TestClient) -> None:
    response = client.post(f"/predict?explain={CANARY}", json=PAYMENT)

    (fault,) = check_problem(response, 422)["errors"]
    assert fault["detail"].startswith("explain: ")
    assert CANARY not in response.text


@pytest.mark.parametrize("field", [*PAYMENT, "timestamp", "transaction_id", "oldbalanceDest"])
@pytest.mark.parametrize("value", [f"{CANARY} x", {CANARY: CANARY}, [CANARY]])
def test_no_value_that_was_refused_is_repeated(
    client: TestClient, log_lines: LogLines, field: str, value: Any
) -> None:
    body = payment(**{field: value})

    told = client.post("/predict", json=body)
    in_batch = client.post("/predict/batch", json={"transactions": [body]})

    check_problem(told, 422)
    assert in_batch.json()["results"][0].keys() == {"problem"}
    check_absent(log_lines(), told.text, in_batch.text, str(told.headers))


@pytest.mark.parametrize("name", [CANARY, f"{CANARY}/~ \n", f"\u202e{CANARY}", CANARY * 500])
def test_no_made_up_field_name_is_repeated(
    client: TestClient, log_lines: LogLines, name: str
) -> None:
    body = {**PAYMENT, name: 1}

    told = client.post("/predict", json=body)
    in_batch = client.post("/predict/batch", json={"transactions": [body], name: 1})
    of_batch = client.post("/predict/batch", json={"transactions": [body]})

    assert told.status_code in (413, 422)
    check_problem(told, told.status_code)
    check_problem(in_batch, 422)
    fault = of_batch.json()["results"][0]["problem"]["errors"][0]
    assert fault["pointer"] == "#/transactions/0"
    check_absent(log_lines(), told.text, in_batch.text, of_batch.text)


@pytest.mark.parametrize(
    "body",
    [b'{"%s": 1, "%s": 2}', b'{"a": "%s\xff", "b": "%s"}', b'["%s", "%s"', b'"%s\\ud800%s"'],
)
def test_nothing_of_what_is_not_json_is_repeated(
    client: TestClient, log_lines: LogLines, body: bytes
) -> None:
    response = sent(client, body % (CANARY.encode(), CANARY.encode()))

    check_problem(response, 400)
    check_absent(log_lines(), response.text)


def test_an_unknown_path_and_query_are_not_repeated(
    client: TestClient, log_lines: LogLines
) -> None:
    response = client.get(f"/{CANARY}?{CANARY}={CANARY}", headers={"X-Request-Id": CANARY})

    check_problem(response, 404)
    check_absent(log_lines(), response.text, str(response.headers))
