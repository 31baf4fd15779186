"""Outcomes come to one end in every order, and move the histories of accounts exactly once."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.aws.table_errors import BusyError, LostError
from fraud_api_lambda.labelling import BUDGET_S
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import KEPT_S, RECORD, STATE, Record
from fraud_api_lambda.records.labels import MOST_CHANGES, LabelContext, LabelLog
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.outcomes import Later, Word, changed
from fraud_api_lambda.records.requests import Waits
from fraud_api_lambda.records.seals import is_sealed
from tests.records.fake_table import FakeTable
from tests.records.support import KEYS, NOW_S, Done, Memory, Trouble
from tests.records.words import STRONGEST_FIRST, End, Told, end_of, flips

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EARLIER: Final = int(NOW_S - 86_400) * 1_000_000
TWELVE: Final = [
    Told(source, EARLIER + later, is_fraud)
    for source in STRONGEST_FIRST
    for is_fraud in (False, True)
    for later in (0, 1)
]
MOST: Final = 4
DAY_S: Final = 86_400

WAITS: Final = Waits(clock=lambda: 0.0, sleep=lambda _: None, between=lambda least, _: least)
SITTING: Final = LabelContext(KEYS, int(NOW_S * 1_000), 1.0)

type Items = Mapping[str, Item]


@pytest.fixture
def memory() -> Memory:
    return Memory()


def text(micros: int) -> str:
    return (EPOCH + timedelta(microseconds=micros)).isoformat()


def outcome(told: Told = TWELVE[2], **changes: Any) -> dict[str, Any]:
    """A word of a source on the payment t1, as it is sent."""
    label = "fraud" if told.is_fraud else "genuine"
    sent = {"transaction_id": "t1", "label": label, "source": told.source, "at": text(told.at)}
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


def post(memory: Memory, *outcomes: dict[str, Any]) -> list[dict[str, Any]]:
    response = memory.client.post("/outcomes", json={"outcomes": outcomes})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def statuses(results: Sequence[dict[str, Any]]) -> list[int]:
    return [each["problem"]["status"] if "problem" in each else 200 for each in results]


def record_of(items: Items, prediction_id: str) -> tuple[Record, Later]:
    item = items[RECORD + prediction_id]
    assert is_sealed(item, KEYS)
    return Record.of(item), Later.of(item)


def counts(items: Items) -> list[tuple[int, int]]:
    """The version of each account's state, and the known frauds in it."""
    accounts = [unpacked(item) for key, item in items.items() if key.startswith(STATE)]
    return [(account.seq, sum(account.state.days.frauds)) for account in accounts]


def unpacked(item: Item) -> Account:
    state = item["s"]
    assert isinstance(state, bytes)
    return Account.unpack(state)


def test_words_in_any_order_and_any_number_come_to_one_end() -> None:
    ends: dict[frozenset[Told], End] = {}

    def follow(later: Later, so_far: tuple[Told, ...]) -> int:
        end = ends.setdefault(frozenset(so_far), end_of(so_far))
        label = later.label
        assert later.attributes().get("o", "{}") == end.words
        assert (label and label.source, later.is_fraud) == (end.source, end.is_fraud)
        if len(so_far) == MOST:
            return 1
        return 1 + sum(
            follow(later.with_word(each.source, Word(each.at, each.is_fraud)), (*so_far, each))
            for each in TWELVE
        )

    assert follow(Later(), ()) == sum(12**length for length in range(MOST + 1))


