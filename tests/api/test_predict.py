"""One payment, one answer, in the shape that is promised."""

import json
from dataclasses import asdict
from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.model.calibration import calibrated
from tests.api.support import AMOUNTS, PAYMENTS, WIRE, RecordingScorer, client_of, payment
from tests.bundles import POLICY
from tests.transactions import FRAUD, GENUINE

ANSWER = {
    "prediction_id",
    "transaction_id",
    "is_fraud",
    "fraud_probability",
    "threshold",
    "decision",
    "reasons",
    "model_version",
    "degraded",
}


def answer(client: TestClient, body: dict[str, Any], query: str = "") -> dict[str, Any]:
    response = client.post(f"/predict{query}", json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def judgement(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    """The whole answer but its id."""
    found = answer(client, body, "?explain=true")
    del found["prediction_id"]
    return found


def test_an_answer_has_these_members_and_no_other(client: TestClient, scorer: Scorer) -> None:
    found = answer(client, FRAUD)

    assert found.keys() == ANSWER
    assert found["is_fraud"] is True
    assert found["decision"] == "block"
    assert found["threshold"] == scorer.bundle.threshold
    assert found["model_version"] == scorer.version
    assert found["degraded"] == []


def test_a_blocked_payment_has_one_to_three_reasons_of_these_members(client: TestClient) -> None:
    reasons = answer(client, FRAUD)["reasons"]

    assert 1 <= len(reasons) <= 3
    for reason in reasons:
        assert reason.keys() == {"code", "feature", "value", "contribution", "text"}


def test_an_approved_payment_has_no_reasons(client: TestClient) -> None:
    found = answer(client, GENUINE)

    assert (found["decision"], found["is_fraud"], found["reasons"]) == ("approve", False, [])


@given(body=PAYMENTS)
def test_the_probability_is_the_scorers_to_the_last_bit(
    client: TestClient, scorer: Scorer, body: dict[str, Any]
) -> None:
    expected = scorer.assess(WIRE.payment(json.dumps(body).encode()))

    assert answer(client, body)["fraud_probability"] == expected.fraud_probability


@given(body=PAYMENTS)
def test_an_explanation_sums_to_the_log_odds_before_calibration(
    client: TestClient, scorer: Scorer, body: dict[str, Any]
) -> None:
    found = answer(client, body, "?explain=true")
    told = found["explanation"]

    assert found.keys() == ANSWER | {"explanation", "expected_costs"}
    assert told.keys() == {"base_value", "margin", "contributions"}
    assert told["contributions"].keys() == set(scorer.bundle.features)
    total = told["base_value"] + sum(told["contributions"].values())
    assert total == pytest.approx(told["margin"], abs=1e-5)
    probability = calibrated(told["margin"], scorer.bundle.calibration)
    assert found["fraud_probability"] == probability


@given(body=PAYMENTS)
def test_an_explained_answer_has_the_expected_costs_that_its_decision_is_the_lowest_of(
    client: TestClient, body: dict[str, Any]
) -> None:
    found = answer(client, body, "?explain=true")
    costs = found["expected_costs"]

    expected = POLICY.expected_costs(found["fraud_probability"], body["amount"])
    assert costs == asdict(expected)
    assert costs[found["decision"]] == pytest.approx(min(costs.values()))


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_without_explain_an_answer_has_neither_explanation_nor_costs(
    client: TestClient, path: str
) -> None:
    body = FRAUD if path == "/predict" else {"transactions": [FRAUD]}
    found = client.post(path, json=body).json()

    (told,) = found.get("results", [found])
    assert told.keys() == ANSWER


@given(body=PAYMENTS)
def test_the_callers_id_comes_back_or_is_null(client: TestClient, body: dict[str, Any]) -> None:
    assert answer(client, body)["transaction_id"] == body.get("transaction_id")


def test_each_answer_has_an_id_of_its_own(client: TestClient) -> None:
    ids = {answer(client, FRAUD)["prediction_id"] for _ in range(3)}

    assert len({UUID(each) for each in ids}) == 3


@pytest.mark.parametrize("path", ["/health", "/model"])
def test_every_response_has_a_request_id_of_its_own(client: TestClient, path: str) -> None:
    ids = {client.get(path).headers["x-request-id"] for _ in range(2)}
    ids.add(client.post("/predict", json=FRAUD).headers["x-request-id"])

    assert len({UUID(each) for each in ids}) == 3


def test_how_a_model_falls_short_is_told(scorer: Scorer) -> None:
    stale = client_of(scorer, degraded=("stale_model",))

    assert answer(stale, GENUINE)["degraded"] == ["stale_model"]


def test_health_says_nothing_of_the_inside(client: TestClient) -> None:
    response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_the_model_tells_what_the_bundle_says_of_it(client: TestClient, scorer: Scorer) -> None:
    bundle = scorer.bundle

    found = client.get("/model").json()

    assert {name: found[name] for name in found if name not in ("schema", "inputs")} == {
        "version": bundle.version,
        "feature_set": bundle.feature_set,
        "features": list(bundle.features),
        "threshold": bundle.threshold,
        "calibration": {"method": "platt", "slope": 1.0, "intercept": 0.0},
        "policy": POLICY.as_dict(),
        "examples": bundle.examples.as_dict(),
        "trained_on": bundle.trained_on,
        "metrics": {"evaluated_version": bundle.version, **bundle.metrics},
        "degraded": [],
    }


@given(
    body=PAYMENTS,
    later=st.fixed_dictionaries(
        {},
        optional={
            "newbalanceOrig": AMOUNTS | st.none(),
            "newbalanceDest": AMOUNTS | st.none(),
            "isFlaggedFraud": st.sampled_from([0, 1, 0.0, True, None]),
        },
    ),
)
def test_what_is_accepted_and_ignored_changes_no_answer(
    client: TestClient, body: dict[str, Any], later: dict[str, Any]
) -> None:
    assert judgement(client, {**body, **later}) == judgement(client, body)


@given(
    body=PAYMENTS,
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    seconds=st.integers(0, 3599),
    offset=st.integers(-23 * 60, 23 * 60),
)
def test_a_step_and_a_timestamp_of_the_same_hour_give_the_same_answer(
    client: TestClient, body: dict[str, Any], day: date, seconds: int, offset: int
) -> None:
    zone = timezone(timedelta(minutes=offset))
    when = datetime(day.year, day.month, day.day, body["step"] % 24, tzinfo=zone)
    timed = {**body, "timestamp": (when + timedelta(seconds=seconds)).isoformat()}
    del timed["step"]

    assert judgement(client, timed) == judgement(client, body)


@pytest.mark.parametrize(
    ("timestamp", "hour"),
    [
        ("2026-11-24T03:59:59Z", 3),
        ("2026-11-24T03:00:00+01:00", 3),
        ("2026-11-24T03:00:00.123456-11:30", 3),
        ("2026-11-24T23:00:00+14:00", 23),
        ("2024-02-29T00:00:00+00:00", 0),
        ("2026-11-24T03:00Z", 3),
        ("2026-11-24T03:59+01:00", 3),
        ("2026-11-24T03:59:59+0100", 3),
        ("2026-11-24T03:59-1130", 3),
        ("2026-11-24T03:59:59.999999999+01", 3),
        ("2026-11-24t03:00:00z", 3),
    ],
)
def test_the_hour_of_a_timestamp_is_that_of_its_own_offset(
    scorer: Scorer, timestamp: str, hour: int
) -> None:
    recording = RecordingScorer(scorer)

    answer(client_of(recording), payment(step=..., timestamp=timestamp))

    assert [each.facts.hour for each in recording.seen] == [hour]


def test_a_transaction_id_comes_back_and_is_not_looked_up(client: TestClient) -> None:
    first, second = (answer(client, payment(transaction_id="mine")) for _ in range(2))

    assert first["transaction_id"] == second["transaction_id"] == "mine"
    assert first["prediction_id"] != second["prediction_id"]


def test_a_callers_request_id_is_not_taken(client: TestClient) -> None:
    response = client.post("/predict", json=payment(), headers={"X-Request-Id": "mine"})

    assert response.headers["x-request-id"] != "mine"
