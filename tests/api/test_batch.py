"""Many payments at once, each judged as if it were alone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.web.problem_kinds import INVALID_VALUE
from tests.api.support import PAYMENTS, check_problem, client_of, payment


def results(client: TestClient, transactions: list[Any], query: str = "") -> list[dict[str, Any]]:
    response = client.post(f"/predict/batch{query}", json={"transactions": transactions})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert body.keys() == {"results"}
    found: list[dict[str, Any]] = body["results"]
    return found


def test_answers_come_in_the_order_of_the_payments(client: TestClient) -> None:
    sent = [payment(transaction_id=f"t{index}", amount=float(index)) for index in range(100)]

    assert [each["transaction_id"] for each in results(client, sent)] == [
        f"t{index}" for index in range(100)
    ]


def test_a_faulty_payment_gets_a_problem_and_the_others_their_answers(client: TestClient) -> None:
    sent = [payment(transaction_id=f"t{index}") for index in range(5)]
    sent[3]["amount"] = "12"

    found = results(client, sent)

    assert [each.get("transaction_id") for each in found] == ["t0", "t1", "t2", None, "t4"]
    assert found[3].keys() == {"problem"}
    problem = found[3]["problem"]
    assert (problem["type"], problem["status"]) == (INVALID_VALUE.type, 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["#/transactions/3/amount"]


def test_the_problem_of_a_payment_has_the_request_id_of_the_batch(client: TestClient) -> None:
    response = client.post("/predict/batch", json={"transactions": [{}]})

    problem = response.json()["results"][0]["problem"]
    assert problem["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize("faulty", [None, 7, "text", [], {}, payment(step="3")])
def test_a_batch_of_nothing_but_faulty_payments_is_still_answered(
    client: TestClient, faulty: Any
) -> None:
    found = results(client, [faulty, faulty])

    assert [each.keys() for each in found] == [{"problem"}] * 2


@settings(max_examples=40)
@given(transactions=st.lists(PAYMENTS, min_size=1, max_size=5))
def test_a_batch_answers_what_single_requests_answer(
    client: TestClient, transactions: list[dict[str, Any]]
) -> None:
    together = results(client, transactions, "?explain=true")
    alone = [client.post("/predict?explain=true", json=each).json() for each in transactions]

    for answer in (*together, *alone):
        del answer["prediction_id"]
    assert together == alone


def test_each_payment_of_a_batch_has_an_id_of_its_own(client: TestClient) -> None:
    assert len({each["prediction_id"] for each in results(client, [payment()] * 9)}) == 9


def test_without_explain_no_answer_of_a_batch_is_explained(client: TestClient) -> None:
    assert "explanation" not in results(client, [payment()])[0]


def test_a_batch_tells_how_its_model_falls_short(scorer: Scorer) -> None:
    stale = client_of(scorer, degraded=("stale_model",))

    assert results(stale, [payment()])[0]["degraded"] == ["stale_model"]


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_of_none_or_too_many_is_refused(client: TestClient, count: int) -> None:
    response = client.post("/predict/batch", json={"transactions": [payment()] * count})

    problem = check_problem(response, 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["#/transactions"]


@pytest.mark.parametrize("body", [[], {}, {"transactions": {}}, {"transactions": None}])
def test_what_is_no_batch_is_refused(client: TestClient, body: Any) -> None:
    check_problem(client.post("/predict/batch", json=body), 422)
