"""The heartbeat calls the API as callers do, and fails on each answer that would harm one."""

import time
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.infra.infra import ROOT
from tests.infra.world import BEFORE, DIGEST, HANGS, KEY, Answer, Told, World, living, load

PAYMENT = {
    "step": 3,
    "type": "CASH_OUT",
    "amount": 1_300_000.0,
    "nameOrig": "CPAYER",
    "oldbalanceOrg": 1_300_000.0,
    "nameDest": "CPAYEE",
}
OTHER = {**PAYMENT, "amount": 12.5}
TOLD: Told = {
    "version": DIGEST[:16],
    "degraded": [],
    "examples": {
        "stopped": {
            "transaction": PAYMENT,
            "answer": {"fraud_probability": 0.4, "decision": "block"},
        },
        "approved": {
            "transaction": OTHER,
            "answer": {"fraud_probability": 0.001, "decision": "approve"},
        },
    },
}
STOPS_NOTHING: Told = {**TOLD, "examples": {**TOLD["examples"], "stopped": None}}
ANSWER = {
    "is_fraud": True,
    "fraud_probability": 0.4,
    "decision": "block",
    "model_version": DIGEST[:16],
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with living(monkeypatch) as server:
        server.told = TOLD
        yield server


@pytest.fixture
def heartbeat(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load()
    monkeypatch.setattr(module, "PAUSE_S", 0)
    return module


def test_a_correct_answer_is_reported_with_its_model(
    world: World, heartbeat: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    world.answers = [(200, ANSWER)]

    summary = heartbeat.handler({}, None)

    assert summary["model_version"] == DIGEST[:16]
    assert world.asked == [("/live/predict?record=false", PAYMENT, KEY)]
    assert KEY not in capsys.readouterr().out
    assert all(each.startswith("AWS4-HMAC-SHA256 Credential=") for each in world.signatures)


def test_a_model_that_stops_no_payment_is_tested_with_an_approved_one(
    world: World, heartbeat: ModuleType
) -> None:
    world.told = STOPS_NOTHING
    world.answers = [(200, {**ANSWER, "fraud_probability": 0.001, "decision": "approve"})]

    summary = heartbeat.handler({}, None)

    assert (summary["example"], summary["decision"]) == ("approved", "approve")
    assert world.asked == [("/live/predict?record=false", OTHER, KEY)]


def test_a_probability_may_differ_by_rounding_to_float32(
    world: World, heartbeat: ModuleType
) -> None:
    world.answers = [(200, {**ANSWER, "fraud_probability": 0.4 * (1 + 9e-6)})]

    assert heartbeat.handler({}, None)["decision"] == "block"


WRONG: dict[str, Answer] = {
    "an error": (500, {"title": "The request failed"}),
    "a refused key": (403, {"title": "The key is missing or wrong"}),
    "another decision": (200, {**ANSWER, "decision": "approve"}),
    "another probability": (200, {**ANSWER, "fraud_probability": 0.4 * (1 + 2e-5)}),
    "another model": (200, {**ANSWER, "model_version": "0" * 16}),
    "no probability": (200, {**ANSWER, "fraud_probability": None}),
    "a certainty": (200, {**ANSWER, "fraud_probability": 1.0}),
    "no JSON": (200, b"<html>"),
    "a list": (200, [ANSWER]),
    "a table that was not read": (200, {**ANSWER, "degraded": ["no_history"]}),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_two_wrong_answers_fail_the_invocation(
    world: World, heartbeat: ModuleType, answer: Answer
) -> None:
    world.answers = [answer, answer]

    with pytest.raises(heartbeat.HeartbeatError, match="predict"):
        heartbeat.handler({}, None)

    assert world.answers == []


def test_one_failed_attempt_is_retried_without_an_error(
    world: World, heartbeat: ModuleType
) -> None:
    world.answers = [WRONG["an error"], (200, ANSWER)]

    assert heartbeat.handler({}, None)["decision"] == "block"


def test_a_model_whose_histories_nobody_keeps_may_say_so(
    world: World, heartbeat: ModuleType
) -> None:
    world.told = {**TOLD, "degraded": ["no_history"]}
    world.answers = [(200, {**ANSWER, "degraded": ["no_history"]})]

    assert heartbeat.handler({}, None)["decision"] == "block"


@pytest.mark.parametrize(("age_s", "is_right"), [(10, True), (3_600, False)])
def test_the_previous_model_may_answer_for_a_while_after_a_promotion(
    world: World, heartbeat: ModuleType, age_s: int, is_right: bool
) -> None:
    world.parameter["LastModifiedDate"] = time.time() - age_s
    world.told = {**TOLD, "version": BEFORE[:16]}
    world.answers = [(200, {**ANSWER, "model_version": BEFORE[:16]})] * 2

    if is_right:
        assert heartbeat.handler({}, None)["model_version"] == BEFORE[:16]
    else:
        with pytest.raises(heartbeat.HeartbeatError, match="the pointer names"):
            heartbeat.handler({}, None)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {**TOLD, "version": "0" * 16},
        {**TOLD, "examples": {"stopped": None, "approved": None}},
        {**TOLD, "examples": []},
        {**TOLD, "examples": {"stopped": {"transaction": "x", "answer": {}}}},
        {**TOLD, "examples": {"stopped": {"transaction": PAYMENT, "answer": {}}}},
    ],
)
def test_a_model_with_impossible_examples_is_a_failure(
    world: World, heartbeat: ModuleType, told: Told
) -> None:
    world.told = told
    world.answers = [(200, ANSWER)] * 2

    with pytest.raises(heartbeat.HeartbeatError, match=r"^(GET /model|POST /predict): "):
        heartbeat.handler({}, None)


def test_a_function_without_a_model_is_named_by_its_status(
    world: World, heartbeat: ModuleType
) -> None:
    world.status, world.told = 503, {"type": "urn:problem-type:fraud-api:model-unavailable"}

    with pytest.raises(heartbeat.HeartbeatError, match=r"^GET /model: status 503$"):
        heartbeat.handler({}, None)


def test_two_containers_may_have_two_models_while_a_promotion_settles(
    world: World, heartbeat: ModuleType
) -> None:
    world.parameter["LastModifiedDate"] = time.time() - 10
    other = {**ANSWER, "model_version": BEFORE[:16], "fraud_probability": 0.7}
    world.answers = [(200, other)]

    assert heartbeat.handler({}, None)["model_version"] == BEFORE[:16]


def test_an_api_that_hangs_times_out(
    world: World, heartbeat: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "TIMEOUT_S", 0.1)
    world.answers = [(200, HANGS)] * 2

    with pytest.raises(heartbeat.HeartbeatError, match=r"no answer \(TimeoutError\)"):
        heartbeat.handler({}, None)


def test_a_damaged_pointer_is_named(world: World, heartbeat: ModuleType) -> None:
    world.parameter["Value"] = "a name of before"
    world.answers = [(200, ANSWER)] * 2

    with pytest.raises(heartbeat.HeartbeatError, match="/fraud/model holds no pointer"):
        heartbeat.handler({}, None)


@pytest.mark.usefixtures("world")
def test_an_api_that_does_not_answer_is_a_failure(
    heartbeat: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_URL", "http://127.0.0.1:1/live")

    with pytest.raises(heartbeat.HeartbeatError, match="no answer"):
        heartbeat.handler({}, None)


def test_it_needs_the_standard_library_only() -> None:
    text = (ROOT / "bootstrap/heartbeat/handler.py").read_text()

    assert "boto3" not in text
    assert "fraud_api_lambda" not in text
