"""The records of one account folded again, and compared with what is stored. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple

from fraud_api_lambda.history.state import AccountState, after, moves
from fraud_api_lambda.history.view import NEVER_SEEN, History, view
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import expiry
from training.memory.differences import Difference, of_account, of_prediction
from training.memory.sights import Counting, Sight

NEARLY_S: Final = 86_400
"""Records that are about to expire may be deleted while the others are read."""

NO_ACCOUNT: Final = 0
"""The time since which an account is known that is not."""


class Latest(NamedTuple):
    """The latest version that the records know of.

    Attributes
    ----------
    account : Account
        With its state, if `is_folded`.
    prediction_id : str
        Of the record, or `LOADING`.
    is_folded : bool
    """

    account: Account
    prediction_id: str
    is_folded: bool


@dataclass(slots=True)
class Folded:
    """What the records of an account gave.

    Attributes
    ----------
    views : int
        Histories that were compared.
    not_folded : str
        Why the account was not followed; empty if it was.
    found : list of Difference
    newer : Latest or None
        If records are newer than the stored state.
    """

    views: int = 0
    not_folded: str = ""
    found: list[Difference] = field(default_factory=list)
    newer: Latest | None = None


LOADING: Final = "history load"

EXPIRED: Final = "their first records have expired or are about to"
UNREAD: Final = "a record of theirs or its model cannot be read"


def fold(
    key: str, sights: Iterable[Sight], base: Account | None, stored: Account | None, now_s: int
) -> Folded:
    """Fold the records of an account.

    Parameters
    ----------
    key : str
        Its keyed id.
    sights : iterable of Sight
        By `since`, `seq` and `moved`.
    base : Account or None
        With which it began, if not without events.
    stored : Account or None
        Its state, read before any record was.
    now_s : int
        Seconds since the epoch.
    """
    lives = {since: list(life) for since, life in groupby(sights, lambda sight: sight.since)}
    for known in (base, stored):
        if known is not None:
            lives.setdefault(known.since, [])
    done = Folded()
    for since, life in sorted(lives.items()):
        if since == NO_ACCOUNT:
            _require_never_seen(life, done)
        elif expiry(since) < now_s + NEARLY_S:
            done.not_folded = EXPIRED
        else:
            start = base.state if base and base.since == since else Account.new(since).state
            _Fold(key, Account(since, 0, start), stored, done).follow(life)
    return done


class _Fold:
    """Follows one life of an account."""

    def __init__(self, key: str, start: Account, stored: Account | None, done: Folded) -> None:
        self._key, self._at, self._stored, self._done = key, start, stored, done
        is_current = stored is not None and stored.since == start.since
        self._complete_to = stored.seq if stored is not None and is_current else 0
        """All records up to this version were there when the states were read."""

    def follow(self, life: list[Sight]) -> None:
        since, stored = self._at.since, self._stored
        if stored is not None and stored.since > since:
            self._differs("its state has begun anew, though nothing before has expired")
            return
        self._compare_state()
        for sight in life:
            if not self._see(sight):
                break
        else:
            if self._at.seq < self._complete_to:
                self._miss()
        self._look_beyond(life)

    def _see(self, sight: Sight) -> bool:
        """Compare what a record saw, and count it; whether the next one can be seen."""
        if sight.seq > self._at.seq:
            if self._at.seq < self._complete_to:
                self._miss()
            return False
        if sight.seq < self._at.seq:
            self._differs(
                f"two records made version {self._at.seq}, one of them prediction "
                f"{sight.prediction_id}"
            )
            return False
        if sight.counting is None:
            if sight.moved:
                self._done.not_folded = UNREAD
            return not sight.moved
        self._compare_view(sight, sight.counting)
        return self._move(sight, sight.counting)

    def _compare_view(self, sight: Sight, counting: Counting) -> None:
        expected = view(self._at.state, counting.event, counting.label_delay_s)
        self._done.views += 1
        if sight.history != expected:
            self._done.found.append(_other_view(sight, counting.name, expected))

    def _move(self, sight: Sight, counting: Counting) -> bool:
        is_due = counting.is_due and moves(self._at.state, counting.event)
        if sight.moved != is_due:
            said = "counted" if sight.moved else "not counted"
            what = f"it says that it was {said} in the history of its {counting.name}, wrongly"
            self._done.found.append(of_prediction(sight.prediction_id, what))
        if sight.moved:
            state = after(self._at.state, counting.event, counting.label_delay_s)
            self._at = self._at.moved_to(state)
            self._compare_state()
        return True

    def _compare_state(self) -> None:
        """Compare the stored state with the same version."""
        stored = self._stored
        if stored is None or stored[:2] != self._at[:2]:
            return
        if stored.pack() != self._at.pack():
            parts = ", ".join(other_parts(stored.state, self._at.state))
            self._differs(f"its state, version {stored.seq}, is not what the records give: {parts}")

    def _look_beyond(self, life: list[Sight]) -> None:
        """Remember the latest version, if the stored state is older: it must be there by now."""
        top, by = self._at, LOADING
        if life:
            latest = max(life, key=lambda sight: sight.seq + sight.moved)
            top, by = top._replace(seq=latest.seq + latest.moved), latest.prediction_id
        if self._stored is None or self._stored[:2] < top[:2]:
            self._done.newer = Latest(top, by, is_folded=top.seq == self._at.seq)

    def _miss(self) -> None:
        self._differs(
            f"no record made version {self._at.seq + 1}, though its state is version "
            f"{self._complete_to}"
        )

    def _differs(self, what: str) -> None:
        self._done.found.append(of_account(self._key, what))


def other_parts(one: AccountState, other: AccountState) -> list[str]:
    """The parts in which two states differ."""
    return [
        name
        for name, of_one, of_other in zip(AccountState._fields, one, other, strict=True)
        if of_one != of_other
    ]


def _require_never_seen(life: list[Sight], done: Folded) -> None:
    """Compare what payments saw whose account was not there."""
    for sight in life:
        done.views += 1
        name = "account" if sight.counting is None else sight.counting.name
        if sight.moved:
            what = f"it counts in the history of its {name}, but not since when"
            done.found.append(of_prediction(sight.prediction_id, what))
        elif sight.history != NEVER_SEEN:
            done.found.append(_other_view(sight, name, NEVER_SEEN))


def _other_view(sight: Sight, name: str, expected: History) -> Difference:
    fields = zip(History._fields, sight.history, expected, strict=True)
    told = ", ".join(
        f"{number} {found}, not {wanted}" for number, found, wanted in fields if found != wanted
    )
    what = f"its history of the {name} (account {sight.key}, version {sight.seq}) says {told}"
    return of_prediction(sight.prediction_id, what)
