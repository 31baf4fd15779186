"""What is tried in the demo leaves no trace in the memory of the API; a stream may."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console.api import Api
from console.built_in import BUILT_IN, PAYSIM, Stream
from console.replay import Simulated, read_simulated
from console.schema import Schema
from console.words import LIMITS, features_in_words
from fraud_api_lambda.deployment.loaded_model import STALE_MODEL
from fraud_api_lambda.records.answering import HISTORY_BEHIND, NO_HISTORY, UNRECORDED
from fraud_api_lambda.web.model_answers import SchemaOut
from tests.bundles import make_history_bundle
from tests.demo.conftest import CARDS_FILE, Open, Responses, answering, schema_of, sent
from tests.emulator import TableAws
from tests.memory_app import memory_client
from tests.transactions import PLAN
from training.schemas.built_in import built_in

ANSWER = {
    "decision": "block",
    "fraud_probability": 0.5,
    "reasons": [],
    "degraded": [],
    "expected_costs": {"approve": 2.0, "review": 3.0, "block": 1.0},
}
HISTORY = {"feature": "payer_count_24h", "measure": "history", "attribute": ""}


def stream_of(name: str) -> Stream:
    stream = BUILT_IN[name].stream
    assert stream is not None
    return stream


def schema(name: str) -> Schema:
    return schema_of(replace(PLAN, schema=built_in(name)))


def payments(name: str) -> list[Simulated]:
    return read_simulated(stream_of(name), schema(name))


def answers(api: str, count: int, **model: Any) -> Responses:
    """An API whose model has histories, unless `model` says otherwise."""
    told = Api(api).model()
    told |= {"inputs": [*told["inputs"], HISTORY]} | model
    return {
        "/model": (200, told),
        "/predict": (500, {}),
        "/predict/batch": (200, {"results": [ANSWER] * count}),
    }


def remembered(app: AppTest, queries: list[str]) -> tuple[int, str]:
    """The number of switches, and the query of the first batch of a stream."""
    app.button("play").click().run()
    return len([each for each in app.toggle if each.key == "remember"]), queries[-1]


def test_a_payment_that_is_tried_is_not_recorded(opened: Open, api: str) -> None:
    with answering(answers(api, 100)) as server:
        opened(server.url)
        opened(server.url, "what_if")
        asked = [query for query in server.queries if query]

    assert len(asked) == 4
    assert all("record=false" in query for query in asked)


def test_a_file_that_is_tried_is_not_recorded(opened: Open, cards: str) -> None:
    first = b"".join(CARDS_FILE.read_bytes().splitlines(keepends=True)[:2])
    with answering(answers(cards, 1)) as server:
        app = opened(server.url, "upload")
        app.file_uploader("file").set_value(("payments.csv", first, "text/csv")).run()
        app.button("score").click().run()

    assert server.queries[-1] == "explain=false&record=false"


def test_the_stream_is_remembered_by_an_api_on_this_machine(opened: Open, api: str) -> None:
    with answering(answers(api, 20)) as server:
        shown = remembered(opened(server.url, "stream"), server.queries)

    assert shown == (1, "explain=true&record=true")


def test_the_stream_is_forgotten_if_the_user_wants_it(opened: Open, api: str) -> None:
    with answering(answers(api, 20)) as server:
        app = opened(server.url, "stream")
        app.toggle("remember").set_value(False).run()
        shown = remembered(app, server.queries)

    assert shown == (1, "explain=true&record=false")


@pytest.mark.parametrize("remember", [True, False])
def test_a_stream_leads_to_the_queue_if_what_it_sends_is_recorded(
    opened: Open, api: str, remember: bool
) -> None:
    batch = {"/predict/batch": (200, {"results": [ANSWER | {"decision": "review"}] * 20})}
    with answering(answers(api, 20) | batch) as server:
        app = opened(server.url, "stream")
        app.toggle("remember").set_value(remember).run()
        app.button("play").click().run()

    assert ("Decide on them in the queue" in sent(app)) is remember


def test_a_deployed_api_does_not_take_the_stream_for_real_payments(
    opened: Open, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.shell.LOCAL", frozenset())
    with answering(answers(api, 20)) as server:
        shown = remembered(opened(server.url, "stream"), server.queries)

    assert shown == (1, "explain=true&record=false")


@pytest.mark.parametrize("limited", [{"inputs": []}, {"degraded": [NO_HISTORY]}])
def test_without_histories_there_is_nothing_to_remember(
    opened: Open, api: str, limited: dict[str, Any]
) -> None:
    with answering(answers(api, 20, **limited)) as server:
        shown = remembered(opened(server.url, "stream"), server.queries)

    assert shown == (0, "explain=true&record=false")


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_payment_of_a_stream_has_an_id_of_its_own_and_keeps_it(name: str) -> None:
    (column,) = [each.name for each in schema(name).fields if each.role == "id"]

    once, again = ([each.request[column] for each in payments(name)] for _ in range(2))

    assert len(set(once)) == len(once)
    assert once == again


def test_a_stream_that_runs_twice_is_counted_once(table_aws: TableAws) -> None:
    client = memory_client(table_aws, make_history_bundle())
    sent = {"transactions": [each.request for each in payments("paysim")[:50]]}

    first, second = (client.post("/predict/batch?record=true", json=sent) for _ in range(2))

    assert first.json() == second.json()
    assert len([key for key in table_aws.items if key.startswith("P#")]) == 50


def test_a_stream_says_what_limits_its_answers(opened: Open, api: str) -> None:
    answer = ANSWER | {"degraded": [HISTORY_BEHIND]}
    batch = {"/predict/batch": (200, {"results": [ANSWER, answer, answer]})}
    with answering(answers(api, 3) | batch) as server:
        app = opened(server.url, "stream", api_view=True)
        app.button("play").click().run()

    (warning,) = app.warning
    assert warning.proto.title == "Some answers are limited"
    assert warning.value == f"- {LIMITS[HISTORY_BEHIND]} `{HISTORY_BEHIND}`"


@pytest.mark.parametrize(("account", "is_asked"), [("device", True), ("payer", False)])
def test_a_form_asks_for_an_entity_if_the_model_reads_its_history(
    account: str, is_asked: bool
) -> None:
    plan = replace(PLAN, schema=built_in("cards"))
    told = SchemaOut.of(plan).model_dump(mode="json")
    inputs = [HISTORY | {"feature": f"{account}_count_24h"}]

    found = Schema.of({"schema": told, "policy": {"currency": ""}, "inputs": inputs})

    assert ("device_id" in [field.name for field in found.asked]) is is_asked
    assert "Device" in found.labels["device_id"]


def test_every_limitation_has_words() -> None:
    assert LIMITS.keys() == {NO_HISTORY, HISTORY_BEHIND, UNRECORDED, STALE_MODEL}


def test_the_features_of_an_accounts_history_share_a_label() -> None:
    names = ["payer_count_24h", "payer_new_partner", "received_since_last_s", "device_mean_30d"]
    inputs = [HISTORY | {"feature": name} for name in names]

    labels = features_in_words({"schema": {"fields": []}, "inputs": inputs}, PAYSIM.words)

    assert list(labels.values()) == [
        *("Payer's history", "Payer's history"),
        *("Payer's receipts", "History of device"),
    ]
