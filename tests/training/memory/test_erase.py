"""An erased account leaves no trace in the table, and everything else fits together as before."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Final

import pytest

from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import BASE, ERASED, STATE, Item, state_item
from tests.api.cards import PLAN as CARDS_PLAN
from tests.api.cards import card_payment
from tests.bundles import bundle_of, make_review_bundle
from tests.records.support import KEYS, NOW_S, Memory, ticking
from tests.training.memory.whole_table import (
    WholeTable,
    close,
    pay,
    record_of,
    replayed,
    tell,
    whole,
)
from training.errors import CommandError
from training.memory.anchors import anchor, digests, leaf
from training.memory.erase import Erased, Eraser
from training.memory.erasing.tombstones import Tombstones
from training.memory.sights import number_of

PAYSIM: Final = make_review_bundle()
CARDS: Final = bundle_of(CARDS_PLAN, [card_payment()] * 40)
ID: Final = "C5550001"
KINDS: Final = ("payer", "payee", "device")


def erase(memory: Memory, account: str = ID, table: WholeTable | None = None) -> Erased:
    eraser = Eraser(table or whole(memory), account, KINDS, now=lambda: NOW_S, sleep=_wait)
    return eraser.erase(lambda _: None)


def _wait(seconds: float) -> None:
    assert seconds > 0


def traces(memory: Memory, account: str = ID) -> list[str]:
    """The items that have an account's id, keyed id or number as a partner, in any form."""
    keyed = [KEYS.keyed(kind, account) for kind in KINDS]
    forms = [*keyed, *(each[:8] for each in keyed)]
    forms += [account.encode()] if len(account) >= len(ID) else []  # or it is in any text
    forms += [KEYS.account(kind, account).encode() for kind in KINDS]
    numbers = {int.from_bytes(each[:8]) for each in keyed}
    return [
        key
        for key, item in memory.table.items.items()
        if any(form in _bytes(value) for value in item.values() for form in forms)
        or not numbers.isdisjoint(_partners(item))
    ]


def _bytes(value: str | int | bytes) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _partners(item: Item) -> Sequence[int]:
    try:
        return list(account_of(item).state.partners.kept) if "s" in item else []
    except PackedStateError:
        return []


def account_of(item: Item) -> Account:
    """The account of a state's item."""
    state = item["s"]
    assert isinstance(state, bytes)
    return Account.unpack(state)


def names_in(memory: Memory, transaction_id: str) -> list[str | None]:
    names: list[str | None] = json.loads(record_of(memory, transaction_id)["e"])
    return names


def post_paysim(memory: Memory) -> None:
    """The account pays three others, each twice, and is paid; they go on without it."""
    for number in range(6):
        pay(memory, number, nameOrig=ID, nameDest=f"C{number % 3}")
    pay(memory, 6, nameOrig="C1", nameDest=ID)
    pay(memory, 7, nameOrig="C2", nameDest=ID)
    pay(memory, 8, nameOrig=ID, nameDest=ID)
    for number in range(9, 16):
        pay(memory, number)
    tell(memory, "t0", "fraud")
    tell(memory, "t6", "fraud")
    tell(memory, "t12", "fraud")
    tell(memory, "t6", "genuine", "chargeback")
    close(memory, "t1", "fraud", f"the holder of {ID} called at 10")


def post_cards(memory: Memory) -> None:
    """The account pays at three merchants with two devices; another card shares one of them."""
    for number in range(12):
        sent = {
            "cc_num": ID if number % 4 else "C1",
            "Merchant/Name": f"M{number % 3}",
            "device_id": f"D{number % 2}",
            "trans_num": f"t{number}",
        }
        answer = memory.client.post("/predict", json=card_payment(**sent))
        assert answer.status_code == 200, answer.text
    tell(memory, "t1", "fraud")


