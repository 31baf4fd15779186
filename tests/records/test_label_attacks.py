"""Cursors and names made up by callers, items that cannot be read, and accounts that are erased."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final

import pytest

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.records.items import ERASED, RECORD, STATE
from fraud_api_lambda.records.seals import is_sealed, seal, seal_later
from tests.api.support import check_problem
from tests.bundles import make_review_bundle
from tests.records.support import KEYS, NOW_S, Memory, ticking

BUNDLE: Final = make_review_bundle()
KEY: Final = "P#00000000-0000-8000-8000-000000000000"
RANK: Final = "000000000000012345"
OUTCOME: Final = {"label": "fraud", "source": "customer", "at": "2026-11-01T00:00:00Z"}


@pytest.fixture
def memory() -> Memory:
    return Memory(data=BUNDLE, now=ticking())


def ask(memory: Memory, **changes: Any) -> str:
    """The id of a payment that is for review."""
    answer = memory.ask(**{"amount": 500.0, **changes})
    assert answer["decision"] == "review"
    prediction_id: str = answer["prediction_id"]
    return prediction_id


def tell(memory: Memory, *prediction_ids: str) -> list[int]:
    """The statuses of an outcome of each payment."""
    results = memory.client.post("/outcomes", json=sent(*prediction_ids)).json()["results"]
    return [each["problem"]["status"] if "problem" in each else 200 for each in results]


def sent(*prediction_ids: str) -> dict[str, Any]:
    return {"outcomes": [{**OUTCOME, "prediction_id": each} for each in prediction_ids]}


def review(memory: Memory, prediction_id: str) -> dict[str, Any]:
    response = memory.client.get(f"/reviews/{prediction_id}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def listed(memory: Memory) -> list[str]:
    return [each["prediction_id"] for each in memory.client.get("/reviews").json()["reviews"]]


def change(memory: Memory, key: str, changes: Item) -> None:
    memory.table.items[key] = {**memory.table.items[key], **changes}


def state_of(memory: Memory, prediction_id: str, index: int) -> str:
    """The key of the state of one of a payment's accounts."""
    accounts: list[str] = json.loads(str(memory.table.items[RECORD + prediction_id]["e"]))
    return STATE + accounts[index]


@pytest.mark.parametrize(
    "parts",
    [
        (RANK, "A#x"),
        (RANK, KEY + "\n"),
        (RANK, ""),
        (RANK, "P#" + "x" * 3_000),
        (RANK[1:], KEY),
        ("", KEY),
        ("\u0661" * 18, KEY),
        ("open", RANK, KEY),
        (KEY,),
    ],
)
def test_a_cursor_that_was_made_up_is_refused(parts: tuple[str, ...], memory: Memory) -> None:
    cursor = urlsafe_b64encode("\0".join(parts).encode()).decode()

    (fault,) = check_problem(memory.client.get("/reviews", params={"after": cursor}), 422)["errors"]

    assert fault["pointer"] == "#/query/after"


def test_a_cursor_of_another_table_is_only_a_place(memory: Memory) -> None:
    prediction_id = ask(memory)
    cursor = urlsafe_b64encode(f"{'9' * 18}\0{KEY}".encode()).decode()

    found = memory.client.get("/reviews", params={"after": cursor}).json()

    assert [each["prediction_id"] for each in found["reviews"]] == [prediction_id]


@pytest.mark.parametrize(
    "by", ["", " Ada", "Ada ", "Ada\n", "A\x00", "\x85", "x" * 65, "A\u202edA"]
)
def test_a_name_that_nobody_has_is_refused(by: str, memory: Memory) -> None:
    prediction_id = ask(memory)
    body = {"label": "fraud", "by": by}

    for response in (
        memory.client.get("/reviews", params={"by": by}),
        memory.client.post(f"/reviews/{prediction_id}", json=body),
    ):
        assert check_problem(response, 422)["errors"][0]["pointer"].endswith("/by")


@pytest.mark.parametrize("by", ["open", "by Ada", "名前", "😀" * 64])
def test_any_other_name_closes_reviews_of_its_own(by: str, memory: Memory) -> None:
    prediction_id, other = ask(memory), ask(memory)
    memory.client.post(f"/reviews/{prediction_id}", json={"label": "fraud", "by": by})

    closed = memory.client.get("/reviews", params={"by": by}).json()["reviews"]

    assert [each["prediction_id"] for each in closed] == [prediction_id]
    assert listed(memory) == [other]


