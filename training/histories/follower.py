"""Follows the histories of accounts through a file in order of time, row by row."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np

from fraud_api_lambda.domain.accounts import AccountColumns
from fraud_api_lambda.history.state import (
    AccountState,
    Outcome,
    Payment,
    after,
    moves,
)
from fraud_api_lambda.history.view import NEVER_SEEN, History, view
from training.histories.store import Account, StateStore, Waiting

type Ids = Sequence[str | None]

type Number = Callable[[str, str], int]
"""The number of an account as a partner of others, from its column and its id."""

MOST_IN_MEMORY: Final = 100_000
"""Accounts: some 150 MB of states."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Payments in order of time.

    Attributes
    ----------
    times, amounts, known_at : sequence of int
        As of `Record`.
    is_fraud : sequence of bool
    ids : dict of sequence of str or None
        By column.
    """

    times: Sequence[int]
    amounts: Sequence[int]
    is_fraud: Sequence[bool]
    known_at: Sequence[int]
    ids: Mapping[str, Ids]

    def parts(self, rows: int) -> "Iterator[Batch]":
        """Yield the payments in parts of at most so many rows."""
        for start in range(0, len(self.times), rows):
            here = slice(start, start + rows)
            yield Batch(
                self.times[here],
                self.amounts[here],
                self.is_fraud[here],
                self.known_at[here],
                {column: ids[here] for column, ids in self.ids.items()},
            )


def hashed(_: str, account_id: str) -> int:
    """The number of a partner in states that never leave this machine."""
    return int.from_bytes(blake2b(account_id.encode(), digest_size=8).digest())


class Follower:
    """Follows the histories of accounts, payment by payment.

    Parameters
    ----------
    histories : sequence of AccountColumns
        The histories that payments see.
    label_delay_s : int
    store : StateStore
        Holds the states at the beginning, and at each `commit`.
    in_memory : int
        Accounts whose states stay in memory between two batches.
    number : callable
        Numbers partners.
    """

    def __init__(
        self,
        histories: Sequence[AccountColumns],
        label_delay_s: int,
        store: StateStore,
        *,
        in_memory: int = MOST_IN_MEMORY,
        number: Number = hashed,
    ) -> None:
        self._histories, self._delay, self._store = histories, label_delay_s, store
        self._in_memory, self._number = in_memory, number
        self._states: dict[Account, AccountState] = {}
        self._changed: set[Account] = set()
        self._waiting = sorted(store.waiting())

    def follow(self, batch: Batch) -> list[History]:
        """Count payments; return the histories that they see, as columns, in order."""
        columns = [_Seen.of(history, batch, self._number) for history in self._histories]
        counting = [each for each in columns if each.is_counted]
        self._load(columns, batch.times[-1])
        views: list[list[History]] = [[] for _ in columns]
        for index, time in enumerate(batch.times):
            self._learn(time)
            for each, found in zip(columns, views, strict=True):
                found.append(self._view(each, index, batch))
            for each in counting:
                self._count(each, index, batch)
        return [_as_columns(found) for found in views]

    def commit(self, **facts: int) -> None:
        """Store all states, with some numbers that tell how far they go."""
        self._save()
        self._store.keep_waiting(self._waiting)
        self._store.commit(**facts)

    def _load(self, columns: "Sequence[_Seen]", until: int) -> None:
        """Read the states that a batch needs."""
        if len(self._states) > self._in_memory:
            self._save()
            self._states.clear()
        wanted = {account for each in columns for account in each.accounts if account is not None}
        wanted |= {label.account for label in self._waiting if label.known_at < until}
        self._states |= self._store.states(wanted - self._states.keys())

    def _save(self) -> None:
        self._store.save((account, self._states[account]) for account in self._changed)
        self._changed.clear()

    def _learn(self, time: int) -> None:
        """Take in the labels that have become known."""
        while self._waiting and self._waiting[0].known_at < time:
            label = heapq.heappop(self._waiting)
            outcome = Outcome(label.time, 1)
            self._change(label.account, after(self._states[label.account], outcome, self._delay))

    def _view(self, seen: "_Seen", index: int, batch: Batch) -> History:
        account = seen.accounts[index]
        if account is None:
            return NEVER_SEEN
        return view(self._states[account], seen.payment(index, batch), self._delay)

    def _count(self, seen: "_Seen", index: int, batch: Batch) -> None:
        account = seen.accounts[index]
        if account is None:
            return
        state, payment = self._states[account], seen.payment(index, batch)
        if not moves(state, payment):
            return
        if batch.is_fraud[index]:
            known_at = max(batch.known_at[index], payment.time)
            heapq.heappush(self._waiting, Waiting(known_at, payment.time, account))
        self._change(account, after(state, payment, self._delay))

    def _change(self, account: Account, state: AccountState) -> None:
        self._states[account] = state
        self._changed.add(account)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The accounts whose history the payments of a batch see, and a number for each partner."""

    accounts: list[Account | None]
    partners: list[int | None]
    is_counted: bool

    @classmethod
    def of(cls, history: AccountColumns, batch: Batch, number: Number) -> "_Seen":
        ids, partner = batch.ids[history.column], history.partner
        return cls(
            [None if each is None else Account(history.kind, each) for each in ids],
            [None] * len(ids)
            if partner is None
            else _numbered(partner, batch.ids[partner], number),
            is_counted=history.column == history.counted,
        )

    def payment(self, index: int, batch: Batch) -> Payment:
        """A payment as the account sees it."""
        return Payment(batch.times[index], batch.amounts[index], self.partners[index])


def _numbered(column: str, ids: Ids, number: Number) -> list[int | None]:
    """A number for each id, equal for equal ids."""
    numbers = {each: None if each is None else number(column, each) for each in set(ids)}
    return [numbers[each] for each in ids]


def _as_columns(views: list[History]) -> History:
    rows = np.array(views, dtype=np.int64)
    columns = History(*rows.T)
    return columns._replace(
        seen=columns.seen.astype(bool), new_partner=columns.new_partner.astype(bool)
    )