def post_after_file(memory: Memory) -> None:
    """Accounts begin with the states of a file, in which the account paid two others."""
    for number in range(4):
        pay(memory, number, nameOrig=ID, nameDest=f"C{number % 2 + 1}")
    states = [item for key, item in memory.table.items.items() if key.startswith("A#")]
    memory.table.items.clear()
    for item in states:
        began = account_of(item)._replace(seq=0)
        for kind in (STATE, BASE):
            key = kind + str(item["pk"]).removeprefix(STATE)
            memory.table.items[key] = state_item(key, began, int(item["x"]), KEYS)
    pay(memory, 10, nameOrig=ID, nameDest="C1")
    pay(memory, 11, nameOrig="C3", nameDest="C2")
    pay(memory, 12, nameOrig="C3", nameDest="C1")


WORLDS: Final = {
    "paysim": (PAYSIM, post_paysim),
    "cards": (CARDS, post_cards),
    "file": (PAYSIM, post_after_file),
}


@pytest.fixture(scope="module", params=WORLDS)
def made(request: pytest.FixtureRequest) -> tuple[Memory, bytes]:
    """An API that has recorded payments of the account and of others."""
    data, post = WORLDS[request.param]
    memory = Memory(data=data, now=ticking())
    post(memory)
    return memory, data


@pytest.fixture
def world(made: tuple[Memory, bytes]) -> Iterator[tuple[Memory, bytes]]:
    """The same for each test."""
    items = dict(made[0].table.items)
    yield made
    made[0].table.items.clear()
    made[0].table.items.update(items)


@pytest.fixture(scope="module")
def made_paysim() -> Memory:
    memory = Memory(data=PAYSIM, now=ticking())
    post_paysim(memory)
    return memory


@pytest.fixture
def memory(made_paysim: Memory) -> Iterator[Memory]:
    """The API of PaySim's columns, the same for each test."""
    items = dict(made_paysim.table.items)
    yield made_paysim
    made_paysim.table.items.clear()
    made_paysim.table.items.update(items)


def test_nobody_can_tell_by_a_digest_whose_payment_it_was(memory: Memory) -> None:
    digests = {record_of(memory, f"t{number}")["d"] for number in range(9)}

    erase(memory)

    assert not digests & {item.get("d") for item in memory.table.items.values()}


def test_an_erased_account_leaves_no_trace_and_a_replay_finds_no_difference(
    world: tuple[Memory, bytes],
) -> None:
    memory, data = world
    before = replayed(memory, data)
    assert len(traces(memory)) > 5

    done = erase(memory)

    after = replayed(memory, data)
    assert traces(memory) == []
    assert (after.differences, after.not_folded) == (0, {}), after.first
    assert (after.answers, after.erased_facts) == (before.answers, 0)
    assert after.views < before.views
    assert done.records >= 1
    assert done.partners > 2


def test_it_can_be_interrupted_anywhere_and_done_again(world: tuple[Memory, bytes]) -> None:
    memory, data = world
    items = dict(memory.table.items)
    changes = 0
    while _interrupted(memory, changes):
        memory.table.items.update(erased_again(memory))
        done = replayed(memory, data)
        assert (traces(memory), done.differences) == ([], 0), (changes, done.first)
        changes += 1
        memory.table.items.clear()
        memory.table.items.update(items)

    assert changes > 4


def erased_again(memory: Memory) -> dict[str, Item]:
    erase(memory)
    return {}


def _interrupted(memory: Memory, after: int) -> bool:
    """Erase the account until so many changes were made; whether there were more."""
    table, left = whole(memory), iter(range(after))

    def before(what: str) -> None:
        if what == "change" and next(left, None) is None:
            raise KeyboardInterrupt

    table.before = before
    try:
        erase(memory, table=table)
    except KeyboardInterrupt:
        return True
    return False


def test_others_may_pay_and_outcomes_come_meanwhile(world: tuple[Memory, bytes]) -> None:
    """Before every third request of the erasure, so between its reads and its writes, too."""
    memory, data = world
    recorded = len([key for key in memory.table.items if key.startswith("P#")])
    table, requests, numbers = whole(memory), count(), count(100)
    pay_another = pay_paysim if data == PAYSIM else pay_card

    def before(_: str) -> None:
        if next(requests) % 3 == 1:
            number = next(numbers)
            pay_another(memory, number)
            tell(memory, f"t{number}", "fraud", "chargeback")
            tell(memory, f"t{max(number - 1, 100)}", "genuine", "chargeback")

    table.before = before
    erase(memory, table=table)

    done = replayed(memory, data)
    assert traces(memory) == []
    assert (done.differences, done.not_folded) == (0, {}), done.first
    assert done.records == recorded + next(numbers) - 100


