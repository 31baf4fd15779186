"""Defects to plant into the way to a table: what a careless writer of the memory would do."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from fraud_api_lambda.aws.dynamodb import Item, Page, Put, Query
from fraud_api_lambda.aws.table_errors import CancelledError, LostError, TableError
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import RECORD
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.requests import RecordTable
from fraud_api_lambda.records.seals import seal

type Write = Callable[[Sequence[Put]], None]

type Defect = Callable[[Write, Sequence[Put], Keys], None]
"""Writes items in the wrong way."""

ANYTHING: Final = "attribute_not_exists(nothing)"
"""A condition that always holds."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A table with a defect on the way to it."""

    table: RecordTable
    defect: Defect
    keys: Keys

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        return self.table.read(keys, consistent=consistent, deadline=deadline)

    def find(self, key: str, *, deadline: float) -> Item | None:
        return self.table.find(key, deadline=deadline)

    def page(self, query: Query, *, deadline: float) -> Page:
        return self.table.page(query, deadline=deadline)

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        self.defect(lambda given: self.table.write(given, deadline=deadline), puts, self.keys)


def record_without_condition(write: Write, puts: Sequence[Put], _: Keys) -> None:
    write([_unconditional(put) if _is_record(put) else put for put in puts])


def states_without_comparison(write: Write, puts: Sequence[Put], _: Keys) -> None:
    write([put if _is_record(put) else _unconditional(put) for put in puts])


def two_transactions(write: Write, puts: Sequence[Put], _: Keys) -> None:
    """The record first, then the states."""
    for some in ([*filter(_is_record, puts)], [put for put in puts if not _is_record(put)]):
        if some:
            write(some)


def conflict_taken_for_success(write: Write, puts: Sequence[Put], _: Keys) -> None:
    try:
        write(puts)
    except CancelledError as error:
        if error.found[0] is not None:
            raise


def one_bit_of_a_sum(write: Write, puts: Sequence[Put], keys: Keys) -> None:
    """The lowest bit of the money of an account's second payment."""
    write([_with_other_sum(put, keys) for put in puts])


def later_without_comparison(write: Write, puts: Sequence[Put], _: Keys) -> None:
    """A change of a record whatever else came later to it."""
    write([_whatever_came_later(put) if _is_record(put) else put for put in puts])


def counted_again(write: Write, puts: Sequence[Put], keys: Keys) -> None:
    """The states of a change once more, as nobody knows whether it was written."""
    try:
        write(puts)
    except LostError:
        with suppress(TableError):
            write([_with_one_more_fraud(put, keys) for put in puts if not _is_record(put)])
        raise


def shortened_expiry(write: Write, puts: Sequence[Put], keys: Keys) -> None:
    write([put if _is_record(put) else _expiring_earlier(put, keys) for put in puts])


DEFECTS: Final[Mapping[str, Defect]] = {
    "a record without its condition": record_without_condition,
    "states without a comparison": states_without_comparison,
    "a record and its states in two transactions": two_transactions,
    "a conflict taken for success": conflict_taken_for_success,
    "one bit of one sum changed": one_bit_of_a_sum,
}

LABEL_DEFECTS: Final[Mapping[str, Defect]] = {
    "a record without its condition": record_without_condition,
    "a record without the condition on what came later": later_without_comparison,
    "states without a comparison": states_without_comparison,
    "a record and its states in two transactions": two_transactions,
    "a conflict taken for success": conflict_taken_for_success,
    "a change counted again after a lost answer": counted_again,
    "the expiry of a state shortened": shortened_expiry,
}
"""Those of changes of records."""


def _is_record(put: Put) -> bool:
    return str(put.item["pk"]).startswith(RECORD)


def _unconditional(put: Put) -> Put:
    return replace(put, condition=ANYTHING, values={})


def _whatever_came_later(put: Put) -> Put:
    return replace(put, condition="m = :m") if ":m" in put.values else put


def _with_other_sum(put: Put, keys: Keys) -> Put:
    account = _account(put)
    if account is None or account.seq != 2:
        return put
    days = account.state.days
    other = days._replace(sums=(*days.sums[:-1], days.sums[-1] ^ 1))
    state = account.state._replace(days=other)
    return _with(put, keys, s=account._replace(state=state).pack())


def _with_one_more_fraud(put: Put, keys: Keys) -> Put:
    account = _account(put)
    if account is None:
        return put
    days = account.state.days
    other = days._replace(frauds=(*days.frauds[:-1], days.frauds[-1] + 1))
    state = account.state._replace(days=other)
    return _with(_unconditional(put), keys, s=account.moved_to(state).pack())


def _expiring_earlier(put: Put, keys: Keys) -> Put:
    return _with(put, keys, x=int(put.item["x"]) - 1)


def _account(put: Put) -> Account | None:
    stored = put.item.get("s")
    return Account.unpack(stored) if isinstance(stored, bytes) else None


def _with(put: Put, keys: Keys, **changes: int | bytes) -> Put:
    """The write with another item, sealed."""
    item = {**put.item, **changes}
    return replace(put, item={**item, "m": seal(item, keys)})
