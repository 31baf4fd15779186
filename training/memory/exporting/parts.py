"""The parts of an export, written while the table is read, so that it can be resumed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from training.files.parts import Parts
from training.files.writing import write_table
from training.memory.logged import SEGMENTS

ITEMS: Final = 10_000
"""Items of a part: the most that an interruption loses in each segment."""

MOST: Final = 1_000_000
"""Most parts of a segment."""

ENDING: Final = ".parquet"

_LAST: Final = b"fraud:last"
"""The key of the last item of a part, in its metadata; empty at the end of the segment."""


class Segments:
    """The parts of each segment, in order; those of an interrupted run are kept.

    Parameters
    ----------
    parts : Parts
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._begun: dict[int, list[pa.Table]] = {}
        self._number = {number: self._done(number) for number in range(SEGMENTS)}

    @property
    def left(self) -> Mapping[int, str]:
        """The segments that are not read to their end, with the key after which each goes on."""
        keys = {number: self._last(number) for number in self._number}
        return {number: key for number, key in keys.items() if key is not None}

    @property
    def paths(self) -> list[Path]:
        """The parts that are written."""
        return [
            self._path(segment, number)
            for segment, end in self._number.items()
            for number in range(end)
        ]

    def add(self, segment: int, table: pa.Table, last: str) -> None:
        """Add the rows of a page; `last` is its last key, empty for the last page."""
        begun = self._begun.setdefault(segment, [])
        begun.append(table)
        if last and sum(map(len, begun)) < ITEMS:
            return
        whole = pa.concat_tables(self._begun.pop(segment))
        part = whole.replace_schema_metadata({_LAST: last.encode()})
        write_table(part, self._path(segment, self._number[segment]))
        self._number[segment] += 1

    def _done(self, segment: int) -> int:
        numbers: Iterator[int] = iter(range(MOST))
        return next(each for each in numbers if self._name(segment, each) not in self._parts.done)

    def _last(self, segment: int) -> str | None:
        """The key after which a segment goes on; None if it is read."""
        if not self._number[segment]:
            return ""
        metadata = pq.read_schema(self._path(segment, self._number[segment] - 1)).metadata
        return metadata[_LAST].decode() or None

    def _name(self, segment: int, number: int) -> str:
        return self._path(segment, number).name

    def _path(self, segment: int, number: int) -> Path:
        return self._parts.path(segment * MOST + number, ENDING)