def pay_paysim(memory: Memory, number: int) -> None:
    answer = pay(memory, number, nameOrig=f"C{number % 3}", nameDest=f"C{number % 2 + 1}")
    assert answer["degraded"] == []


def pay_card(memory: Memory, number: int) -> None:
    sent = {"cc_num": "C1", "Merchant/Name": "M1", "device_id": "D1"}
    answer = memory.client.post("/predict", json=card_payment(trans_num=f"t{number}", **sent))
    assert answer.status_code == 200
    assert answer.json()["degraded"] == []


def test_outcomes_of_its_payments_meanwhile_are_taken_or_sent_again(memory: Memory) -> None:
    """Until its ids are gone from a record, an outcome of it that would move it is refused."""
    table, numbers, refused = whole(memory), count(), list[str]()
    state = f"A#{KEYS.account('payer', ID)}"

    def before(what: str) -> None:
        is_marked = Tombstones.of(memory.table.items.get(state)) is not None
        if what == "change" and is_marked and (number := next(numbers)) < 5:
            label = ("fraud", "genuine")[number % 2]
            refused.extend([] if is_told(memory, "t2", label) else [label])

    table.before = before
    erase(memory, table=table)

    assert refused
    for label in refused:
        tell(memory, "t2", label, "chargeback")
    done = replayed(memory, PAYSIM)
    assert traces(memory) == []
    assert (done.differences, done.not_folded) == (0, {}), done.first


def is_told(memory: Memory, transaction_id: str, label: str) -> bool:
    """Whether an outcome was taken; it is to be sent again if not."""
    try:
        tell(memory, transaction_id, label, "chargeback")
    except AssertionError as error:
        return "urn:problem-type:fraud-api:memory-unavailable" not in str(error)
    return True


def test_its_own_payments_meanwhile_bring_no_id_back(memory: Memory) -> None:
    """They are recorded without histories, so they move no state of anybody."""
    table, numbers, said = whole(memory), count(100, 2), list[list[str]]()

    def before(what: str) -> None:
        if what == "change" and (number := next(numbers)) % 6 and number < 116:
            said.append(pay(memory, number, nameOrig=ID, nameDest="C1")["degraded"])
            said.append(pay(memory, number + 1, nameOrig="C2", nameDest=ID)["degraded"])

    table.before = before
    erase(memory, table=table)

    done = replayed(memory, PAYSIM)
    assert traces(memory) == []
    assert (done.differences, done.not_folded) == (0, {}), done.first
    assert said[:2] == [[], []]
    assert said[-4:] == [["no_history"]] * 4


def test_payments_that_do_not_end_are_said_and_erased_the_next_time(memory: Memory) -> None:
    table, numbers = whole(memory), count(100)

    def before(what: str) -> None:
        if what == "page":
            pay(memory, next(numbers), nameOrig=ID, nameDest="C1")

    table.before = before
    with pytest.raises(CommandError, match=r"payments have not ended, .* stop them, and erase it"):
        erase(memory, table=table)

    told = [str(each) for each in replayed(memory, PAYSIM).first]
    assert any(each.endswith("do it again with `fraud erase`") for each in told), told
    erase(memory)
    assert traces(memory) == []
    assert replayed(memory, PAYSIM).differences == 0


def test_two_people_may_erase_it_at_the_same_time(memory: Memory) -> None:
    other = Eraser(whole(memory), ID, KINDS, now=lambda: NOW_S, sleep=_wait)

    assert _interrupted(memory, 5)
    other.erase(lambda _: None)

    assert traces(memory) == []
    done = replayed(memory, PAYSIM)
    assert done.differences == 0, done.first