@pytest.mark.parametrize("changes", [{"n": 2}, {"o": "{"}, {"k": "[]"}, {"g": "[]"}, {"a": "{}"}])
def test_a_record_that_cannot_be_read_hides_no_other(changes: Item, memory: Memory) -> None:
    unreadable, other = ask(memory, amount=900.0), ask(memory)
    change(memory, RECORD + unreadable, changes)

    assert listed(memory) == [other]
    assert review(memory, other)["histories"]["payer"]["decisions"] == []
    check_problem(memory.client.get(f"/reviews/{unreadable}"), 500)


@pytest.mark.parametrize("changes", [{"n": 2}, {"o": "{"}, {"k": "[]"}])
def test_an_outcome_of_a_record_that_cannot_be_read_is_not_to_be_sent_again(
    changes: Item, memory: Memory
) -> None:
    unreadable, other = ask(memory), ask(memory)
    change(memory, RECORD + unreadable, changes)

    assert tell(memory, unreadable, other) == [500, 200]


def test_while_an_account_is_erased_its_payments_are_shown_without_it(memory: Memory) -> None:
    prediction_id = ask(memory, transaction_id="t1")
    other = ask(memory, nameOrig="C3", nameDest="C4")
    change(memory, state_of(memory, prediction_id, 0), {"s": bytes(29), "r": b""})
    before = dict(memory.table.items)

    assert review(memory, prediction_id)["histories"]["payer"]["days"] == []
    assert review(memory, prediction_id)["histories"]["payee"]["days"] != []
    check_problem(memory.client.post("/outcomes", json=sent(prediction_id)), 503)
    assert memory.table.items == before
    assert tell(memory, prediction_id, other) == [503, 200]


def erased(item: Item) -> Item:
    """A record whose payer is erased."""
    accounts, versions = json.loads(str(item["e"])), json.loads(str(item["c"]))
    accounts[0], versions[0] = f"{ERASED}{'x' * 22}", [0, 0, False]
    names = {"e": json.dumps(accounts), "c": json.dumps(versions)}
    found: dict[str, str | int | bytes] = {**item, **names, "b": item["m"]}
    found["m"] = seal(found, KEYS)
    return {**found, "u": seal_later(found, KEYS)}


def test_an_erased_account_is_not_counted_again(memory: Memory) -> None:
    prediction_id = ask(memory)
    payer, payee = (state_of(memory, prediction_id, index) for index in (0, 1))
    moved = memory.table.items[payee]["s"]
    change(memory, RECORD + prediction_id, erased(memory.table.items[RECORD + prediction_id]))
    del memory.table.items[payer]

    assert tell(memory, prediction_id) == [200]

    assert payer not in memory.table.items
    assert memory.table.items[payee]["s"] != moved
    assert review(memory, prediction_id)["histories"]["payer"]["days"] == []


def test_what_is_erased_between_read_and_write_stays_erased(memory: Memory) -> None:
    prediction_id = ask(memory)
    payer, key = state_of(memory, prediction_id, 0), RECORD + prediction_id

    def erase() -> None:
        memory.table.before_write = lambda: None
        memory.table.items[key] = erased(memory.table.items[key])
        del memory.table.items[payer]

    memory.table.before_write = erase

    assert tell(memory, prediction_id) == [200]

    item: Mapping[str, Any] = memory.table.items[key]
    assert json.loads(item["e"])[0].startswith(ERASED)
    assert is_sealed(item, KEYS)
    assert payer not in memory.table.items


def test_a_review_is_closed_whatever_the_clock_says() -> None:
    moments = [NOW_S, NOW_S, NOW_S - 7_200]
    memory = Memory(data=BUNDLE, now=lambda: moments.pop(0) if len(moments) > 1 else moments[0])
    prediction_id = ask(memory)

    closed = memory.client.post(f"/reviews/{prediction_id}", json={"label": "fraud", "by": "Ada"})
    again = memory.client.post(f"/reviews/{prediction_id}", json={"label": "fraud", "by": "Ada"})

    assert closed.json() == again.json()
    assert review(memory, prediction_id)["label"]["source"] == "analyst"
