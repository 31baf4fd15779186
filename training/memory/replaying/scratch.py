"""The table in a file of SQLite while it is replayed: more records than memory holds."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fraud_api_lambda.history.state import Outcome
from fraud_api_lambda.history.state import Payment as Event
from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.items import BASE, FORMAT, STATE, Item, Record
from training.errors import CommandError
from training.memory.anchors import Leaf
from training.memory.replaying.fold import Step
from training.memory.replaying.labels import LabelChange
from training.memory.sights import Counting, Sight

_TABLES: Final = """
CREATE TABLE states (
    key TEXT, kind TEXT, s BLOB, r BLOB, PRIMARY KEY (key, kind)
) WITHOUT ROWID;
CREATE TABLE records (
    version TEXT, pk TEXT, t INTEGER, f TEXT, e TEXT, h TEXT, c TEXT, a TEXT, k TEXT, g TEXT
);
CREATE TABLE leaves (day TEXT, digest BLOB);
CREATE TABLE sights (
    key TEXT, since INTEGER, seq INTEGER, moved INTEGER, prediction TEXT, history TEXT,
    time INTEGER, amount INTEGER, partner BLOB, delay INTEGER, name TEXT, is_due INTEGER
);
CREATE TABLE changes (
    key TEXT, since INTEGER, seq INTEGER, moved INTEGER, prediction TEXT,
    time INTEGER, frauds INTEGER, number INTEGER, is_left_out INTEGER
);
"""

_NAMES: Final = ("pk", "t", "f", "e", "h", "c", "a", "k", "g")

_PARTS: Final = ("s", "r")
"""Of a state."""

_PARTNER_BYTES: Final = 8
"""More than SQLite's integers hold, which have a sign."""