def test_its_payments_have_one_name_with_each_partner_and_others_with_others(
    memory: Memory,
) -> None:
    erase(memory)

    names = {number: names_in(memory, f"t{number}")[0] for number in range(6)}
    numbers = {number_of(str(each)) for each in names.values()}
    assert [names[number] for number in range(3)] == [names[number + 3] for number in range(3)]
    assert len(numbers) == 3
    assert all(each is not None and each.startswith(ERASED) for each in names.values())
    received = {names_in(memory, f"t{number}")[2] for number in range(6)}
    assert len(received) == 6
    versions = [json.loads(record_of(memory, f"t{number}")["c"]) for number in range(6)]
    assert {str(each[0]) for each in versions} == {"[0, 0, False]"}


def test_two_erasures_have_no_name_in_common(memory: Memory) -> None:
    items = dict(memory.table.items)
    erase(memory)
    first = names_in(memory, "t0")[0]
    memory.table.items.update(items)

    erase(memory)

    assert names_in(memory, "t0")[0] != first


def test_an_account_that_comes_back_is_another_one(memory: Memory) -> None:
    erase(memory)
    answers = [pay(memory, number, nameOrig=ID, nameDest="C1") for number in (40, 41)]
    assert [each["degraded"] for each in answers] == [[], []]
    assert replayed(memory, PAYSIM).differences == 0

    erase(memory)

    assert traces(memory) == []
    assert replayed(memory, PAYSIM).differences == 0
    assert names_in(memory, "t40")[0] == names_in(memory, "t41")[0] != names_in(memory, "t1")[0]


def test_both_sides_of_a_payment_can_be_erased(memory: Memory) -> None:
    for account in (ID, "C1", "C2"):
        erase(memory, account)

    assert [*traces(memory), *traces(memory, "C1")] == []
    assert replayed(memory, PAYSIM).differences == 0


def test_an_outcome_after_the_erasure_still_counts_for_the_others(memory: Memory) -> None:
    erase(memory)
    before = frauds_of(memory, "payee", "C1")

    tell(memory, "t4", "fraud", "chargeback")

    done = replayed(memory, PAYSIM)
    assert done.differences == 0, done.first
    assert frauds_of(memory, "payee", "C1") == before + 1


def frauds_of(memory: Memory, kind: str, account: str) -> int:
    """The known frauds in an account's history."""
    state = memory.table.items[f"A#{KEYS.account(kind, account)}"]
    return sum(account_of(state).state.days.frauds)


def test_a_payment_of_before_is_not_scored_again(memory: Memory) -> None:
    erase(memory)
    stored = dict(memory.table.items)

    again = memory.post(step=10, amount=100.0, nameOrig=ID, nameDest="C0", transaction_id="t0")

    assert again.json()["type"].endswith(":transaction-id-reused")
    assert memory.table.items == stored


def test_the_days_keep_their_anchors(memory: Memory) -> None:
    leaves = [leaf(item) for key, item in memory.table.items.items() if key.startswith("P#")]
    anchors = {"a.json": anchor("t", datetime.fromtimestamp(NOW_S, UTC), digests(leaves))}
    seal = record_of(memory, "t0")["m"]

    erase(memory)
    erase(memory, "C0")

    assert record_of(memory, "t0")["b"] == seal != record_of(memory, "t0")["m"]
    done = replayed(memory, PAYSIM, anchors)
    assert (done.differences, done.days) == (0, 1)


def test_states_of_a_file_are_erased_whether_a_payment_came_after_it_or_not() -> None:
    memory = Memory(data=PAYSIM, now=ticking())
    post_after_file(memory)

    done = erase(memory)

    assert (done.records, done.states, done.partners) == (1, 2, 4)


def test_a_wrong_seal_stays_wrong(memory: Memory) -> None:
    record, state = record_of(memory, "t0"), f"A#{KEYS.account('payee', 'C1')}"
    memory.table.items[record["pk"]] = record | {"d": b"another"}
    memory.table.items[state] = {**memory.table.items[state], "x": 2**40}

    erase(memory)

    assert traces(memory) == []
    assert [each.what[:17] for each in replayed(memory, PAYSIM).first] == [
        "of its state, its",
        "its seal is wrong",
    ]


def test_a_note_loses_the_id(memory: Memory) -> None:
    erase(memory)

    closing = json.loads(record_of(memory, "t1")["w"])
    assert closing["note"] == "the holder of ~ called at 10"
