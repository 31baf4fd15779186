"""The states of the accounts of some payments, between one read and one write. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from fraud_api_lambda.aws.dynamodb import MOST_WRITTEN, Item, Put
from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.history.state import Outcome, after, moves
from fraud_api_lambda.history.view import NEVER_SEEN, History, view
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.asked import Asked, Seen
from fraud_api_lambda.records.items import (
    STATE,
    Record,
    Version,
    expiry,
    has_expired,
    state_item,
    with_prediction,
)
from fraud_api_lambda.records.keys import Keys

_ABSENT = Account.new(0)
_NO_DELAY: Final = 0
"""An outcome changes a day that is there, whatever the label delay."""


class Moved(NamedTuple):
    """What comes with a moved state.

    Attributes
    ----------
    expires : int
        In seconds since the epoch.
    predictions : bytes
        The ids of the latest predictions that moved it.
    """

    expires: int
    predictions: bytes


class States:
    """The states of some accounts, as they were read and as payments move them.

    Parameters
    ----------
    items : dict of Item
        Those that were stored, by their keys.
    now : int
        Milliseconds since the epoch.

    Raises
    ------
    PackedStateError
        If a state cannot be read.
    """

    def __init__(self, items: Mapping[str, Item], now: int) -> None:
        self._stored: dict[str, bytes] = {}
        self._accounts: dict[str, Account] = {}
        self._latest: dict[str, Moved] = {}
        self._moved: set[str] = set()
        for key, item in items.items():
            stored = item.get("s")
            if not isinstance(stored, bytes):
                raise PackedStateError("the item has no state")
            self._stored[key] = stored
            if not has_expired(item, now):
                self._accounts[key] = Account.unpack(stored)
                predictions = item.get("r", b"")
                found = predictions if isinstance(predictions, bytes) else b""
                self._latest[key] = Moved(int(item["x"]), found)

    def histories(self, asked: Asked) -> list[History]:
        """What a payment sees of its accounts."""
        return [
            NEVER_SEEN
            if each is None
            else view(self._account(each).state, each.event, asked.label_delay_s)
            for each in asked.accounts
        ]

    def versions(self, asked: Asked) -> list[Version | None]:
        """The versions that a payment sees, which it does not move."""
        return [
            None if each is None else Version(*self._account(each)[:2], moved=False)
            for each in asked.accounts
        ]

    def move(self, asked: Asked) -> list[Version | None]:
        """Count a payment; return the versions that it saw."""
        seen = [None if each is None else self._account(each) for each in asked.accounts]
        return [
            None if each is None or before is None else self._count(each, before, asked)
            for each, before in zip(asked.accounts, seen, strict=True)
        ]

    def relabel(self, record: Record, frauds: int) -> list[Version | None]:
        """Count a change of a payment's label; return the versions before.

        None stands for an account whose history does not have the payment.
        """
        versions = record.versions or [None] * len(record.accounts)
        return [
            None
            if key is None or version is None or not version.moved
            else self._relabel(STATE + key, version, Outcome(record.time, frauds))
            for key, version in zip(record.accounts, versions, strict=True)
        ]

    def _relabel(self, key: str, version: Version, outcome: Outcome) -> Version | None:
        before = self._accounts.get(key, _ABSENT)
        if before.since != version.since:
            return None
        state = after(before.state, outcome, _NO_DELAY)
        if state == before.state:
            return Version(before.since, before.seq, moved=False)
        self._accounts[key] = before.moved_to(state)
        self._moved.add(key)
        return Version(before.since, before.seq, moved=True)

    def puts(self, keys: Keys) -> list[Put]:
        """The writes of the moved states, each if it is stored as it was read."""
        return [self._put(key, keys) for key in sorted(self._moved)]

    def _account(self, seen: Seen) -> Account:
        return self._accounts.get(STATE + seen.key, _ABSENT)

    def _count(self, seen: Seen, before: Account, asked: Asked) -> Version:
        if not seen.is_counted or not moves(before.state, seen.event):
            return Version(before.since, before.seq, moved=False)
        known = Account.new(asked.arrived) if before == _ABSENT else before
        state = after(known.state, seen.event, asked.label_delay_s)
        key = STATE + seen.key
        latest = self._latest[key].predictions if key in self._latest else b""
        self._accounts[key] = known.moved_to(state)
        self._latest[key] = Moved(
            expiry(asked.arrived), with_prediction(latest, asked.prediction_id)
        )
        self._moved.add(key)
        return Version(known.since, known.seq, moved=True)

    def _put(self, key: str, keys: Keys) -> Put:
        item = state_item(
            key, self._accounts[key], self._latest[key].expires, keys, self._latest[key].predictions
        )
        if key in self._stored:
            return Put(item, "s = :stored", {":stored": self._stored[key]})
        return Put(item, "attribute_not_exists(pk)", {})


def groups(payments: Iterable[Asked]) -> Iterator[list[Asked]]:
    """Payments in groups that fit into one transaction, cut before a repeated id.

    What fits into one is read at once, too: each payment has at most one account that it does not
    move.
    """
    group: list[Asked] = []
    ids: set[str] = set()
    moved: set[str] = set()
    for asked in payments:
        counted = {each.key for each in asked.accounts if each and each.is_counted}
        fits = len(group) + 1 + len(moved | counted) <= MOST_WRITTEN
        if group and (not fits or asked.prediction_id in ids):
            yield group
            group, ids, moved = [], set(), set()
        group.append(asked)
        ids.add(asked.prediction_id)
        moved |= counted
    if group:
        yield group
