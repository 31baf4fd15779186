"""Search for everything that a table stores of an account."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.records.items import BASE, RECORD, STATE, Item
from training.memory.erasing.records import RecordEraser, Target
from training.memory.erasing.states import partners_of
from training.memory.erasing.tombstones import Tombstones
from training.memory.sights import number_of
from training.registry.table import MemoryTable


@dataclass(slots=True)
class Found:
    """What a table has of an account.

    Attributes
    ----------
    own : list of str
        The keys of its states, and of those with which it began.
    records : list of str
        The keys of records that have it.
    partners : set of str
        The keyed ids of the accounts whose states have it as a partner.
    marks : set of str
        The keyed ids of those of its accounts that are being erased.
    unreadable : int
        Items that cannot be read, and so may have it.
    """

    own: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    partners: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    unreadable: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing but marks."""
        return not (self.own or self.records or self.partners)

    def lines(self) -> Iterator[str]:
        """What was found, in words."""
        yield f"records that name it: {len(self.records):,}"
        yield f"states of its own: {len(self.own):,}"
        yield f"accounts that have it as a partner: {len(self.partners):,}"
        if self.unreadable:
            yield f"items that cannot be read, and may have it: {self.unreadable:,}"


def search(
    table: MemoryTable,
    targets: Mapping[str, Target],
    eraser: RecordEraser,
    progress: Callable[[str], None],
) -> Found:
    """Look for an account in all items of a table, as they are now.

    Raises
    ------
    InputError
        If there is no such table.
    CommandError
        If AWS refuses.
    """
    found, numbers = Found(), {number_of(key) for key in targets}
    for page in table.items(STATE, BASE, RECORD):
        progress(f"looking through {table.name}")
        for item in page:
            key = str(item["pk"])
            if key.startswith(RECORD):
                _look_at_record(item, eraser, found)
            elif key[len(STATE) :] in targets:
                _note_own(key, item, found)
            else:
                _look_at_state(item, numbers, found)
    return found


def _note_own(key: str, item: Item, found: Found) -> None:
    if Tombstones.of(item) is None:
        found.own.append(key)
    else:
        found.marks.add(key[len(STATE) :])


def _look_at_record(item: Item, eraser: RecordEraser, found: Found) -> None:
    try:
        if eraser.look(item):
            found.records.append(str(item["pk"]))
    except (LookupError, TypeError, ValueError):
        found.unreadable += 1


def _look_at_state(item: Item, numbers: set[int], found: Found) -> None:
    try:
        if not numbers.isdisjoint(partners_of(item)):
            found.partners.add(str(item["pk"])[len(STATE) :])
    except PackedStateError:
        found.unreadable += Tombstones.of(item) is None
