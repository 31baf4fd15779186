"""Checks that a table, and the answers that its writers gave, can have come about one by one."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.history.state import UNKNOWN, AccountState, Outcome, after, moves
from fraud_api_lambda.history.state import Payment as Event
from fraud_api_lambda.history.view import History, view
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.answering import (
    HISTORY_BEHIND,
    UNRECORDED,
    Answered,
    Assessor,
    Decided,
)
from fraud_api_lambda.records.asked import Asked, Seen
from fraud_api_lambda.records.items import (
    RECORD,
    STATE,
    Record,
    Version,
    expiry,
    predictions_of,
)
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.outcomes import Later
from fraud_api_lambda.records.seals import is_sealed

NO_ACCOUNTS: Mapping[str, Account] = MappingProxyType({})


def plain_assessor(*, needs_histories: bool = True, grounds: str = "") -> Assessor:
    """An assessor whose answers say what they rest on; with grounds, all are for review."""

    def answer(
        asked: Asked, histories: Sequence[History] | None, limits: tuple[str, ...]
    ) -> Answered:
        seen = None if histories is None else [[*map(int, each)] for each in histories]
        content = {"arrived": asked.arrived, "seen": seen, "limits": limits}
        return Answered(json.dumps(content), "v1", grounds)

    return Assessor(answer, needs_histories)


def limits_of(decided: Decided) -> list[str]:
    """The limitations of an answer of `plain_assessor`."""
    return _limits(decided.answer)


def _limits(answer: str) -> list[str]:
    limits: list[str] = json.loads(answer)["limits"]
    return limits


def check_answers(items: Mapping[str, Item], answered: Sequence[tuple[Asked, Decided]]) -> None:
    """Each answer is that of the record, unless it says otherwise; each record was asked for."""
    records = records_of(items)
    for asked, decided in answered:
        record = records.get(asked.prediction_id)
        if decided.is_reused:
            assert record is not None
            assert record.digest != asked.digest
        elif UNRECORDED not in limits_of(decided):
            assert record is not None
            assert (record.digest, record.answer) == (asked.digest, decided.answer)
            assert decided.is_replayed == (record.arrived != asked.arrived)
    made = {(asked.prediction_id, asked.digest, asked.arrived) for asked, _ in answered}
    assert {(each.prediction_id, each.digest, each.arrived) for each in records.values()} <= made


def check_seals(items: Mapping[str, Item], keys: Keys) -> None:
    assert all(is_sealed(item, keys) for item in items.values())


def records_of(items: Mapping[str, Item]) -> dict[str, Record]:
    """The records of a table, by the id of the prediction."""
    records = [Record.of(item) for key, item in items.items() if key.startswith(RECORD)]
    return {record.prediction_id: record for record in records}


class Sight(NamedTuple):
    """What a payment saw of an account, according to its record."""

    seen: Seen
    label_delay_s: int
    version: Version
    history: History
    record: Record

    @property
    def event(self) -> Event:
        return self.seen.event

    def check(self, state: AccountState) -> None:
        """The payment saw this state, and moved it if it had to."""
        assert self.history == view(state, self.event, self.label_delay_s)
        is_behind = HISTORY_BEHIND in _limits(self.record.answer)
        is_due = self.seen.is_counted and moves(state, self.event) and not is_behind
        assert self.version.moved == is_due


class Relabelling(NamedTuple):
    """What a change of a payment's label met of an account, according to its record."""

    key: str
    event: Outcome
    label_delay_s: int
    version: Version

    def check(self, state: AccountState) -> None:
        """The change moved this state if it had to."""
        assert self.version.moved == (after(state, self.event, 0) != state)


def check_replay(
    items: Mapping[str, Item], asked: Sequence[Asked], before: Mapping[str, Account] = NO_ACCOUNTS
) -> None:
    """The records give, one by one, each history that they hold and each state that is stored.

    Parameters
    ----------
    items : dict of Item
        In the table in the end.
    asked : sequence of Asked
        All payments that may be recorded.
    before : dict of Account
        The states without these records, by key.
    """
    sights = defaultdict[str, list[Sight]](list)
    changes = defaultdict[str, list[Relabelling]](list)
    for record in records_of(items).values():
        for sight in _sights(record, asked):
            sights[STATE + sight.seen.key].append(sight)
        for change in _relabellings(record, Later.of(items[RECORD + record.prediction_id])):
            changes[change.key].append(change)
    stored = {key: item["s"] for key, item in items.items() if key.startswith(STATE)}
    ends = {
        key: _replayed(sights[key], changes[key], before.get(key))
        for key in {*sights, *changes, *before}
    }
    assert stored == {key: end.pack() for key, end in ends.items() if end}
    for key in stored:
        _check_latest(items[key], sights[key])


def _sights(record: Record, asked: Sequence[Asked]) -> Iterator[Sight]:
    if record.histories is None:
        assert not record.versions
        return
    (payment, *_) = [
        each
        for each in asked
        if (each.prediction_id, each.digest) == (record.prediction_id, record.digest)
    ]
    assert [each and each.key for each in payment.accounts] == record.accounts
    for seen, version, history in zip(
        payment.accounts, record.versions, record.histories, strict=True
    ):
        if seen and version:
            yield Sight(seen, payment.label_delay_s, version, history, record)


def _relabellings(record: Record, later: Later) -> Iterator[Relabelling]:
    """What each change of a label met: of exactly those accounts that count the payment."""
    turns = [change.frauds for change in later.changes]
    assert turns == [(-1) ** number for number in range(len(turns))]
    assert sum(turns) == later.is_fraud
    counting = [each if each and each.moved else None for each in record.versions]
    for change in later.changes:
        event = Outcome(record.time, change.frauds)
        own = counting or [None] * len(record.accounts)
        for key, first, met in zip(record.accounts, own, change.versions, strict=True):
            assert (met and met.since) == (first and first.since)
            if met and first:
                assert met.seq > first.seq
                yield Relabelling(f"{STATE}{key}", event, 0, met)


def _replayed(
    sights: Sequence[Sight], changes: Sequence[Relabelling], account: Account | None
) -> Account | None:
    """The account in the end, after a check of each history and label on the way."""
    met: list[Sight | Relabelling] = [*sights, *changes]
    moving = sorted((each for each in met if each.version.moved), key=lambda each: each.version)
    since = account.since if account else moving[0].version.since if moving else 0
    states = [account.state if account else UNKNOWN]
    first = account.seq if account else 0
    if moving and not account:
        assert isinstance(moving[0], Sight)
        assert moving[0].record.arrived == since
    for number, each in enumerate(moving, start=first):
        assert each.version == Version(since, number, moved=True)
        states.append(after(states[-1], each.event, each.label_delay_s))
    for each in met:
        each.check(states[each.version.seq - first])
    return Account(since, first + len(moving), states[-1]) if account or moving else None


def _check_latest(item: Item, sights: Sequence[Sight]) -> None:
    """A state has the ids of the payments that moved it last, and expires with the last one."""
    moving = sorted((each for each in sights if each.version.moved), key=lambda each: each.version)
    if moving:
        assert item["x"] == expiry(moving[-1].record.arrived)
        ids = [each.record.prediction_id for each in moving[-8:]]
        assert predictions_of(item)[-len(ids) :] == ids
