"""The items of the table: sealed, read as they were written, and small."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.history.state import UNKNOWN, Payment, after
from fraud_api_lambda.history.view import NEVER_SEEN, History
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import (
    Record,
    Version,
    has_expired,
    state_item,
)
from fraud_api_lambda.records.keys import Keys, SecretKeys, uuid8
from fraud_api_lambda.records.seals import is_sealed
from tests.records.support import KEYS, Memory

STATES = st.lists(
    st.builds(Payment, st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 2**64 - 1)),
    max_size=5,
)

RECORD = Record(
    "00000000-0000-8000-8000-000000000000",
    1_795_888_800_250,
    '{"amount":1.5}',
    ["a" * 22, None],
    b"d" * 16,
    [NEVER_SEEN, History(True, 1, 2, 3, 4, 5, 6, 7, False, 8, 9, 10, 11)],
    [Version(1, 2, moved=True), None],
    '{"degraded":[]}',
    "0123456789abcdef",
    1_795_888_800,
    1.5,
    '{"expected_loss":1.0}',
)


@pytest.mark.parametrize("record", [RECORD, RECORD._replace(histories=None, versions=[])])
def test_a_record_is_read_as_it_was_written(record: Record) -> None:
    read = Record.of(record.item(KEYS))

    assert read == record
    if read.histories is not None:
        assert [type(each.seen) for each in read.histories] == [bool, bool]


@pytest.mark.parametrize(
    "changes", [{"n": 2}, {"h": "["}, {"d": "text"}, {"a": 1}, {"c": "[1]"}, {"c": "[[]]"}]
)
def test_an_item_that_is_no_record_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a record"):
        Record.of({**RECORD.item(KEYS), **changes})


@given(STATES, st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_an_account_is_unpacked_as_it_was_packed(
    payments: list[Payment], since: int, seq: int
) -> None:
    state = UNKNOWN
    for payment in payments:
        state = after(state, payment, 86_400)
    account = Account(since, seq, state)

    assert Account.unpack(account.pack()) == account


def test_two_versions_of_an_account_have_different_bytes() -> None:
    account = Account.new(1)
    versions = [account, account.moved_to(account.state), account._replace(since=2)]

    assert len({each.pack() for each in versions}) == 3


@pytest.mark.parametrize("data", [b"", b"\x00" * 12, b"\x00" * 13, b"\xff" * 40])
def test_damaged_bytes_are_no_account(data: bytes) -> None:
    with pytest.raises(PackedStateError):
        Account.unpack(data)


@pytest.mark.parametrize(
    "name", ["pk", "t", "f", "e", "d", "h", "c", "a", "v", "n", "x", "s", "k", "g"]
)
def test_a_seal_is_of_every_attribute(name: str) -> None:
    state = state_item("A#key", Account.new(5), 7, KEYS)
    item = state if name == "s" else RECORD.item(KEYS)
    value = item[name]
    changed = value + 1 if isinstance(value, int) else value[:-1]

    assert is_sealed(item, KEYS)
    assert not is_sealed({**item, name: changed}, KEYS)
    assert not is_sealed(item, Keys(b"another secret, of 32 bytes too."))


def test_a_seal_does_not_pass_from_one_attribute_to_the_next() -> None:
    item: Item = {**RECORD.item(KEYS), "f": "ab", "e": "c"}
    sealed = {**item, "m": RECORD._replace(facts="ab").item(KEYS)["m"]}

    assert not is_sealed({**sealed, "f": "a", "e": "bc"}, KEYS)


def test_an_item_expires_after_four_hundred_days() -> None:
    item, day = RECORD.item(KEYS), 86_400_000

    assert not has_expired(item, RECORD.arrived + 400 * day)
    assert has_expired(item, RECORD.arrived + 400 * day + 1_000)


def test_keyed_ids_of_different_kinds_have_nothing_in_common() -> None:
    ids = [
        KEYS.keyed(kind, text) for kind, text in (("a", "bc"), ("ab", "c"), ("a", "b"), ("", ""))
    ]

    assert len(set(ids)) == 4
    assert all(len(each) == 16 for each in ids)


@given(st.binary(min_size=16, max_size=16))
def test_an_id_of_a_prediction_is_a_uuid_of_version_8(drawn: bytes) -> None:
    made = uuid8(drawn)

    assert [len(part) for part in made.split("-")] == [8, 4, 4, 4, 12]
    assert made[14] == "8"
    assert made[19] in "89ab"


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "no base64!", "YQ"])
def test_a_secret_that_is_none_makes_no_keys(text: str) -> None:
    assert SecretKeys(lambda: text)() is None


def test_a_secret_that_comes_later_makes_keys() -> None:
    texts = iter([None, None, "c2hvcnQ=", "c2l4dGVlbiBieXRlcy4uLi4=\n"])
    keys = SecretKeys(lambda: next(texts))

    assert [keys() is None for _ in range(4)] == [True, True, True, False]


def test_an_approved_paysim_payment_stays_under_a_kilobyte() -> None:
    """DynamoDB counts a write in steps of 1 KB."""
    memory = Memory()
    for day in range(31):
        memory.ask(
            transaction_id=f"payment-{day:020}",
            nameOrig="C1234567890",
            nameDest="C987654321",
            step=400 + 24 * day,
            amount=9_813_046.37,
            oldbalanceOrg=45_184_122.53,
            oldbalanceDest=9_813_046.37,
        )

    sizes = [size(item) for item in memory.table.items.values()]

    assert memory.table.records[-1].histories
    assert memory.table.records[-1].histories[1].count_30d == 29
    assert max(sizes) < 1_024


def size(item: Item) -> int:
    """Bytes as DynamoDB counts them; a number has two digits a byte, and one more."""
    return sum(
        len(name) + (len(str(value)) // 2 + 2 if isinstance(value, int) else len(value))
        for name, value in item.items()
    )


def test_items_of_one_key_follow_each_other() -> None:
    memory = Memory()
    for number in range(3):
        memory.ask(transaction_id=str(number))

    seen = [record.versions[0] for record in memory.table.records]
    for earlier, later in pairwise(seen):
        assert earlier
        assert later
        assert (later.since, later.seq) == (earlier.since, earlier.seq + 1)