def test_in_every_order_the_states_share_the_end_exactly_once(memory: Memory) -> None:
    prediction_id = memory.ask(transaction_id="t1")["prediction_id"]
    ends: dict[frozenset[Told], End] = {}

    def tell(items: Items, told: Told) -> Items:
        table = FakeTable(items.values())
        word = Word(told.at, told.is_fraud)
        LabelLog(DecisionLog(table, WAITS)).tell(prediction_id, told.source, word, SITTING)
        return table.items

    def follow(items: Items, so_far: tuple[Told, ...], is_fraud: bool, changes: int) -> int:
        end = ends.setdefault(frozenset(so_far), end_of(so_far))
        changes += end.is_fraud != is_fraud
        assert items[RECORD + prediction_id].get("o", "{}") == end.words
        assert counts(items) == [(1 + changes, end.is_fraud)] * 2
        if len(so_far) == MOST:
            return 1
        return 1 + sum(
            follow(tell(items, each), (*so_far, each), end.is_fraud, changes)
            for each in TWELVE
            if each not in so_far
        )

    assert follow(memory.table.items, (), False, 0) == 1 + 12 + 132 + 1_320 + 11_880


def test_orders_through_the_api_come_to_one_end(memory: Memory) -> None:
    chance = Random(18)
    for number in range(40):
        prediction_id = memory.ask(transaction_id=f"t{number}", nameOrig=f"C{number}")[
            "prediction_id"
        ]
        told = chance.choices(TWELVE, k=chance.randint(1, MOST))
        whose = chance.choice(
            [
                {"transaction_id": f"t{number}"},
                {"transaction_id": None, "prediction_id": prediction_id},
            ]
        )

        results = post(memory, *(outcome(each, **whose) for each in told))

        ends = [end_of(told[: length + 1]) for length in range(len(told))]
        record, later = record_of(memory.table.items, prediction_id)
        assert [each["source"] for each in results] == [end.source for end in ends]
        assert [each["label"] == "fraud" for each in results] == [end.is_fraud for end in ends]
        assert memory.table.items[RECORD + prediction_id]["o"] == ends[-1].words
        assert len(later.changes) == flips(told)
        payer = {key: memory.table.items[key] for key in [f"{STATE}{record.accounts[0]}"]}
        assert counts(payer) == [(1 + flips(told), ends[-1].is_fraud)]


def test_a_word_that_is_sent_again_writes_nothing(memory: Memory) -> None:
    memory.ask(transaction_id="t1")
    first = post(memory, outcome(), outcome())
    before = dict(memory.table.items)

    again = post(memory, outcome())

    assert again == first[:1] == first[1:]
    assert memory.table.items == before
    assert memory.table.writes == [3, 3]


def test_a_chargeback_that_is_reversed_moves_the_states_back(memory: Memory) -> None:
    memory.ask(transaction_id="t1")
    before = [state for key, state in memory.table.items.items() if key.startswith(STATE)]
    chargeback = Told("chargeback", EARLIER, is_fraud=True)

    (known,) = post(memory, outcome(chargeback))
    counted = counts(memory.table.items)
    (reversed_,) = post(memory, outcome(chargeback._replace(is_fraud=False, at=EARLIER + 1)))

    assert (known["label"], reversed_["label"]) == ("fraud", "genuine")
    assert (counted, counts(memory.table.items)) == ([(2, 1)] * 2, [(3, 0)] * 2)
    for item in before:
        after = memory.table.items[str(item["pk"])]
        assert {name: after[name] for name in ("x", "r")} == {
            name: item[name] for name in ("x", "r")
        }
        assert unpacked(after).state == unpacked(item).state


def test_a_payment_without_histories_takes_outcomes_too(memory: Memory) -> None:
    memory.ask(transaction_id="t0")
    memory.table.troubles.reads = [LostError("simulated", is_slow=True)]
    assert memory.ask(transaction_id="t1")["degraded"] == ["no_history"]
    before = counts(memory.table.items)

    results = post(memory, outcome())

    assert statuses(results) == [200]
    assert counts(memory.table.items) == before


def test_a_payment_that_is_not_counted_moves_no_state(memory: Memory) -> None:
    memory.ask(transaction_id="t0")
    memory.table.troubles.writes = [BusyError("simulated")] * 2
    assert memory.ask(transaction_id="t1")["degraded"] == ["history_behind"]
    before = counts(memory.table.items)

    results = post(memory, outcome())

    assert statuses(results) == [200]
    assert counts(memory.table.items) == before


