"""Every record of a table answered again, and the history of every account folded again.

States are read before records. So all records up to the version of a state are there when records
are read, and payments meanwhile make no difference.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from fraud_api_lambda.records.items import (
    BASE,
    RECORD,
    STATE,
    Item,
    Record,
    has_expired,
)
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.outcomes import Later
from fraud_api_lambda.records.seals import is_sealed
from training.memory.anchors import Leaf, leaf
from training.memory.models import Models
from training.memory.replaying.accounts import fold_accounts
from training.memory.replaying.again import answer_again
from training.memory.replaying.days import Anchors, anchors_of, compare_days
from training.memory.replaying.differences import Difference, Replayed, of_account, of_prediction
from training.memory.replaying.labels import contradictions, label_changes
from training.memory.replaying.scratch import Scratch, scratch
from training.memory.sights import UNREADABLE, sights
from training.registry.store import Registry
from training.registry.table import MemoryTable

WRONG_SEAL: Final = "its seal is wrong: it was changed by somebody without the secret"
NO_RECORD: Final = "it cannot be read as a record"


def replay(
    table: MemoryTable,
    registry: Registry,
    progress: Callable[[str], None],
    now: Callable[[], float] = time.time,
    anchors: Anchors | None = None,
) -> Replayed:
    """Replay a table with the models of a registry.

    Parameters
    ----------
    table : MemoryTable
    registry : Registry
    progress : callable
    now : callable
        Seconds since the epoch.
    anchors : Anchors, optional
        Of days. Default: those of the table in the registry's bucket.

    Raises
    ------
    InputError
        If there is no such table or secret.
    CommandError
        If AWS refuses.
    """
    keys, now_ms, done = table.keys(), round(now() * 1_000), Replayed()
    if anchors is None:
        anchors = anchors_of(table.name, registry.bucket)
    with scratch() as kept:
        reading = _Reading(kept, keys, now_ms, done)
        for page in table.items(STATE, BASE):
            progress(f"reading the states of {table.name}")
            reading.keep_states(page)
        for page in table.items(RECORD):
            progress(f"reading the records of {table.name}")
            reading.keep_records(page)
        compare_days(kept, anchors, done, now_s=now_ms // 1_000)
        answer_again(kept, Models(registry), keys, done, progress)
        fold_accounts(kept, table, done, progress, now_s=now_ms // 1_000)
    return done


class _Reading:
    """Checks items by themselves, and keeps those that have not expired."""

    def __init__(self, kept: Scratch, keys: Keys, now: int, done: Replayed) -> None:
        self._kept, self._keys, self._now, self._done = kept, keys, now, done

    def keep_states(self, items: list[Item]) -> None:
        """Keep states, and those with which accounts began."""
        self._kept.add_states([item for item in items if self._is_kept(item)])

    def keep_records(self, items: list[Item]) -> None:
        """Keep records."""
        kept = [item for item in items if self._is_kept(item)]
        self._done.records += len(kept)
        self._kept.add_records([item for item in kept if self._is_record(item)])
        self._kept.add_leaves(_leaves(kept))

    def _is_kept(self, item: Item) -> bool:
        """Check the seal of an item; whether it has not expired."""
        self._done.seals += 1
        if not is_sealed(item, self._keys):
            self._done.wrong_seals += 1
            self._done.add([_difference(item, WRONG_SEAL)])
        is_over = has_expired(item, self._now)
        self._done.expired += is_over
        return not is_over

    def _is_record(self, item: Item) -> bool:
        """Check the later part of a record, and keep the changes of its label."""
        try:
            record, later = Record.of(item), Later.of(item)
            for _ in sights(record, None):
                pass
            self._kept.add_changes([*label_changes(record, later)])
            found = [*contradictions(record, later)]
        except UNREADABLE:
            self._done.add([_difference(item, NO_RECORD)])
            return False
        self._done.add(of_prediction(record.prediction_id, what) for what in found)
        return True


def _leaves(items: list[Item]) -> Iterator[Leaf]:
    """Yield what the digests of days are made of; what is no record has none."""
    for item in items:
        with suppress(ValueError):
            yield leaf(item)


def _difference(item: Item, what: str) -> Difference:
    key = str(item["pk"])
    if key.startswith(RECORD):
        return of_prediction(key.removeprefix(RECORD), what)
    if key.startswith(BASE):
        return of_account(key.removeprefix(BASE), f"of the state with which it began, {what}")
    return of_account(key.removeprefix(STATE), f"of its state, {what}")
