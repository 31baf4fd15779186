"""Erasing an account from the table of the memory.

First a mark takes the place of its state, see `tombstones`. Then its records get tombstones, and
only after all of them the states of its partners, so that their numbers are those of the records.
An erasure that was interrupted anywhere goes on from the mark. In the end the table is searched
again, and the mark goes when nothing is found.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Final

from fraud_api_lambda.records.items import BASE, STATE, Item
from training.errors import CommandError
from training.memory.erasing.clear_ids import ClearIds
from training.memory.erasing.links import Links
from training.memory.erasing.records import RecordEraser, Target
from training.memory.erasing.search import Found, search
from training.memory.erasing.states import renamed
from training.memory.erasing.tombstones import Tombstones
from training.memory.models import Models
from training.memory.sights import number_of
from training.registry.table import pauses
from training.registry.table_changes import Change, ChangingTable

AT_ONCE: Final = 50
"""Records of one transaction."""

ROUNDS: Final = 5
"""Most searches; the last one must find nothing."""

SETTLED_S: Final = 1.0
"""Wait after the mark: by then no payment is under way that read the table before it."""

type Progress = Callable[[str], None]


@dataclass(slots=True)
class Erased:
    """The result of an erasure.

    Attributes
    ----------
    records, states, partners : int
        Records and partners' states that were changed, and own states that were deleted.
    unreadable : int
        Items that could not be read.
    unknown : list of str
        Models that are gone, so that facts of their records were not searched.
    """

    records: int = 0
    states: int = 0
    partners: int = 0
    unreadable: int = 0
    unknown: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """The result in words."""
        yield (
            f"erased, which cannot be undone: its ids in records ({self.records:,}), its own "
            f"states ({self.states:,}), its number in states of others ({self.partners:,})"
        )
        if self.unreadable:
            yield f"items that cannot be read, and may have it yet: {self.unreadable:,}"
        for version in self.unknown:
            yield f"the model {version} is gone, so the facts of its records were not searched"


class Eraser:
    """Erases one account.

    Parameters
    ----------
    table : ChangingTable
    account_id : str
    kinds : sequence of str
        Under which the account may be stored.
    models : Models, optional
        To search facts that repeat the id.
    now, sleep : callable

    Raises
    ------
    InputError
        If there is no such table or secret.
    CommandError
        If AWS refuses.
    """

    def __init__(
        self,
        table: ChangingTable,
        account_id: str,
        kinds: Sequence[str],
        models: Models | None = None,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table, self._keys = table, table.keys()
        self._account_id = account_id
        self._kinds = {self._keys.account(kind, account_id): kind for kind in kinds}
        self._clear = ClearIds(account_id, models)
        self._now, self._sleep = now, sleep
        stored = table.find([STATE + key for key in self._kinds])
        self._tombstones = {
            key: Tombstones.of(stored.get(STATE + key)) or Tombstones.new() for key in self._kinds
        }
        self._done = Erased()

    def search(self, progress: Progress) -> Found:
        """What the table has of the account."""
        return self._search(progress)[0]

    def erase(self, progress: Progress) -> Erased:
        """Erase the account.

        Raises
        ------
        CommandError
            If AWS refuses, or its payments do not end.
        """
        self._mark()
        self._sleep(SETTLED_S)
        for _ in range(ROUNDS):
            found, targets, eraser = self._search(progress)
            self._done.unreadable = found.unreadable
            if found.is_nothing:
                self._unmark()
                self._done.unknown = sorted(self._clear.unknown)
                return self._done
            self._erase_records(found, eraser, progress)
            self._erase_partners(found, targets, progress)
        raise CommandError(
            "its payments have not ended, so it is not erased yet; stop them, and erase it again"
        )

    def _search(self, progress: Progress) -> tuple[Found, Mapping[str, Target], RecordEraser]:
        targets = {
            key: Target(kind, self._tombstones[key], Links(self._tombstones[key]))
            for key, kind in self._kinds.items()
        }
        eraser = RecordEraser(self._account_id, targets, self._keys, self._clear)
        return search(self._table, targets, eraser, progress), targets, eraser

    def _mark(self) -> None:
        for key in self._kinds:
            made = self._make([STATE + key, BASE + key], partial(self._marking, key))
            self._done.states += sum(each.old is not None for each in made)

    def _marking(self, key: str, stored: Mapping[str, Item]) -> Iterator[Change]:
        """Yield how a mark takes the place of an account's state, and its beginning goes.

        A mark that is there counts, whoever made it.
        """
        state, base = stored.get(STATE + key), stored.get(BASE + key)
        marked = Tombstones.of(state)
        self._tombstones[key] = marked or self._tombstones[key]
        if marked is None:
            mark = self._tombstones[key].mark(key, round(self._now() * 1_000), self._keys)
            yield Change(STATE + key, state, mark)
        if base is not None:
            yield Change(BASE + key, base, None)

    def _unmark(self) -> None:
        self._make([STATE + key for key in self._kinds], _unmarking)

    def _erase_records(self, found: Found, eraser: RecordEraser, progress: Progress) -> None:
        for keys in batched(found.records, AT_ONCE, strict=False):
            progress(f"erasing it from {len(found.records):,} records")
            self._done.records += len(self._make(keys, partial(_edits, eraser.erased)))

    def _erase_partners(
        self, found: Found, targets: Mapping[str, Target], progress: Progress
    ) -> None:
        for partner in sorted(found.partners):
            progress(f"erasing it from the states of {len(found.partners):,} accounts")
            numbers = {
                number_of(key): number_of(target.links.name(partner))
                for key, target in targets.items()
            }
            edit = partial(renamed, numbers=numbers, keys=self._keys)
            # Together, so that they have the same number if no record tells it.
            states = [STATE + partner, BASE + partner]
            self._done.partners += len(self._make(states, partial(_edits, edit)))

    def _make(
        self, keys: Sequence[str], changes: Callable[[Mapping[str, Item]], Iterable[Change]]
    ) -> list[Change]:
        """Change some items together, as they are stored by then; return the changes.

        They are read again while somebody else writes them.
        """
        for pause in pauses():
            wanted = [*changes(self._table.find(keys))]
            if not wanted or self._table.change(wanted):
                return wanted
            self._sleep(pause)
        raise CommandError(f"writing the table {self._table.name}: it is busy; erase it again")


def _edits(edit: Callable[[Item], Item], stored: Mapping[str, Item]) -> Iterator[Change]:
    """Yield the changes of those items that are others after an edit."""
    for key, item in stored.items():
        edited = edit(item)
        if edited != item:
            yield Change(key, item, edited)


def _unmarking(stored: Mapping[str, Item]) -> Iterator[Change]:
    """Yield how marks go."""
    for key, item in stored.items():
        if Tombstones.of(item) is not None:
            yield Change(key, item, None)
