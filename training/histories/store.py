"""Account states on disk, in SQLite, so that more accounts fit than memory holds."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from fraud_api_lambda.history.packing import pack, unpack
from fraud_api_lambda.history.state import UNKNOWN, AccountState

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS states (kind TEXT, id TEXT, state BLOB, PRIMARY KEY (kind, id))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (known_at INTEGER, kind TEXT, id TEXT, time INTEGER);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
"""

_AT_ONCE: Final = 500
"""Ids in one query."""


class Account(NamedTuple):
    """An account: its kind, by `AccountColumns`, and its id."""

    kind: str
    id: str


class Waiting(NamedTuple):
    """The label of a fraud that is not known yet.

    Attributes
    ----------
    known_at, time : int
        When it becomes known, and the time of the payment, in seconds since the epoch.
    account : Account
    """

    known_at: int
    time: int
    account: Account


class StateStore:
    """The states of accounts in a file.

    Changes are kept only by `commit`, all of them or none.

    Parameters
    ----------
    connection : Connection
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript(_TABLES)

    def states(self, accounts: Iterable[Account]) -> dict[Account, AccountState]:
        """The state of each account."""
        found = dict.fromkeys(accounts, UNKNOWN)
        by_kind: dict[str, list[str]] = {}
        for account in found:
            by_kind.setdefault(account.kind, []).append(account.id)
        for kind, ids in by_kind.items():
            for start in range(0, len(ids), _AT_ONCE):
                found |= self._stored(kind, ids[start : start + _AT_ONCE])
        return found

    def _stored(self, kind: str, ids: list[str]) -> dict[Account, AccountState]:
        places = ", ".join("?" * len(ids))
        query = f"SELECT id, state FROM states WHERE kind = ? AND id IN ({places})"  # noqa: S608  # question marks only
        rows = self._connection.execute(query, (kind, *ids))
        return {Account(kind, name): unpack(state) for name, state in rows}

    def save(self, states: Iterable[tuple[Account, AccountState]]) -> None:
        """Store states."""
        rows = ((account.kind, account.id, pack(state)) for account, state in states)
        self._connection.executemany("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", rows)

    def all(self) -> Iterator[tuple[Account, AccountState]]:
        """Yield every account with its state, in the order of kinds and ids."""
        rows = self._connection.execute("SELECT kind, id, state FROM states ORDER BY kind, id")
        return ((Account(kind, name), unpack(state)) for kind, name, state in rows)

    def waiting(self) -> Iterator[Waiting]:
        """Yield the labels that are not known yet."""
        rows = self._connection.execute("SELECT known_at, time, kind, id FROM waiting")
        return (Waiting(known_at, time, Account(*account)) for known_at, time, *account in rows)

    def keep_waiting(self, labels: Iterable[Waiting]) -> None:
        """Store labels that are not known yet, in place of those before."""
        self._connection.execute("DELETE FROM waiting")
        rows = ((label.known_at, *label.account, label.time) for label in labels)
        self._connection.executemany("INSERT INTO waiting VALUES (?, ?, ?, ?)", rows)

    def fact(self, name: str) -> int | None:
        """A number that `commit` stored."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def commit(self, **facts: int) -> None:
        """Keep all changes, with some numbers that tell how far they go."""
        self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())
        self._connection.commit()

    def clear(self) -> None:
        """Forget everything."""
        for table in ("states", "waiting", "facts"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # a constant
        self._connection.commit()

    def __len__(self) -> int:
        """The number of accounts."""
        return int(self._connection.execute("SELECT COUNT(*) FROM states").fetchone()[0])


@contextmanager
def opened_store(path: Path) -> Iterator[StateStore]:
    """Open the states in a file, or begin it."""
    with closing(sqlite3.connect(path)) as connection:
        yield StateStore(connection)
