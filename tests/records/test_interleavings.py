"""Equal and different payments at the same time, in every order of their requests to the table."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from math import comb
from typing import Any

import pytest

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.history.state import QUIET_AT, UNKNOWN, after
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.answering import (
    HISTORY_BEHIND,
    NO_HISTORY,
    UNRECORDED,
    Context,
    Decided,
)
from fraud_api_lambda.records.asked import Asked, AskedReader
from fraud_api_lambda.records.items import KEPT_S, STATE, state_item
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.requests import Waits
from tests.records.consistency import (
    NO_ACCOUNTS,
    check_answers,
    check_replay,
    check_seals,
    limits_of,
    plain_assessor,
)
from tests.records.fake_table import POSSIBLE, FakeTable, Whims
from tests.records.interleavings import interleaved
from tests.records.plans import Fault, Operation
from tests.transactions import PLAN, body

KEYS = Keys(bytes(range(32)))
ASSESSOR = plain_assessor()
READER = AskedReader(PLAN)
WAITS = Waits(clock=lambda: 0.0, sleep=lambda _: None, between=lambda least, _: least)
NOW = 1_700_000_000_000

ORDERS = Whims(is_stale=True, is_torn=True)
ANY = sorted(POSSIBLE[Operation.WRITE], key=lambda fault: fault.name)
PASSING = [fault for fault in ANY if fault is not Fault.SILENT]


def payment(number: int, payer: str, payee: str, **changes: Any) -> Asked:
    """A payment, the `number`th that arrives."""
    values = body(nameOrig=payer, nameDest=payee, **{"transaction_id": str(number), **changes})
    return READER.asked(values, KEYS, NOW + number)


ONE = payment(1, "C1", "C2")
OTHERS = {
    "the same payer": payment(2, "C1", "C3"),
    "the same payee": payment(2, "C3", "C2"),
    "the same accounts": payment(2, "C1", "C2", amount=1.0),
    "money that comes back": payment(2, "C2", "C1"),
    "nothing in common": payment(2, "C3", "C4"),
    "the same payment": payment(2, "C1", "C2", transaction_id="1"),
    "the same id, another amount": payment(2, "C1", "C2", transaction_id="1", amount=1.0),
    "the same id, other accounts": payment(2, "C3", "C4", transaction_id="1"),
}
others = pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())


def decide(asked: Asked, table: FakeTable) -> Decided:
    """A request of a container of its own."""
    log = DecisionLog(table, WAITS)
    return log.decide(asked, Context(log.requests(), KEYS, ASSESSOR))


def decide_group(group: Sequence[Asked], table: FakeTable) -> list[Decided]:
    """A request for several payments, of a container of its own."""
    log = DecisionLog(table, WAITS)
    return log.decide_group(group, lambda: Context(log.requests(), KEYS, ASSESSOR))


def run_all(
    *groups: Sequence[Asked],
    check: Callable[[list[Decided]], None],
    whims: Whims,
    before: Mapping[str, Account] = NO_ACCOUNTS,
    items: Sequence[Item] = (),
) -> int:
    """Ask about groups of payments at the same time, in every way; return the number of ways."""
    payments = [*chain(*groups)]

    def check_all(table: FakeTable, answers: list[list[Decided]]) -> None:
        decided = [*chain(*answers)]
        check_seals(table.items, KEYS)
        check_answers(table.items, [*zip(payments, decided, strict=True)])
        check_replay(table.items, payments, before)
        check(decided)

    stored = [state_item(key, account, NOW, KEYS) for key, account in before.items()]
    requests = [partial(decide_group, group) for group in groups]
    return interleaved(requests, check_all, items=[*stored, *items], whims=whims)


def are_unlimited(decided: Sequence[Decided]) -> None:
    assert limits(decided) == set()


def are_recorded(decided: Sequence[Decided]) -> None:
    assert UNRECORDED not in limits(decided)


def may_be_limited(_: Sequence[Decided]) -> None:
    """Whatever the answers say is true."""


def limits(decided: Sequence[Decided]) -> set[str]:
    return {limit for each in decided if not each.is_reused for limit in limits_of(each)}


@others
def test_two_payments_are_decided_as_if_one_came_first(other: Asked) -> None:
    runs = run_all([ONE], [other], check=are_unlimited, whims=ORDERS)

    assert runs >= comb(8, 4)  # a read of three items and a write, twice


@pytest.mark.parametrize("other", ["the same payee", "the same payment"])
def test_three_payments_are_decided_as_if_they_came_one_by_one(other: str) -> None:
    third = payment(3, "C1", "C2")

    run_all([ONE], [OTHERS[other]], [third], check=are_unlimited, whims=Whims())


@others
def test_a_fault_that_passes_limits_no_answer(other: Asked) -> None:
    run_all([ONE], [other], check=are_unlimited, whims=Whims(faults=PASSING))


@others
def test_a_read_without_an_answer_limits_what_is_recorded(other: Asked) -> None:
    run_all([ONE], [other], check=are_recorded, whims=Whims(faults=[Fault.SILENT]))


def test_after_many_faults_an_answer_still_says_what_it_rests_on() -> None:
    found = Counter[frozenset[str]]()

    def check(decided: list[Decided]) -> None:
        found[frozenset(limits(decided))] += 1

    run_all([ONE], check=check, whims=Whims(faults=ANY, most_faults=3))

    assert found.keys() == {
        frozenset(),
        frozenset({NO_HISTORY}),
        frozenset({HISTORY_BEHIND}),
        frozenset({UNRECORDED}),
        frozenset({NO_HISTORY, UNRECORDED}),
    }


def test_many_conflicts_leave_the_histories_behind_but_true() -> None:
    found = set[str]()
    whims = Whims(faults=[Fault.CONFLICT], most_faults=3)

    run_all([ONE], [OTHERS["the same payee"]], check=lambda d: found.update(limits(d)), whims=whims)

    assert found == {HISTORY_BEHIND}


@pytest.mark.parametrize("number", [QUIET_AT - 1, QUIET_AT])
def test_a_busy_account_moves_no_more_from_some_payment_on(number: int) -> None:
    payee = ONE.accounts[1]
    assert payee is not None
    state = UNKNOWN
    for _ in range(number):
        state = after(state, payee.event, ONE.label_delay_s)
    before = {STATE + payee.key: Account(NOW, number, state)}

    run_all([ONE], [OTHERS["the same payee"]], check=are_unlimited, whims=ORDERS, before=before)


def test_what_has_expired_is_as_if_it_were_not_stored() -> None:
    table = FakeTable()
    decide(ONE._replace(arrived=NOW - (KEPT_S + 1) * 1_000), table)
    again = OTHERS["the same payment"]

    run_all([ONE], [again], check=are_unlimited, whims=ORDERS, items=[*table.items.values()])


GROUP = [ONE, payment(2, "C1", "C3")]
RIVALS = {
    "a payment of the same payer": [payment(3, "C1", "C4")],
    "one of the payments": [payment(3, "C1", "C3", transaction_id="2")],
    "the same group": [
        payment(3, "C1", "C2", transaction_id="1"),
        payment(4, "C1", "C3", transaction_id="2"),
    ],
}


@pytest.mark.parametrize("rivals", RIVALS.values(), ids=RIVALS.keys())
def test_a_group_is_decided_as_if_each_payment_were_alone(rivals: Sequence[Asked]) -> None:
    run_all(GROUP, rivals, check=are_unlimited, whims=Whims(is_stale=True))


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.SLOW])
def test_a_group_finds_what_it_recorded_itself(fault: Fault) -> None:
    rival = RIVALS["one of the payments"]

    run_all(GROUP, rival, check=are_unlimited, whims=Whims(faults=[fault]))


@pytest.mark.soak
@others
def test_two_payments_are_decided_truly_whatever_the_table_does(other: Asked) -> None:
    whims = Whims(is_stale=True, faults=ANY, most_faults=2)

    run_all([ONE], [other], check=may_be_limited, whims=whims)
