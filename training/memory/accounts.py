"""The histories of all accounts of a table folded again."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import STATE, Item
from training.memory.differences import Difference, Replayed, of_account
from training.memory.fold import LOADING, Folded, Latest, fold, other_parts
from training.memory.scratch import Scratch
from training.memory.sights import Sight
from training.registry.table import MemoryTable

AT_ONCE: Final = 1_000
"""Accounts between two signs of progress, and accounts whose states are read again together."""

UNREADABLE: Final = "its state cannot be read"


def fold_accounts(
    kept: Scratch,
    table: MemoryTable,
    done: Replayed,
    progress: Callable[[str], None],
    *,
    now_s: int,
) -> None:
    """Fold the kept accounts again."""
    newer: dict[str, Latest] = {}
    for key, base, state, seen in kept.accounts():
        if done.accounts % AT_ONCE == 0:
            progress("folding the histories of accounts")
        done.accounts += 1
        folded = _folded(key, base, state, seen, now_s)
        done.views += folded.views
        done.add(folded.found)
        if folded.not_folded:
            done.add_not_folded(folded.not_folded)
        if folded.newer is not None:
            newer[key] = folded.newer
        if len(newer) == AT_ONCE:
            done.add(_behind(table, newer))
            newer = {}
    done.add(_behind(table, newer))


def _folded(
    key: str, base: bytes | None, state: bytes | None, seen: list[Sight], now_s: int
) -> Folded:
    try:
        return fold(key, seen, _account(base), _account(state), now_s)
    except PackedStateError:
        return Folded(found=[of_account(key, UNREADABLE)])


def _behind(table: MemoryTable, newer: Mapping[str, Latest]) -> Iterator[Difference]:
    """Read states that records were newer than; yield those that still are behind.

    A record is written together with the states that it moves.
    """
    found = table.find([STATE + key for key in newer])
    for key, latest in newer.items():
        what = _what_is_behind(found.get(STATE + key), latest)
        if what:
            yield of_account(key, what)


def _what_is_behind(item: Item | None, latest: Latest) -> str:
    """What is wrong with a state that a record is known to have moved; empty if nothing is."""
    wanted, by = latest.account, latest.prediction_id
    made = "history load made" if by == LOADING else f"the prediction {by} saw or made"
    state = None if item is None else item.get("s")
    if not isinstance(state, bytes):
        return f"it has no state, though {made} version {wanted.seq}"
    try:
        stored = Account.unpack(state)
    except PackedStateError:
        return UNREADABLE
    if stored[:2] < wanted[:2]:
        return f"its state is set back to version {stored.seq}: {made} version {wanted.seq}"
    if latest.is_folded and stored[:2] == wanted[:2] and stored != wanted:
        parts = ", ".join(other_parts(stored.state, wanted.state))
        return f"its state, version {stored.seq}, is not what the records give: {parts}"
    return ""


def _account(state: bytes | None) -> Account | None:
    return None if state is None else Account.unpack(state)
