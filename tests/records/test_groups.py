"""How a batch is cut into transactions."""

from typing import Any

from fraud_api_lambda.aws.dynamodb import MOST_READ, MOST_WRITTEN
from fraud_api_lambda.records.asked import Asked, AskedReader
from fraud_api_lambda.records.states import groups
from tests.records.support import KEYS, NOW_S
from tests.transactions import PLAN, body

READER = AskedReader(PLAN)


def asked(**changes: Any) -> Asked:
    return READER.asked(body(**changes), KEYS, round(1_000 * NOW_S))


def sizes(payments: list[Asked]) -> list[int]:
    return [len(group) for group in groups(payments)]


def test_payments_of_different_accounts_are_three_items_each() -> None:
    payments = [asked(nameOrig=f"C{each}", nameDest=f"M{each}") for each in range(100)]

    assert sizes(payments) == [33, 33, 33, 1]


def test_a_shared_account_is_one_item() -> None:
    payments = [asked(nameOrig=f"C{each}", nameDest="M1") for each in range(100)]

    assert sizes(payments) == [49, 49, 2]
    assert sizes([asked() for _ in range(99)]) == [98, 1]


def test_a_repeated_id_begins_a_group() -> None:
    names = ["a", "b", "a", None, None, "b", "a", "c"]

    found = list(groups([asked(transaction_id=name) for name in names]))

    ids = [[each.payment.transaction_id for each in group] for group in found]
    assert ids == [["a", "b"], ["a", None, None, "b"], ["a", "c"]]


def test_a_group_fits_into_one_read_and_one_write() -> None:
    payments = [asked(nameOrig=f"C{each % 40}", nameDest=f"C{each % 30}") for each in range(100)]

    for group in groups(payments):
        keys = {key for each in group for key in each.keys}
        moved = {it.key for each in group for it in each.accounts if it and it.is_counted}
        assert len(keys) <= MOST_READ
        assert len(group) + len(moved) <= MOST_WRITTEN


def test_without_payments_there_is_no_group() -> None:
    assert not sizes([])
