"""The histories of all accounts of a table folded again."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fraud_api_lambda.records.items import STATE, Item
from training.memory.erasing.tombstones import Tombstones
from training.memory.replaying.differences import Difference, Replayed, of_account
from training.memory.replaying.fold import Step, fold
from training.memory.replaying.scratch import Scratch
from training.memory.replaying.versions import LOADING, Folded, Latest, Stored
from training.registry.table import MemoryTable

AT_ONCE: Final = 1_000
"""Accounts between two signs of progress, and accounts whose states are read again together."""

UNREADABLE: Final = "its state cannot be read"
MARKED: Final = "it is being erased, and that was interrupted: do it again with `fraud erase`"


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
    for key, base, state, steps in kept.accounts():
        if done.accounts % AT_ONCE == 0:
            progress("folding the histories of accounts")
        done.accounts += 1
        folded = _folded(key, base, state, steps, now_s)
        done.views += folded.views
        done.changes += folded.changes
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
    key: str, base: Item | None, state: Item | None, steps: list[Step], now_s: int
) -> Folded:
    try:
        began = None if base is None else Stored.of(base).account
        return fold(key, steps, began, None if state is None else Stored.of(state), now_s)
    except ValueError:
        return Folded(found=[of_account(key, _unreadable(state))])


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
    wanted, by = latest.version.account, latest.prediction_id
    made = "history load made" if by == LOADING else f"the prediction {by} saw or made"
    if item is None:
        return f"it has no state, though {made} version {wanted.seq}"
    try:
        stored = Stored.of(item)
    except ValueError:
        return _unreadable(item)
    is_same = stored.account[:2] == wanted[:2]
    if stored.account[:2] < wanted[:2]:
        return f"its state is set back to version {stored.account.seq}: {made} version {wanted.seq}"
    if latest.is_folded and is_same and stored != latest.version:
        parts = ", ".join(stored.other_parts(latest.version))
        return f"its state, version {wanted.seq}, is not what the records give: {parts}"
    return ""


def _unreadable(state: Item | None) -> str:
    return UNREADABLE if Tombstones.of(state) is None else MARKED
