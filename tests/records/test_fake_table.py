"""The fake table answers as the emulator does, and follows all of its whims in every order."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from math import comb

import pytest

from fraud_api_lambda.aws.dynamodb import Item, Put, Table
from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, LostError, TableError
from fraud_api_lambda.settings import aws_client
from tests.emulator import TableAws
from tests.records.fake_table import FakeTable, Whims
from tests.records.interleavings import interleaved
from tests.records.plans import Fault

SOON = float("inf")

type Answers = list[list[int | None]]


def put(key: str, value: int, *, old: int | None = None) -> Put:
    """A write of a number, if another is stored, or none."""
    if old is None:
        return Put(item(key, value), "attribute_not_exists(pk)", {})
    return Put(item(key, value), "x = :old", {":old": old})


def overwrite(key: str, value: int) -> Put:
    return Put(item(key, value), "attribute_not_exists(pk) OR x < :most", {":most": 10**9})


def item(key: str, value: int) -> Item:
    return {"pk": key, "x": value}


def write(table: FakeTable | Table, *puts: Put) -> None:
    table.write(puts, deadline=SOON)


def read(table: FakeTable | Table, *keys: str, consistent: bool = True) -> list[int | None]:
    items = table.read(keys, consistent=consistent, deadline=SOON)
    return [int(items[key]["x"]) if key in items else None for key in keys]


def reading(times: int) -> Callable[[FakeTable], object]:
    return lambda table: [read(table, "n") for _ in range(times)]


def writing(*puts: Put) -> Callable[[FakeTable], None]:
    return lambda table: write(table, *puts)


def count_up(table: FakeTable) -> int:
    """Add 1 to a stored number, as often as it takes; return the sum."""
    (old,) = read(table, "n", consistent=False)
    while True:
        try:
            write(table, put("n", (old or 0) + 1, old=old))
        except CancelledError:
            (old,) = read(table, "n")
        else:
            return (old or 0) + 1


def count_up_without_a_condition(table: FakeTable) -> int:
    (old,) = read(table, "n")
    write(table, overwrite("n", (old or 0) + 1))
    return (old or 0) + 1


def numbers(table: FakeTable) -> dict[str, int]:
    return {key: int(stored["x"]) for key, stored in table.items.items()}


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_two_requests_meet_in_every_order(steps: int) -> None:
    runs = interleaved([reading(steps)] * 2, lambda *_: None)

    assert runs == comb(2 * steps, steps)


def test_three_requests_meet_in_every_order() -> None:
    orders = Counter[str]()

    def check(_: FakeTable, answers: list[str]) -> None:
        assert sorted(answers) == ["first", "second", "third"]
        orders[",".join(answers)] += 1

    def place(table: FakeTable) -> str:
        for key in ("first", "second", "third"):
            try:
                write(table, put(key, 1))
            except CancelledError:
                continue
            return key
        raise AssertionError

    interleaved([place] * 3, check)

    assert len(orders) == 6


def test_an_update_that_is_lost_in_some_order_is_found() -> None:
    sums = Counter[int]()

    runs = interleaved(
        [count_up_without_a_condition] * 2, lambda table, _: sums.update([numbers(table)["n"]])
    )

    assert runs == 6
    assert sums == {1: 4, 2: 2}


@pytest.mark.parametrize(("requests", "whims"), [(2, Whims(is_stale=True)), (3, Whims())])
def test_no_order_loses_an_update_with_a_condition(requests: int, whims: Whims) -> None:
    def check(table: FakeTable, answers: list[int]) -> None:
        assert numbers(table) == {"n": requests}
        assert sorted(answers) == [*range(1, requests + 1)]

    interleaved([count_up] * requests, check, whims=whims)


def test_an_inconsistent_read_may_see_every_earlier_version() -> None:
    def seen(*, is_stale: bool, consistent: bool) -> set[int | None]:
        found = set[int | None]()

        def request(table: FakeTable) -> None:
            write(table, put("n", 2, old=1))
            write(table, put("n", 3, old=2))
            found.update(read(table, "n", consistent=consistent))

        whims = Whims(is_stale=is_stale)
        interleaved([request], lambda *_: None, items=[item("n", 1)], whims=whims)
        return found

    assert seen(is_stale=True, consistent=False) == {1, 2, 3}
    assert seen(is_stale=True, consistent=True) == {3}
    assert seen(is_stale=False, consistent=False) == {3}


def test_an_inconsistent_read_may_miss_a_new_item() -> None:
    found = list[int | None]()

    def request(table: FakeTable) -> None:
        write(table, put("n", 1))
        found.extend(read(table, "n", consistent=False))

    assert interleaved([request], lambda *_: None, whims=Whims(is_stale=True)) == 2
    assert found == [1, None]


@pytest.mark.parametrize(
    ("is_torn", "expected"),
    [(False, {(1, 1), (2, 2)}), (True, {(1, 1), (1, 2), (2, 2)})],
)
def test_a_transaction_may_come_in_the_middle_of_a_read(
    is_torn: bool, expected: set[tuple[int, int]]
) -> None:
    found = set[tuple[int | None, ...]]()
    requests = [
        writing(put("a", 2, old=1), put("b", 2, old=1)),
        lambda table: found.add(tuple(read(table, "a", "b"))),
    ]

    items = [item("a", 1), item("b", 1)]
    interleaved(requests, lambda *_: None, items=items, whims=Whims(is_torn=is_torn))

    assert found == expected


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        (Fault.CONFLICT, CancelledError, {}),
        (Fault.THROTTLE, BusyError, {}),
        (Fault.LOST_REQUEST, LostError, {}),
        (Fault.SILENT, LostError, {}),
        (Fault.LOST_ANSWER, LostError, {"n": 1}),
        (Fault.SLOW, LostError, {"n": 1}),
    ],
)
def test_a_write_may_fail(fault: Fault, error: type[TableError], stored: dict[str, int]) -> None:
    outcomes = list[tuple[TableError | None, dict[str, int]]]()

    def request(table: FakeTable) -> TableError | None:
        try:
            write(table, put("n", 1))
        except TableError as failure:
            return failure
        return None

    def check(table: FakeTable, answers: list[TableError | None]) -> None:
        outcomes.append((answers[0], numbers(table)))

    assert interleaved([request], check, whims=Whims(faults=[fault])) == 2
    (usual, (failure, left)) = outcomes
    assert usual == (None, {"n": 1})
    assert type(failure) is error
    assert left == stored
    if isinstance(failure, LostError):
        assert failure.is_slow == (fault in (Fault.SILENT, Fault.SLOW))


def test_a_write_that_was_given_up_may_be_done_at_any_time_later() -> None:
    found = Counter[tuple[int | None, ...]]()

    def request(table: FakeTable) -> tuple[int | None, ...]:
        with suppress(LostError):
            write(table, put("n", 1))
        return *read(table, "n"), *read(table, "n")

    def check(table: FakeTable, answers: list[tuple[int | None, ...]]) -> None:
        assert numbers(table) == {"n": 1}
        found.update(answers)

    interleaved([request], check, whims=Whims(faults=[Fault.SLOW]))

    assert found == {(None, None): 1, (None, 1): 1, (1, 1): 2}


def test_faults_are_limited_in_all() -> None:
    def request(table: FakeTable) -> int:
        failures = 0
        for _ in range(2):
            try:
                read(table, "n")
            except BusyError:
                failures += 1
        return failures

    def most(most_faults: int) -> int:
        sums = list[int]()
        whims = Whims(faults=[Fault.THROTTLE], most_faults=most_faults)
        interleaved([request] * 2, lambda _, answers: sums.append(sum(answers)), whims=whims)
        return max(sums)

    assert [most(number) for number in (0, 1, 3, 9)] == [0, 1, 3, 4]


def test_a_check_that_fails_tells_the_steps() -> None:
    def check(_: FakeTable, answers: list[int]) -> None:
        assert answers == [1, 2]

    with pytest.raises(AssertionError) as caught:
        interleaved([count_up_without_a_condition] * 2, check)

    steps, run = caught.value.__notes__
    assert steps.splitlines() == [
        *("request 0: BatchGetItem", "request 1: BatchGetItem"),
        *("request 0: TransactWriteItems", "request 1: TransactWriteItems"),
    ]
    assert run == "in run 1, choices [0, 1, 0]"


def test_what_a_request_raises_is_raised() -> None:
    def request(table: FakeTable) -> None:
        read(table, "n")
        raise LookupError

    with pytest.raises(LookupError):
        interleaved([request] * 2, lambda *_: None)


def test_a_request_without_an_end_is_given_up() -> None:
    def request(table: FakeTable) -> None:
        while True:
            read(table, "n")

    with pytest.raises(AssertionError, match="does not end"):
        interleaved([request], lambda *_: None)


def test_a_request_that_is_left_to_chance_is_found() -> None:
    numbers = count(1)

    def request(table: FakeTable) -> None:
        for _ in range(3 if next(numbers) < 3 else 2):
            read(table, "n")

    with pytest.raises(AssertionError, match="do not lead to the same run"):
        interleaved([request] * 2, lambda *_: None)


@pytest.mark.parametrize("keys", [[], ["a", "a"], [str(number) for number in range(101)]])
def test_the_fake_refuses_what_dynamodb_refuses(keys: Sequence[str]) -> None:
    table = FakeTable()

    with pytest.raises(TableError):
        read(table, *keys)
    with pytest.raises(TableError):
        write(table, *(put(key, 1) for key in keys))


def outcome(request: Callable[[], object]) -> object:
    try:
        return request()
    except CancelledError as error:
        return error.failed, error.found


def test_the_fake_answers_as_the_emulator_does(table_aws: TableAws) -> None:
    fake, table = FakeTable(), Table(table_aws.table, aws_client())
    writes = [
        [put("a", 1)],
        [put("a", 2)],
        [put("b", 1), put("a", 2)],
        [put("a", 2, old=1), put("b", 1)],
        [put("a", 3, old=1), put("b", 2, old=1)],
        [put("c", 1, old=1)],
        [overwrite("c", 5), overwrite("a", 5)],
        [overwrite("c", 10**9)],
        [overwrite("c", 7)],
        [Put({"pk": "d", "s": b"\0\1", "t": "é"}, "attribute_not_exists(pk)", {})],
        [Put({"pk": "d", "s": b"\2"}, "s = :stored", {":stored": b"\0"})],
        [Put({"pk": "d", "s": b"\2"}, "s = :stored", {":stored": b"\0\1"})],
        [Put({"pk": "d", "s": b"\3"}, "s = :stored OR x < :now", {":stored": b"", ":now": 1})],
        [Put({"pk": "d", "s": b"\3"}, "attribute_not_exists(s)", {})],
    ]

    for puts in writes:
        assert outcome(partial(write, fake, *puts)) == outcome(partial(write, table, *puts))
        keys = [*"abcde"]
        stored = fake.read(keys, consistent=True, deadline=SOON)
        assert stored == table.read(keys, consistent=True, deadline=SOON)
        assert [fake.find(key, deadline=SOON) for key in keys] == [
            table.find(key, deadline=SOON) for key in keys
        ]
