"""The queue of reviews: what is in it, in which order, and who closes what."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fraud_api_lambda.aws.dynamodb import Query
from fraud_api_lambda.aws.table_errors import LostError
from fraud_api_lambda.records.seals import is_sealed
from fraud_api_lambda.web.app import create_app
from tests.api.support import check_problem
from tests.bundles import make_review_bundle
from tests.emulator import TableAws
from tests.memory_app import memory_client
from tests.records.support import KEYS, NOW_S, Memory, ticking

BUNDLE = make_review_bundle()
GENUINE = {"label": "genuine", "by": "Ada"}


@pytest.fixture
def memory() -> Memory:
    return Memory(data=BUNDLE, now=ticking())


def ask(memory: Memory, **changes: Any) -> dict[str, Any]:
    """The answer to a payment that is reviewed."""
    answer = memory.ask(**{"amount": 500.0, **changes})
    assert answer["decision"] == "review"
    return answer


def reviews(memory: Memory, query: str = "") -> dict[str, Any]:
    response = memory.client.get(f"/reviews{query}")
    assert response.status_code == 200, response.text
    listed: dict[str, Any] = response.json()
    return listed


def ids(memory: Memory, query: str = "") -> list[str]:
    return [each["prediction_id"] for each in reviews(memory, query)["reviews"]]


def close(memory: Memory, prediction_id: str, **changes: Any) -> Any:
    return memory.client.post(f"/reviews/{prediction_id}", json=GENUINE | changes)


def test_the_queue_has_the_largest_expected_loss_first(memory: Memory) -> None:
    asked = {amount: ask(memory, amount=amount) for amount in (300.0, 90_000.0, 2_000.0)}

    listed = reviews(memory)

    losses = [each["expected_loss"] for each in listed["reviews"]]
    assert ids(memory) == [asked[amount]["prediction_id"] for amount in (90_000.0, 2_000.0, 300.0)]
    assert losses == sorted(losses, reverse=True)
    assert listed["next"] is None


def test_a_review_shows_the_answer_and_the_facts_without_ids(memory: Memory) -> None:
    answer = ask(memory, nameOrig="C1", nameDest="C2")

    (review,) = reviews(memory)["reviews"]

    assert {name: review[name] for name in ("fraud_probability", "reasons", "decision")} == {
        name: answer[name] for name in ("fraud_probability", "reasons", "decision")
    }
    assert review["expected_loss"] == pytest.approx(501 * answer["fraud_probability"])
    assert (review["amount"], review["currency"]) == (500.0, "EUR")
    assert review["accounts"]["payer"] == KEYS.account("payer", "C1")
    assert "C1" not in review["facts"].values()
    assert (review["label"], review["closed"]) == (None, None)


def test_a_page_goes_on_where_the_one_before_ended(memory: Memory) -> None:
    for number in range(5):
        ask(memory, amount=500.0 + number % 2)
    first = reviews(memory, "?limit=2")
    second = reviews(memory, f"?limit=2&after={first['next']}")
    third = reviews(memory, f"?limit=2&after={second['next']}")

    pages = [each["prediction_id"] for page in (first, second, third) for each in page["reviews"]]
    assert pages == ids(memory)
    assert len(pages) == 5
    assert third["next"] is None


@pytest.mark.parametrize("transaction_id", ["test_review", "test_fraud"])
def test_a_sandbox_id_is_never_in_the_queue(memory: Memory, transaction_id: str) -> None:
    memory.ask(transaction_id=transaction_id, amount=500.0)

    assert ids(memory) == []


def test_what_is_not_recorded_is_never_in_the_queue(memory: Memory) -> None:
    memory.ask("?record=false", amount=500.0)

    assert ids(memory) == []


def test_an_approved_payment_is_never_in_the_queue(memory: Memory) -> None:
    answer = memory.ask(amount=0.5)

    assert answer["decision"] == "approve"
    assert ids(memory) == []
    assert check_problem(close(memory, answer["prediction_id"]), 404)["type"].endswith(":no-review")


def test_a_closed_review_leaves_the_queue_with_its_label(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]

    closed = close(memory, prediction_id, label="fraud", note="the payer denies it")

    assert closed.status_code == 200
    assert closed.json()["note"] == "the payer denies it"
    assert ids(memory) == []
    (mine,) = reviews(memory, "?by=Ada")["reviews"]
    assert mine["closed"] == {name: closed.json()[name] for name in ("label", "by", "at", "note")}
    assert (mine["label"]["label"], mine["label"]["source"]) == ("fraud", "analyst")


def test_a_closed_review_is_not_listed_though_the_index_still_has_it(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction_id = ask(memory)["prediction_id"]
    behind = memory.table.page(Query("reviews", "q", "open", 20, None), deadline=0)
    close(memory, prediction_id)
    monkeypatch.setattr(memory.table, "page", lambda _, *, deadline: behind)  # noqa: ARG005

    assert len(behind.items) == 1
    assert ids(memory) == []


def test_a_slow_queue_does_not_close_the_gate_of_payments(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]
    slow = LostError("simulated", is_slow=True)
    memory.table.troubles.reads = [slow, slow]
    memory.table.patience = lambda deadline: setattr(memory.clock, "now", deadline)

    statuses = [memory.client.get(f"/reviews/{prediction_id}").status_code for _ in range(2)]

    assert statuses == [503, 503]
    assert memory.ask(amount=0.5)["degraded"] == []


def test_the_reviews_of_an_analyst_are_the_latest_first(memory: Memory) -> None:
    asked = [ask(memory)["prediction_id"] for _ in range(3)]
    close(memory, asked[1], by="Bob")
    close(memory, asked[2])
    close(memory, asked[0])

    assert ids(memory, "?by=Ada") == [asked[0], asked[2]]


def test_the_second_analyst_is_told_who_was_first_and_when(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]
    first = close(memory, prediction_id).json()

    second = close(memory, prediction_id, by="Bob", label="fraud")

    assert second.status_code == 409
    told = second.json()
    assert told["type"].endswith(":review-closed")
    assert {name: told[name] for name in ("by", "at", "label")} == {
        name: first[name] for name in ("by", "at", "label")
    }


def test_of_two_analysts_at_once_one_is_first(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]

    def bob() -> None:
        memory.table.before_write = lambda: None
        close(memory, prediction_id, by="Bob")

    memory.table.before_write = bob

    late = close(memory, prediction_id)

    assert (late.status_code, late.json()["by"]) == (409, "Bob")
    assert ids(memory, "?by=Ada") == []


@pytest.mark.parametrize("note", [None, ""])
def test_a_note_may_be_missing(memory: Memory, note: str | None) -> None:
    assert close(memory, ask(memory)["prediction_id"], note=note).json()["note"] is None


def test_a_null_id_of_an_outcome_is_as_good_as_none(memory: Memory) -> None:
    sent = {**outcome(ask(memory)["prediction_id"]), "transaction_id": None}

    (result,) = memory.client.post("/outcomes", json={"outcomes": [sent]}).json()["results"]

    assert result["label"] == "fraud"


def test_the_same_review_again_has_the_same_answer(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]
    first = close(memory, prediction_id, note="n")
    written = dict(memory.table.items)

    assert close(memory, prediction_id, note="n").content == first.content
    assert memory.table.items == written


def test_an_outcome_takes_a_payment_out_of_the_queue(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]
    memory.client.post("/outcomes", json={"outcomes": [outcome(prediction_id)]})

    late = close(memory, prediction_id)

    assert ids(memory) == []
    assert (late.status_code, late.json()["by"]) == (409, "customer")


def test_an_outcome_does_not_open_a_closed_review(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]
    close(memory, prediction_id)
    memory.client.post("/outcomes", json={"outcomes": [outcome(prediction_id)]})

    (mine,) = reviews(memory, "?by=Ada")["reviews"]

    assert ids(memory) == []
    assert (mine["closed"]["label"], mine["label"]["label"]) == ("genuine", "fraud")


def outcome(prediction_id: str) -> dict[str, str]:
    return {
        "prediction_id": prediction_id,
        "label": "fraud",
        "source": "customer",
        "at": "2026-11-28T10:00:00+01:00",
    }


def test_a_review_has_the_explanation_and_the_histories_of_its_accounts(memory: Memory) -> None:
    day = 24
    earlier = memory.ask(nameOrig="C1", nameDest="C8", amount=0.25, step=400)
    asked = memory.ask("?explain=true", nameOrig="C1", nameDest="C9", amount=500.0, step=400 + day)
    memory.client.post("/outcomes", json={"outcomes": [outcome(earlier["prediction_id"])]})

    shown = memory.client.get(f"/reviews/{asked['prediction_id']}").json()

    payer = shown["histories"]["payer"]
    assert shown["explanation"] == asked["explanation"]
    assert (payer["seen"]["count_30d"], payer["seen"]["sum_30d"]) == (1, 0.25)
    assert [(each["days_ago"], each["count"], each["frauds"]) for each in payer["days"]] == [
        (1, 1, 1),
        (0, 1, 0),
    ]
    (decision,) = payer["decisions"]
    assert decision["prediction_id"] == earlier["prediction_id"]
    assert (decision["amount"], decision["label"]) == (0.25, "fraud")


def test_the_latest_eight_payments_of_an_account_are_shown(memory: Memory) -> None:
    asked = [ask(memory, nameOrig="C1")["prediction_id"] for _ in range(11)]

    shown = memory.client.get(f"/reviews/{asked[-1]}").json()

    found = [each["prediction_id"] for each in shown["histories"]["payer"]["decisions"]]
    assert found == asked[3:-1][::-1]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("prediction_id", ["nonsense", "00000000-0000-8000-8000-000000000000"])
def test_an_unknown_review_is_not_found(memory: Memory, method: str, prediction_id: str) -> None:
    sent = {"json": GENUINE} if method == "post" else {}
    response = getattr(memory.client, method)(f"/reviews/{prediction_id}", **sent)

    assert check_problem(response, 404)["type"].endswith(":no-prediction")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "#/query/limit"),
        ("limit=101", "#/query/limit"),
        ("limit=ten", "#/query/limit"),
        ("after=nonsense", "#/query/after"),
        ("after=b25l", "#/query/after"),
        ("limits=1", "#/query/limits"),
        ("by=Ada&by=Bob", "#/query/by"),
    ],
)
def test_a_wrong_query_is_refused(memory: Memory, query: str, pointer: str) -> None:
    (fault,) = check_problem(memory.client.get(f"/reviews?{query}"), 422)["errors"]

    assert fault["pointer"] == pointer


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"label": "maybe"}, "#/label"),
        ({"by": ""}, "#/by"),
        ({"by": " Ada"}, "#/by"),
        ({"by": "A\nB"}, "#/by"),
        ({"by": 5}, "#/by"),
        ({"by": "chargeback"}, "#/by"),
        ({"note": "n" * 501}, "#/note"),
        ({"note": "\x00"}, "#/note"),
        ({"notes": ""}, "#/notes"),
    ],
)
def test_a_wrong_review_is_refused(memory: Memory, changes: dict[str, Any], pointer: str) -> None:
    prediction_id = ask(memory)["prediction_id"]

    (fault,) = check_problem(close(memory, prediction_id, **changes), 422)["errors"]

    assert fault["pointer"] == pointer
    assert ids(memory) == [prediction_id]


def test_what_comes_later_to_a_record_is_sealed(memory: Memory) -> None:
    prediction_id = ask(memory)["prediction_id"]
    opened = memory.table.items[f"P#{prediction_id}"]
    close(memory, prediction_id, note="n")
    closed = memory.table.items[f"P#{prediction_id}"]

    for item in (opened, closed):
        assert is_sealed(item, KEYS)
        for name in {"q", "l", "o", "w"} & item.keys():
            assert not is_sealed({**item, name: f"{item[name]!r} "}, KEYS)
            assert not is_sealed({each: item[each] for each in item if each != name}, KEYS)
    assert opened["m"] == closed["m"]


CALLS: dict[str, Callable[[TestClient], Any]] = {
    "outcomes": lambda client: client.post("/outcomes", json={"outcomes": [outcome("x")]}),
    "list": lambda client: client.get("/reviews"),
    "show": lambda client: client.get("/reviews/00000000-0000-8000-8000-000000000000"),
    "close": lambda client: client.post(
        "/reviews/00000000-0000-8000-8000-000000000000", json=GENUINE
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_without_the_key_of_reviews_nothing_is_told(
    memory: Memory, call: Callable[[TestClient], Any]
) -> None:
    app = create_app(memory.provider, service=memory.service, review_key="of-reviews")

    refused = call(TestClient(app))

    assert check_problem(refused, 403)["type"].endswith(":other-key")
    assert memory.table.reads == []


def test_a_table_that_is_away_is_a_problem_that_passes() -> None:
    memory = Memory(data=BUNDLE, keys=None, now=lambda: NOW_S)

    refused = close(memory, "00000000-0000-8000-8000-000000000000")

    assert check_problem(refused, 503)["type"].endswith(":memory-unavailable")
    assert refused.headers["Retry-After"] == "1"


def test_the_first_request_of_a_container_may_be_an_outcome(table_aws: TableAws) -> None:
    """The secret, without which nothing is found, comes with the model."""
    sent = {"outcomes": [outcome("00000000-0000-8000-8000-000000000000")]}

    (result,) = memory_client(table_aws, BUNDLE).post("/outcomes", json=sent).json()["results"]

    assert result["problem"]["type"].endswith(":no-prediction")