class Scratch:
    """Stores whatever a replay reads more than once.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)

    def add_states(self, items: Iterable[Item]) -> None:
        """Keep states of accounts, and those with which they began."""
        rows = ((*_split(str(item["pk"])), *_parts(item)) for item in items)
        self._add("OR REPLACE INTO states", 4, rows)

    def add_records(self, items: Iterable[Item]) -> None:
        """Keep records that `Record.of` can read."""
        rows = ((item["v"], *(item.get(name) for name in _NAMES)) for item in items)
        self._add("INTO records", 1 + len(_NAMES), rows)

    def add_leaves(self, leaves: Iterable[Leaf]) -> None:
        """Keep what digests of days are made of."""
        self._add("INTO leaves", 2, leaves)

    def leaves(self, day: str) -> Iterator[bytes]:
        """Yield the digests of a day's records."""
        self._connection.execute("CREATE INDEX IF NOT EXISTS leaves_by_day ON leaves (day)")
        found = self._connection.execute("SELECT digest FROM leaves WHERE day = ?", (day,))
        return (digest for (digest,) in found)

    def versions(self) -> list[tuple[str, int]]:
        """The versions of the models, each with the number of its records."""
        self._connection.execute("CREATE INDEX by_version ON records (version)")
        query = "SELECT version, COUNT(*) FROM records GROUP BY version ORDER BY version"
        return self._connection.execute(query).fetchall()

    def records(self, version: str, at_once: int) -> Iterator[list[Record]]:
        """Yield the records of a version of the model, in parts."""
        query = f"SELECT {', '.join(_NAMES)} FROM records WHERE version = ? ORDER BY pk"  # noqa: S608  # constants
        found = self._connection.execute(query, (version,))
        while rows := found.fetchmany(at_once):
            yield [Record.of(_record_item(version, row)) for row in rows]

    def add_sights(self, sights: Iterable[Sight]) -> None:
        """Keep what records saw."""
        self._add("INTO sights", 12, map(_row, sights))

    def add_changes(self, changes: Iterable[LabelChange]) -> None:
        """Keep how changes of labels came to accounts."""
        rows = ((*each[:5], *each.outcome, *each[6:]) for each in changes)
        self._add("INTO changes", 9, rows)

    def accounts(self) -> Iterator[tuple[str, Item | None, Item | None, list[Step]]]:
        """Yield accounts: keyed id, the state with which it began, its state, what records say."""
        self._connection.execute("CREATE INDEX sights_by_key ON sights (key)")
        self._connection.execute("CREATE INDEX changes_by_key ON changes (key)")
        query = (
            "SELECT key FROM sights UNION SELECT key FROM changes UNION SELECT key FROM states "
            "ORDER BY key"
        )
        for (key,) in self._connection.execute(query):
            yield key, self._state(key, BASE), self._state(key, STATE), self._steps(key)

    def _state(self, key: str, kind: str) -> Item | None:
        query = "SELECT s, r FROM states WHERE key = ? AND kind = ?"
        found = self._connection.execute(query, (key, kind)).fetchone()
        return None if found is None else dict(zip(_PARTS, found, strict=True))

    def _steps(self, key: str) -> list[Step]:
        """What records say of an account, in the order in which it can have come about."""
        sights = self._connection.execute("SELECT * FROM sights WHERE key = ?", (key,))
        changes = self._connection.execute("SELECT * FROM changes WHERE key = ?", (key,))
        steps: list[Step] = [*map(_sight, sights), *map(_change, changes)]
        return sorted(steps, key=lambda step: step[1:5])

    def _add(self, where: str, columns: int, rows: Iterable[Sequence[object]]) -> None:
        places = ", ".join("?" * columns)
        statement = f"INSERT {where} VALUES ({places})"  # noqa: S608  # constants
        self._connection.executemany(statement, rows)


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A file that is deleted at the end.

    Raises
    ------
    CommandError
        If there is no room for it.
    """
    try:
        with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "s")) as opened:
            yield Scratch(opened)
    except sqlite3.OperationalError as error:
        raise CommandError(
            f"the temporary file: {error}; it needs as much room as the table: TMPDIR=FOLDER"
        ) from error


def _split(key: str) -> tuple[str, str]:
    """The keyed id, and what comes before it."""
    return key[len(STATE) :], key[: len(STATE)]


def _parts(item: Item) -> Iterator[bytes]:
    """Yield the parts of a state; what is none cannot be read later."""
    for name in _PARTS:
        part = item.get(name, b"")
        yield part if isinstance(part, bytes) else b""


def _record_item(version: str, row: Sequence[Any]) -> Item:
    """The item of a record, of which only the kept attributes count."""
    known: Item = {"v": version, "n": FORMAT, "d": b""}
    kept = zip(_NAMES, row, strict=True)
    return {**known, **{name: value for name, value in kept if value is not None}}


def _row(sight: Sight) -> tuple[object, ...]:
    counting = sight.counting
    seen = (*sight[:5], json.dumps(sight.history))
    if counting is None:
        return (*seen, *[None] * 6)
    time, amount, partner = counting.event
    number = None if partner is None else partner.to_bytes(_PARTNER_BYTES)
    return (*seen, time, amount, number, *counting[1:])


def _sight(row: Sequence[Any]) -> Sight:
    key, since, seq, moved, prediction_id, history, *counting = row
    seen = History(*json.loads(history))
    return Sight(key, since, seq, bool(moved), prediction_id, seen, _counting(counting))


def _change(row: Sequence[Any]) -> LabelChange:
    key, since, seq, moved, prediction_id, time, frauds, number, is_left_out = row
    outcome = Outcome(time, frauds)
    known = (key, since, seq, bool(moved), prediction_id, outcome, number)
    return LabelChange(*known, is_left_out=bool(is_left_out))


def _counting(row: Sequence[Any]) -> Counting | None:
    time, amount, partner, delay, name, is_due = row
    if time is None:
        return None
    number = None if partner is None else int.from_bytes(partner)
    return Counting(Event(time, amount, number), delay, name, bool(is_due))