def test_a_day_that_is_no_longer_kept_has_no_more_frauds() -> None:
    memory = Memory()
    prediction_id = memory.ask(transaction_id="t1", step=1)["prediction_id"]
    memory.ask(transaction_id="t2", step=24 * 40)
    before = counts(memory.table.items)

    results = post(memory, outcome(), outcome(TWELVE[3]))

    _, later = record_of(memory.table.items, prediction_id)
    assert statuses(results) == [200, 200]
    assert [[each and each.moved for each in change.versions] for change in later.changes] == [
        [False, False, None]
    ]
    assert counts(memory.table.items) == before


def test_an_account_that_begins_again_does_not_count_an_earlier_life() -> None:
    now = [NOW_S]
    memory = Memory(now=lambda: now[0])
    memory.ask(transaction_id="t1")
    earlier = [item for key, item in memory.table.items.items() if key.startswith(STATE)]
    for item in earlier:  # as if DynamoDB had deleted them too early
        del memory.table.items[str(item["pk"])]
    now[0] += 1
    memory.ask(transaction_id="t2")

    assert statuses(post(memory, outcome())) == [200]
    assert counts(memory.table.items) == [(1, 0)] * 2


def test_an_expired_payment_is_unknown() -> None:
    now = [NOW_S]
    memory = Memory(now=lambda: now[0])
    memory.ask(transaction_id="t1")
    before = dict(memory.table.items)
    now[0] += KEPT_S + 1

    assert statuses(post(memory, outcome())) == [404]
    assert memory.table.items == before


@pytest.mark.parametrize("key", [RECORD, STATE])
def test_what_expires_between_read_and_write_is_as_if_it_had_before(
    key: str, memory: Memory
) -> None:
    memory.ask(transaction_id="t1")

    def delete() -> None:
        for each in [each for each in memory.table.items if each.startswith(key)]:
            del memory.table.items[each]

    memory.table.before_write = delete

    assert statuses(post(memory, outcome())) == [404 if key == RECORD else 200]
    assert counts(memory.table.items) == ([(1, 0)] * 2 if key == RECORD else [])


@pytest.mark.parametrize(
    ("query", "transaction_id"),
    [("", "test_fraud"), ("", "test_review"), ("?record=false", "t1"), ("", "another")],
)
def test_what_is_not_recorded_is_unknown(query: str, transaction_id: str, memory: Memory) -> None:
    asked = memory.ask(query, transaction_id=transaction_id.replace("another", "t2"))
    by_id = outcome(transaction_id=None, prediction_id=asked["prediction_id"])

    results = post(memory, outcome(transaction_id=transaction_id), by_id)

    assert statuses(results) == [404, 200 if transaction_id == "another" else 404]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"at": text(int(NOW_S * 1_000_000) + 6_000_000)}, "at"),
        ({"at": "9999-12-31T23:59:59.999999999-23:59"}, "at"),
        ({"at": f"{text(EARLIER)}\n"}, "at"),
        ({"at": text(EARLIER)[:10]}, "at"),
        ({"at": 1}, "at"),
        ({"source": "bank"}, "source"),
        ({"source": ["analyst"]}, "source"),
        ({"label": True}, "label"),
        ({"prediction_id": "t1"}, None),
        ({"transaction_id": None}, None),
        ({"transaction_id": ""}, "transaction_id"),
        ({"transaction_id": "x" * 129}, "transaction_id"),
        ({"other": 1}, "other"),
    ],
)
def test_a_faulty_outcome_does_not_affect_the_others(
    changes: dict[str, Any], name: str | None, memory: Memory
) -> None:
    memory.ask(transaction_id="t1")

    results = post(memory, outcome(), outcome(**changes), outcome(TWELVE[3]))

    pointer = "#/outcomes/1" if name is None else f"#/outcomes/1/{name}"
    assert statuses(results) == [200, 422, 200]
    assert [error["pointer"] for error in results[1]["problem"]["errors"]] == [pointer]
    assert results[2]["at"] == text(TWELVE[3].at).replace("+00:00", "Z")


