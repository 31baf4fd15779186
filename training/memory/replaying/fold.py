"""The records of one account folded again, and compared with what is stored. Pure."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from fraud_api_lambda.history.state import AccountState, after, moves
from fraud_api_lambda.history.view import NEVER_SEEN, History, view
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import expiry, with_prediction
from training.memory.replaying.differences import Difference, of_account, of_prediction
from training.memory.replaying.labels import LabelChange
from training.memory.replaying.versions import LOADING, Folded, Latest, Stored
from training.memory.sights import Counting, Sight

type Step = Sight | LabelChange
"""What a record says of an account: what its payment saw, or what its label changed."""

NEARLY_S: Final = 86_400
"""Records that are about to expire may be deleted while the others are read."""

NO_ACCOUNT: Final = 0
"""The time since which an account is known that is not."""


EXPIRED: Final = "their first records have expired or are about to"
UNREAD: Final = "a record of theirs or its model cannot be read"


NO_DELAY: Final = 0
"""The label delay of a change of a label, which does not depend on it."""


def fold(
    key: str, steps: Iterable[Step], base: Account | None, stored: Stored | None, now_s: int
) -> Folded:
    """Fold the records of an account.

    Parameters
    ----------
    key : str
        Its keyed id.
    steps : iterable of Step
        By `since`, `seq` and `moved`.
    base : Account or None
        With which it began, if not without events.
    stored : Stored or None
        Its state, read before any record was.
    now_s : int
        Seconds since the epoch.
    """
    lives = {since: list(life) for since, life in groupby(steps, lambda step: step.since)}
    for known in (base, stored and stored.account):
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

    def __init__(self, key: str, start: Account, stored: Stored | None, done: Folded) -> None:
        self._key, self._stored, self._done = key, stored, done
        self._at = Stored(start)
        self._is_current = stored is not None and stored.account.since == start.since
        self._complete_to = stored.account.seq if stored is not None and self._is_current else 0
        """All records up to this version were there when the states were read."""

    @property
    def _seq(self) -> int:
        return self._at.account.seq

    def follow(self, life: list[Step]) -> None:
        stored = self._stored
        if stored is not None and stored.account.since > self._at.account.since:
            self._differs("its state has begun anew, though nothing before has expired")
            return
        self._compare_state()
        steps = [step for step in life if not self._is_left_out(step)]
        for step in steps:
            if not self._take(step):
                break
        else:
            if self._seq < self._complete_to:
                self._miss()
        self._look_beyond(steps)

    def _is_left_out(self, step: Step) -> bool:
        """Whether a change of a label left the account out, which it may if it has begun anew."""
        if isinstance(step, Sight) or not step.is_left_out:
            return False
        if self._is_current:
            what = f"change {step.number} of its label left out account {step.key}, wrongly"
            self._done.found.append(of_prediction(step.prediction_id, what))
        return True

    def _take(self, step: Step) -> bool:
        """Compare what a record says, and count it; whether the next one can be taken."""
        if step.seq > self._seq:
            if self._seq < self._complete_to:
                self._miss()
            return False
        if step.seq < self._seq:
            self._differs(
                f"two records made version {self._seq}, one of them prediction {step.prediction_id}"
            )
            return False
        if isinstance(step, LabelChange):
            self._relabel(step)
            return True
        if step.counting is None:
            if step.moved:
                self._done.not_folded = UNREAD
            return not step.moved
        self._compare_view(step, step.counting)
        self._count(step, step.counting)
        return True

    def _compare_view(self, sight: Sight, counting: Counting) -> None:
        expected = view(self._at.account.state, counting.event, counting.label_delay_s)
        self._done.views += 1
        if sight.history != expected:
            self._done.found.append(_other_view(sight, counting.name, expected))

    def _count(self, sight: Sight, counting: Counting) -> None:
        before = self._at.account.state
        is_due = counting.is_due and moves(before, counting.event)
        if sight.moved != is_due:
            said = "counted" if sight.moved else "not counted"
            what = f"it says that it was {said} in the history of its {counting.name}, wrongly"
            self._done.found.append(of_prediction(sight.prediction_id, what))
        if sight.moved:
            state = after(before, counting.event, counting.label_delay_s)
            latest = with_prediction(self._at.predictions, sight.prediction_id)
            self._move(state, latest)

    def _relabel(self, change: LabelChange) -> None:
        before = self._at.account.state
        state = after(before, change.outcome, NO_DELAY)
        self._done.changes += 1
        if change.moved != (state != before):
            said = "moved" if change.moved else "did not move"
            what = (
                f"it says that change {change.number} of its label {said} account {change.key}, "
                "wrongly"
            )
            self._done.found.append(of_prediction(change.prediction_id, what))
        if change.moved:
            self._move(state, self._at.predictions)

    def _move(self, state: AccountState, predictions: bytes) -> None:
        self._at = Stored(self._at.account.moved_to(state), predictions)
        self._compare_state()

    def _compare_state(self) -> None:
        """Compare the stored state with the same version."""
        stored = self._stored
        if stored is None or stored.account[:2] != self._at.account[:2] or stored == self._at:
            return
        parts = ", ".join(stored.other_parts(self._at))
        self._differs(f"its state, version {self._seq}, is not what the records give: {parts}")

    def _look_beyond(self, steps: list[Step]) -> None:
        """Remember the latest version, if the stored state is older: it must be there by now."""
        account, by = self._at.account, LOADING
        if steps:
            latest = max(steps, key=lambda step: step.seq + step.moved)
            account, by = account._replace(seq=latest.seq + latest.moved), latest.prediction_id
        if self._stored is None or self._stored.account[:2] < account[:2]:
            version = self._at._replace(account=account)
            self._done.newer = Latest(version, by, is_folded=account.seq == self._seq)

    def _miss(self) -> None:
        self._differs(
            f"no record made version {self._seq + 1}, though its state is version "
            f"{self._complete_to}"
        )

    def _differs(self, what: str) -> None:
        self._done.found.append(of_account(self._key, what))


def _require_never_seen(life: list[Step], done: Folded) -> None:
    """Compare what payments saw whose account was not there."""
    for sight in life:
        if not isinstance(sight, Sight):
            continue
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
