"""The states of a file's accounts, written into the table of the memory."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from fraud_api_lambda.aws.dynamodb import MOST_WRITTEN
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.asked import kinds_of, partner_number
from fraud_api_lambda.records.items import BASE, STATE, Item, expiry, state_item
from fraud_api_lambda.records.keys import Keys
from training.histories.load import fill
from training.histories.store import StateStore, opened_store
from training.registry.table import MemoryTable

KINDS: Final = (STATE, BASE)
"""An account's state, and the same as that with which it began, for replays."""

AT_ONCE: Final = MOST_WRITTEN // len(KINDS)
"""Accounts in one transaction."""


@dataclass(slots=True)
class Loaded:
    """What was loaded.

    Attributes
    ----------
    written, there : int
        Accounts whose state was written, and those that had one already.
    unknown : int
        Frauds that are not known yet at the end of the file, once for each account.
    """

    written: int = 0
    there: int = 0
    unknown: int = 0

    def lines(self, table: str) -> Iterator[str]:
        """The result in words."""
        yield (
            f"{table}: the states of {self.written:,} accounts written; {self.there:,} accounts "
            "were there before and stay as they are"
        )
        if self.unknown:
            yield (
                f"left out: {self.unknown:,} labels of frauds, counted for each of their accounts, "
                "that become known only after the end of the file"
            )
        if self.written:
            yield (
                "no command undoes it; to undo, restore the table as it was before: see "
                "docs/operate.md"
            )


def load(
    plan: Plan,
    data: Path,
    table: MemoryTable,
    progress: Callable[[str], None],
    now: Callable[[], float] = time.time,
) -> Loaded:
    """Write the state of each account at the end of a file, unless the table has one.

    If it is interrupted, do it again: what is there is skipped.

    Raises
    ------
    InputError
        If there is no such table or secret, or as of `training.histories.load`.
    CommandError
        If AWS refuses.
    """
    keys, kinds, done = table.keys(), kinds_of(plan.schema), Loaded()
    table.require()

    def number(column: str, account_id: str) -> int:
        return partner_number(keys, kinds[column], account_id)

    with TemporaryDirectory() as folder, opened_store(Path(folder) / "states") as store:
        fill(store, plan, data, progress, number)
        done.unknown = sum(1 for _ in store.waiting())
        for groups in batched(_items(store, keys, round(now() * 1_000)), AT_ONCE, strict=False):
            progress(f"writing the states of {len(store):,} accounts to {table.name}")
            written = table.add(groups)
            done.written += written
            done.there += len(groups) - written
    return done


def _items(store: StateStore, keys: Keys, now: int) -> Iterator[list[Item]]:
    """Yield the items of each account; `now` in milliseconds."""
    for account, state in store.all():
        key, stored = keys.account(account.kind, account.id), Account(now, 0, state)
        yield [state_item(kind + key, stored, expiry(now), keys) for kind in KINDS]