@pytest.mark.parametrize(
    "at",
    [
        "1000-01-01T00:00:00+23:59",
        "2024-02-29t23:59z",
        "2026-11-24T03:00:00.123456789+0100",
        "2026-11-24T03:00:00-23",
    ],
)
def test_a_time_in_any_form_is_taken(at: str, memory: Memory) -> None:
    memory.ask(transaction_id="t1")

    (result,) = post(memory, outcome(at=at))

    assert datetime.fromisoformat(result["at"]) == datetime.fromisoformat(at.upper())


def test_a_word_in_the_next_seconds_is_that_of_a_clock_ahead(memory: Memory) -> None:
    memory.ask(transaction_id="t1")

    assert statuses(post(memory, outcome(at=text(int(NOW_S * 1_000_000) + 4_000_000)))) == [200]


@pytest.mark.parametrize("trouble", [BusyError("x"), Done(LostError("x", is_slow=False))])
def test_a_fault_that_passes_is_not_seen(trouble: Trouble, memory: Memory) -> None:
    memory.ask(transaction_id="t1")
    memory.table.troubles.writes = [trouble]

    assert statuses(post(memory, outcome())) == [200]
    assert counts(memory.table.items) == [(2, 1)] * 2


def test_what_could_not_be_written_can_be_sent_again(memory: Memory) -> None:
    memory.ask(transaction_id="t1")
    lost = LostError("simulated", is_slow=False)
    memory.table.troubles.writes = [lost, Done(lost)]

    refused = memory.client.post("/outcomes", json={"outcomes": [outcome()]})
    results = post(memory, outcome())

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert statuses(results) == [200]
    assert counts(memory.table.items) == [(2, 1)] * 2


def test_a_slow_table_takes_what_it_can_in_the_time_there_is(memory: Memory) -> None:
    for number in range(100):
        memory.ask(transaction_id=f"t{number}")
    outcomes = [outcome(transaction_id=f"t{number}") for number in range(100)]
    memory.table.before_write = lambda: memory.clock.sleep(0.3)

    results = post(memory, *outcomes)

    taken = int(BUDGET_S / 0.3) + 1
    assert statuses(results) == [200] * taken + [503] * (100 - taken)
    assert memory.clock.now < BUDGET_S + 0.3
    memory.table.before_write = lambda: None
    assert statuses(post(memory, *outcomes)) == [200] * 100
    assert counts(memory.table.items) == [(200, 100)] * 2


def test_a_source_of_a_newer_program_is_kept(memory: Memory) -> None:
    prediction_id = memory.ask(transaction_id="t1")["prediction_id"]
    key = RECORD + prediction_id
    item = memory.table.items[key]
    memory.table.items[key] = changed(item, Later({"bank": Word(1, is_fraud=True)}), KEYS)

    post(memory, outcome())

    assert json.loads(str(memory.table.items[key]["o"])).keys() == {"chargeback", "bank"}


@pytest.mark.parametrize("changes", [{"n": 2}, {"o": "{"}, {"c": "[]"}, {"y": "[[1]]"}])
def test_a_record_that_cannot_be_read_does_not_affect_the_others(
    changes: Item, memory: Memory
) -> None:
    prediction_id = memory.ask(transaction_id="t0")["prediction_id"]
    memory.ask(transaction_id="t1")
    memory.table.items[RECORD + prediction_id] |= changes  # type: ignore[operator]  # a dict

    results = post(memory, outcome(transaction_id="t0"), outcome())

    assert statuses(results)[1] == 200


def test_a_label_changes_a_hundred_times_and_no_more(memory: Memory) -> None:
    memory.ask(transaction_id="t1")
    flips = [
        outcome(Told("customer", MOST_CHANGES + number, number % 2 == 0))
        for number in range(MOST_CHANGES)
    ]
    post(memory, *flips)
    stored = dict(memory.table.items)

    (refused,) = post(memory, outcome(Told("customer", 10**6, True)))

    assert refused["problem"]["type"].endswith(":changed-too-often")
    assert memory.table.items == stored
