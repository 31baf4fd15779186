"""Each row of the protocol: what fails at the table, and what the caller gets for it."""

from collections.abc import Sequence

import pytest

from fraud_api_lambda.aws.dynamodb import Item, Put
from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, LostError, TableError
from fraud_api_lambda.records.requests import JITTER_S, SKIPPED_S, USUAL
from tests.bundles import make_bundle
from tests.records.support import Done, Memory, Trouble
from tests.transactions import body

BUSY = BusyError("busy")
LOST = LostError("lost", is_slow=False)
SLOW = LostError("slow", is_slow=True)
DENIED = TableError("denied")


def conflict() -> CancelledError:
    return CancelledError("conflict", [False] * 3, [None] * 3)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def patient(memory: Memory, seconds: float) -> None:
    """Let a failure take so long, or until the deadline of the request."""
    clock = memory.clock
    memory.table.patience = lambda deadline: clock.sleep(min(seconds, deadline - clock.now))


def states(memory: Memory) -> dict[str, Item]:
    return {key: item for key, item in memory.table.items.items() if key.startswith("A#")}


def test_only_the_record_is_shown_if_it_is_there(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state beside a throttle would make the throttle a conflict."""
    shown: list[bool] = []
    write = memory.table.write

    def seen(puts: Sequence[Put], *, deadline: float) -> None:
        shown.extend(put.is_shown for put in puts)
        write(puts, deadline=deadline)

    monkeypatch.setattr(memory.table, "write", seen)
    memory.ask()

    assert shown == [True, False, False]


def test_a_payment_costs_one_read_and_one_transaction(memory: Memory) -> None:
    answer = memory.ask(transaction_id="t")

    assert answer["degraded"] == []
    assert memory.table.reads == [False]
    assert memory.table.writes == [3]
    assert len(memory.table.records) == 1
    assert len(states(memory)) == 2


@pytest.mark.parametrize("trouble", [BUSY, LOST], ids=["busy", "lost"])
def test_a_read_is_tried_once_more(memory: Memory, trouble: Trouble) -> None:
    memory.table.troubles.reads = [trouble]

    assert memory.ask()["degraded"] == []
    assert memory.table.reads == [False, False]


@pytest.mark.parametrize(
    "troubles", [[BUSY, BUSY], [LOST, BUSY], [DENIED], [SLOW]], ids=["busy", "lost", "no", "slow"]
)
def test_without_histories_the_second_model_answers_and_is_recorded(
    memory: Memory, troubles: list[Trouble]
) -> None:
    memory.table.troubles.reads = troubles

    answer = memory.ask(transaction_id="t")

    assert answer["degraded"] == ["no_history"]
    (record,) = memory.table.records
    assert record.histories is None
    assert not states(memory)


def test_the_second_model_is_another_one(memory: Memory) -> None:
    known = memory.ask()["fraud_probability"]
    memory.table.troubles.reads = [DENIED]

    assert memory.ask()["fraud_probability"] != known


def test_a_model_that_needs_no_histories_only_leaves_them_behind() -> None:
    memory = Memory(data=make_bundle())
    memory.table.troubles.reads = [DENIED]

    assert memory.ask()["degraded"] == ["history_behind"]


def test_without_read_and_write_the_answer_says_both(memory: Memory) -> None:
    memory.table.troubles.reads = [DENIED]
    memory.table.troubles.writes = [DENIED]

    assert memory.ask()["degraded"] == ["no_history", "unrecorded"]
    assert not memory.table.items


def test_a_conflict_is_read_again_and_judged_again(memory: Memory) -> None:
    memory.table.troubles.writes = [conflict()]

    assert memory.ask()["degraded"] == []
    assert memory.table.reads == [False, True]
    assert memory.clock.waits == [JITTER_S[0]]


def test_after_three_conflicts_the_record_is_written_alone(memory: Memory) -> None:
    memory.table.troubles.writes = [conflict()] * 3

    answer = memory.ask()

    assert answer["degraded"] == ["history_behind"]
    assert memory.table.writes == [3, 3, 3, 1]
    (record,) = memory.table.records
    assert [version and version.moved for version in record.versions] == [False] * 3
    assert record.histories is not None
    assert not states(memory)


@pytest.mark.parametrize(("conflicts", "degraded"), [(5, ["history_behind"]), (6, ["unrecorded"])])
def test_a_record_alone_has_three_attempts_too(
    memory: Memory, conflicts: int, degraded: list[str]
) -> None:
    memory.table.troubles.writes = [conflict() for _ in range(conflicts)]

    assert memory.ask()["degraded"] == degraded
    assert memory.table.writes == [3, 3, 3, 1, 1, 1]


def test_a_conflict_with_another_payment_sees_it(memory: Memory) -> None:
    other = Memory()
    memory.table.before_write = lambda: other_payment(memory, other)

    memory.ask(transaction_id="mine")

    counts = [record.histories[0].count_30d for record in memory.table.records if record.histories]
    assert sorted(map(int, counts)) == [0, 1]


def other_payment(memory: Memory, other: Memory) -> None:
    """Let the same accounts pay once more, just before a write."""
    memory.table.before_write = lambda: None
    other.table.items = memory.table.items
    other.ask(transaction_id="other")


@pytest.mark.parametrize("trouble", [BUSY, LOST, SLOW], ids=["busy", "lost", "slow"])
def test_a_write_is_sent_once_more(memory: Memory, trouble: Trouble) -> None:
    memory.table.troubles.writes = [trouble]

    assert memory.ask()["degraded"] == []
    assert memory.table.writes == [3, 3]
    assert len(memory.table.records) == 1


def test_the_record_of_a_throttled_account_is_written_alone(memory: Memory) -> None:
    memory.table.troubles.writes = [BUSY, BUSY]

    assert memory.ask()["degraded"] == ["history_behind"]
    assert memory.table.writes == [3, 3, 1]


@pytest.mark.parametrize("trouble", [LOST, SLOW], ids=["lost", "slow"])
def test_a_write_that_fails_twice_leaves_the_answer_unrecorded(
    memory: Memory, trouble: Trouble
) -> None:
    memory.table.troubles.writes = [trouble, trouble]

    assert memory.ask()["degraded"] == ["unrecorded"]
    assert not memory.table.items


def test_a_lost_answer_is_found_by_sending_the_same_again(memory: Memory) -> None:
    memory.table.troubles.writes = [Done(LOST)]

    response = memory.post(transaction_id="t")

    assert response.json()["degraded"] == []
    assert "Idempotent-Replayed" not in response.headers
    (record,) = memory.table.records
    assert record.answer == response.text
    assert [state["s"] for state in states(memory).values()]


def test_a_write_that_was_done_twice_is_counted_once(memory: Memory) -> None:
    memory.table.troubles.writes = [Done(LOST)]
    memory.ask(transaction_id="t")
    memory.ask(transaction_id="u")

    assert memory.table.records[-1].histories
    assert memory.table.records[-1].histories[0].count_30d == 1


def test_after_a_conflict_and_a_lost_answer_the_first_answer_counts(memory: Memory) -> None:
    memory.table.troubles.writes = [Done(LOST), conflict()]

    response = memory.post(transaction_id="t")

    (record,) = memory.table.records
    assert response.text == record.answer


@pytest.mark.parametrize("trouble", ["reads", "writes"])
def test_a_single_slow_answer_costs_no_other_payment(memory: Memory, trouble: str) -> None:
    setattr(memory.table.troubles, trouble, [SLOW])
    patient(memory, 0.12)
    memory.ask()

    assert memory.ask()["degraded"] == []


@pytest.mark.parametrize("need", [["?record=false"], [""]])
def test_a_table_that_was_silent_is_left_alone_for_a_while(
    memory: Memory, need: Sequence[str]
) -> None:
    memory.table.troubles.reads, memory.table.troubles.writes = [SLOW], [SLOW]
    patient(memory, 0.12)
    memory.ask()
    asked = len(memory.table.reads), len(memory.table.writes)

    answer = memory.ask(need[0])

    assert answer["degraded"][0] == "no_history"
    assert (len(memory.table.reads), len(memory.table.writes)) == asked
    memory.clock.now += SKIPPED_S[1]
    assert memory.ask()["degraded"] == []


def test_a_batch_leaves_a_silent_table_alone(memory: Memory) -> None:
    memory.table.troubles.reads, memory.table.troubles.writes = [SLOW], [SLOW]
    patient(memory, 0.12)
    memory.ask()
    asked = len(memory.table.reads), len(memory.table.writes)

    batch = memory.client.post("/predict/batch", json={"transactions": [body()] * 2}).json()

    assert [each["degraded"] for each in batch["results"]] == [["no_history", "unrecorded"]] * 2
    assert (len(memory.table.reads), len(memory.table.writes)) == asked


def test_an_error_that_took_no_time_does_not_close_the_gate(memory: Memory) -> None:
    memory.table.troubles.reads = [LOST, LOST]
    memory.ask()

    assert memory.ask()["degraded"] == []


@pytest.mark.parametrize("kind", ["reads", "writes"])
@pytest.mark.parametrize("trouble", [BUSY, SLOW, conflict()], ids=["busy", "slow", "conflict"])
def test_no_trouble_takes_longer_than_the_budget(
    memory: Memory, kind: str, trouble: Trouble
) -> None:
    patient(memory, 0.119)
    setattr(memory.table.troubles, kind, [trouble] * 20)

    memory.ask()

    assert memory.clock.now <= USUAL.budget_s + 2 * JITTER_S[0]


def test_a_record_of_a_newer_program_is_left_as_it_is(memory: Memory) -> None:
    memory.ask(transaction_id="t")
    ((key, item),) = [pair for pair in memory.table.items.items() if pair[0].startswith("P#")]
    memory.table.items[key] = {**item, "n": 2}

    assert memory.ask(transaction_id="t")["degraded"] == ["unrecorded"]
    assert memory.table.items[key]["n"] == 2
    assert memory.client.get(f"/predictions/{key[2:]}").status_code == 503


@pytest.mark.parametrize("stored", [b"\x00" * 20, "text"])
def test_a_state_that_nobody_can_read_is_left_as_it_is(memory: Memory, stored: bytes | str) -> None:
    memory.ask()
    damaged = {key: {**item, "s": stored} for key, item in states(memory).items()}
    memory.table.items |= damaged

    assert memory.ask()["degraded"] == ["no_history"]
    assert states(memory) == damaged


def test_what_has_expired_is_as_if_it_were_gone() -> None:
    moments = iter([1e9, 1e9 + 401 * 86_400, 1e9 + 401 * 86_400])
    memory = Memory(now=lambda: next(moments))
    memory.ask(transaction_id="t", amount=1.0)

    response = memory.post(transaction_id="t", amount=2.0)

    assert response.json()["degraded"] == []
    (record,) = memory.table.records
    assert record.histories is not None
    assert not record.histories[0].seen


def test_an_account_without_a_break_moves_no_more(memory: Memory) -> None:
    for number in range(258):
        memory.ask(transaction_id=str(number), nameOrig=f"C{number}")

    moved = [record.versions[1] for record in memory.table.records]
    assert [version.moved for version in moved if version][-3:] == [True, False, False]
    assert [version.seq for version in moved if version][-2:] == [256, 256]
