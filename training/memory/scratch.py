"""The table in a file of SQLite while it is replayed: more records than memory holds."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fraud_api_lambda.history.state import Payment as Event
from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.items import BASE, FORMAT, STATE, Item, Record
from training.errors import CommandError
from training.memory.sights import Counting, Sight

_TABLES: Final = """
CREATE TABLE states (key TEXT, kind TEXT, state BLOB, PRIMARY KEY (key, kind)) WITHOUT ROWID;
CREATE TABLE records (
    version TEXT, pk TEXT, t INTEGER, f TEXT, e TEXT, h TEXT, c TEXT, a TEXT, k TEXT
);
CREATE TABLE sights (
    key TEXT, since INTEGER, seq INTEGER, moved INTEGER, prediction TEXT, history TEXT,
    time INTEGER, amount INTEGER, partner BLOB, delay INTEGER, name TEXT, is_due INTEGER
);
"""

_NAMES: Final = ("pk", "t", "f", "e", "h", "c", "a", "k")

_PARTNER_BYTES: Final = 8
"""More than SQLite's integers hold, which have a sign."""


class Scratch:
    """What a replay has to read more than once.

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
        rows = ((*_split(str(item["pk"])), _bytes(item.get("s"))) for item in items)
        self._connection.executemany("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", rows)

    def add_records(self, items: Iterable[Item]) -> None:
        """Keep records that `Record.of` can read."""
        rows = ((item["v"], *(item[name] for name in _NAMES)) for item in items)
        places = ", ".join("?" * (1 + len(_NAMES)))
        self._connection.executemany(f"INSERT INTO records VALUES ({places})", rows)  # noqa: S608  # question marks only

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
            known: Item = {"v": version, "n": FORMAT, "d": b""}
            yield [Record.of({**known, **dict(zip(_NAMES, row, strict=True))}) for row in rows]

    def add_sights(self, sights: Iterable[Sight]) -> None:
        """Keep what records saw."""
        places = ", ".join("?" * 12)
        self._connection.executemany(
            f"INSERT INTO sights VALUES ({places})",  # noqa: S608  # question marks only
            map(_row, sights),
        )

    def accounts(self) -> Iterator[tuple[str, bytes | None, bytes | None, list[Sight]]]:
        """Yield accounts: keyed id, the state with which it began, its state, what records saw."""
        self._connection.execute("CREATE INDEX by_key ON sights (key)")
        query = "SELECT key FROM sights UNION SELECT key FROM states ORDER BY key"
        for (key,) in self._connection.execute(query):
            yield key, self._state(key, BASE), self._state(key, STATE), self._sights(key)

    def _state(self, key: str, kind: str) -> bytes | None:
        query = "SELECT state FROM states WHERE key = ? AND kind = ?"
        found = self._connection.execute(query, (key, kind)).fetchone()
        return None if found is None else found[0]

    def _sights(self, key: str) -> list[Sight]:
        query = "SELECT * FROM sights WHERE key = ? ORDER BY since, seq, moved, prediction"
        return [_sight(row) for row in self._connection.execute(query, (key,))]


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


def _bytes(state: object) -> bytes:
    """A state; what is none cannot be read later."""
    return state if isinstance(state, bytes) else b""


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


def _counting(row: Sequence[Any]) -> Counting | None:
    time, amount, partner, delay, name, is_due = row
    if time is None:
        return None
    number = None if partner is None else int.from_bytes(partner)
    return Counting(Event(time, amount, number), delay, name, bool(is_due))
