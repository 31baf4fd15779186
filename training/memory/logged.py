"""The records of a table, read by several segments at a time."""

from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Final, NamedTuple

from fraud_api_lambda.records.items import ERASED, RECORD, Item, Record
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.outcomes import Later
from fraud_api_lambda.records.seals import is_sealed
from training.registry.table import MemoryTable
from training.registry.table_items import Page

SEGMENTS: Final = 8
"""Of the table, read side by side. DynamoDB answers each of them with a megabyte at a time."""

EVER: Final = 2**53
"""Later than any arrival, in milliseconds."""


class Logged(NamedTuple):
    """A record and its later part."""

    record: Record
    later: Later

    @property
    def is_erased(self) -> bool:
        """Whether an account of it was erased."""
        return any(each is not None and each.startswith(ERASED) for each in self.record.accounts)


class Log:
    """The records of a table.

    Parameters
    ----------
    table : MemoryTable

    Attributes
    ----------
    unreadable : int
        Items that `records` has left out, because they are no records or were changed.

    Raises
    ------
    InputError
        If there is no such table or secret.
    CommandError
        If AWS refuses, now or while the records are read.
    """

    def __init__(self, table: MemoryTable) -> None:
        self._table = table
        self._keys: Keys = table.keys()
        table.require()
        self.unreadable = 0

    def records(self, first: int = 0, last: int = EVER) -> Iterator[Logged]:
        """Yield the records that arrived then, in milliseconds since the epoch, in no order."""
        begin = dict.fromkeys(range(SEGMENTS), "")
        for _, page in self.pages(begin, arrived=(first, last)):
            for item in page.items:
                try:
                    yield self.read(item)
                except ValueError:
                    self.unreadable += 1

    def pages(
        self, after: Mapping[int, str], *, arrived: tuple[int, int] | None = None
    ) -> Iterator[tuple[int, Page]]:
        """Yield the pages of segments, each with the number of its segment, as they come.

        Parameters
        ----------
        after : dict of str
            The segments to read, of `SEGMENTS`, each with the key after which it begins; empty for
            its start.
        arrived : tuple of int, optional
            As of `MemoryTable.page`.
        """

        def page(number: int, start: str) -> Page:
            return self._table.page(RECORD, (number, SEGMENTS), start, arrived)

        with ThreadPoolExecutor(SEGMENTS) as pool:
            coming = {pool.submit(page, number, start): number for number, start in after.items()}
            while coming:
                done, _ = wait(coming, return_when=FIRST_COMPLETED)
                for future in done:
                    number, found = coming.pop(future), future.result()
                    if found.last:
                        coming[pool.submit(page, number, found.last)] = number
                    yield number, found

    def read(self, item: Item) -> Logged:
        """The record of an item.

        Raises
        ------
        ValueError
            If it is no record of this format, or somebody without the secret changed it.
        """
        if not is_sealed(item, self._keys):
            raise ValueError("its seal is wrong")
        return Logged(Record.of(item), Later.of(item))
