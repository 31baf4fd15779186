"""The log of decisions: the truth, of which the stored states of accounts are a cache.

A payment is scored between one read of its accounts' states and one transaction. That writes the
record if there is none yet, and each moved state if it is stored as it was read. Nothing has an
effect before it, so equal requests at the same time are harmless.
"""

import logging
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Final

from fraud_api_lambda.aws.dynamodb import Item, Put
from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, TableError
from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.answering import (
    HISTORY_BEHIND,
    NO_HISTORY,
    UNRECORDED,
    Context,
    Decided,
    record_of,
)
from fraud_api_lambda.records.asked import Asked
from fraud_api_lambda.records.items import RECORD, STATE, Record, Version, has_expired
from fraud_api_lambda.records.outcomes import new_item
from fraud_api_lambda.records.requests import USUAL, Gate, Patience, RecordTable, Requests, Waits
from fraud_api_lambda.records.states import States

ATTEMPTS: Final = 3
"""Writes of a payment with its states, before the record is written alone."""

log = logging.getLogger(__name__)


class LogError(Exception):
    """Raise when the log cannot be read."""


class DecisionLog:
    """Records decisions in a table.

    Parameters
    ----------
    table : RecordTable
    waits : Waits, optional
    """

    def __init__(self, table: RecordTable, waits: Waits | None = None) -> None:
        self._table = table
        self._waits = waits or Waits()
        self._gate = Gate(self._waits)

    def in_seconds(self, seconds: float) -> float:
        """A time by the clock of the log."""
        return self._waits.clock() + seconds

    def requests(self, until: float = float("inf"), patience: Patience = USUAL) -> Requests:
        """The requests for one payment, or for a group, whose budget begins now."""
        return Requests(self._table, self._gate, self._waits, until, patience)

    def find(self, prediction_id: str, now: int) -> Record | None:
        """The record of a prediction, `now` in milliseconds.

        Raises
        ------
        LogError
            If the table does not answer, or holds something other than a record.
        """
        try:
            item = self.requests().find(RECORD + prediction_id)
            return None if item is None or has_expired(item, now) else Record.of(item)
        except (TableError, ValueError) as error:
            report(error)
            raise LogError from error

    def preview(self, group: Sequence[Asked], context: Context) -> list[Decided]:
        """Answer payments without recording them."""
        states = None if self._gate.is_closed else _states(context, *group)
        limits = (NO_HISTORY,) if states is None and context.assessor.needs_histories else ()
        histories = [None if states is None else states.histories(asked) for asked in group]
        return [
            Decided(context.assessor.answer(asked, seen, limits).answer)
            for asked, seen in zip(group, histories, strict=True)
        ]

    def decide_group(self, group: Sequence[Asked], context: Callable[[], Context]) -> list[Decided]:
        """Answer and record payments: together, then what is left of them, or one by one."""
        if len(group) == 1:
            return [self.decide(group[0], context())]
        together = self._decide_together(group, context())
        left = [asked for asked, each in zip(group, together, strict=True) if each is None]
        if len(left) == len(group):
            return [self.decide(asked, context()) for asked in group]
        rest = iter(self.decide_group(left, context) if left else ())
        return [next(rest) if each is None else each for each in together]

    def decide(self, asked: Asked, context: Context) -> Decided:
        """Answer a payment and record it, or repeat the answer that is recorded."""
        if self._gate.is_closed:
            return _unrecorded(asked, context, None)
        states = _states(context, asked)
        histories: Sequence[History] | None = None
        versions: Sequence[Version | None] = ()
        for _ in range(ATTEMPTS):
            if states is None:
                break
            histories, versions = states.histories(asked), states.versions(asked)
            try:
                settled = _together(asked, context, states)
            except BusyError as error:  # an account, perhaps, but not the record
                report(error)
                break
            except TableError as error:
                report(error)
                return _unrecorded(asked, context, histories)
            if settled is not None:
                return settled
            context.requests.pause()
            states = _states(context, asked, consistent=True)
        return _alone(asked, context, histories, versions)

    def _decide_together(self, group: Sequence[Asked], context: Context) -> list[Decided | None]:
        """Answer and record payments in one transaction, all or none of them.

        If it fails, those that are recorded already have their answers, and the others None.
        """
        states = None if self._gate.is_closed else _states(context, *group)
        if states is None:
            return [None] * len(group)
        recorded = [_recorded(asked, context, states) for asked in group]
        records = [_put(record, context) for record in recorded]
        try:
            context.requests.write([*records, *states.puts(context.keys)])
        except CancelledError as error:
            found = (*error.found, *repeat(None, len(group)))
            return [_found(asked, item) for asked, item in zip(group, found, strict=False)]
        except TableError as error:
            report(error)
            return [None] * len(group)
        return [Decided(record.answer) for record in recorded]


def _states(context: Context, *group: Asked, consistent: bool = False) -> States | None:
    """The states of the accounts of some payments; None if they cannot be read."""
    wanted = dict.fromkeys(STATE + key for asked in group for key in asked.keys)
    try:
        items = context.requests.read(list(wanted), consistent=consistent) if wanted else {}
        return States(items, group[0].arrived)
    except (TableError, PackedStateError) as error:
        report(error)
        return None


def _together(asked: Asked, context: Context, states: States) -> Decided | None:
    """Record a payment and its states; None after a conflict. Raises `TableError`."""
    record = _recorded(asked, context, states)
    return _written(asked, record, states.puts(context.keys), context)


def _written(
    asked: Asked, record: Record, moved: Sequence[Put], context: Context
) -> Decided | None:
    """Write a record and moved states; None after a conflict. Raises `TableError`."""
    try:
        context.requests.write([_put(record, context), *moved])
    except CancelledError as error:
        return _settled(asked, error)
    return Decided(record.answer)


def _recorded(asked: Asked, context: Context, states: States) -> Record:
    """The record of a payment, which moves the states."""
    histories = states.histories(asked)
    answered = context.assessor.answer(asked, histories, ())
    return record_of(asked, answered, histories, states.move(asked))


def _alone(
    asked: Asked,
    context: Context,
    histories: Sequence[History] | None,
    versions: Sequence[Version | None],
) -> Decided:
    """Record a payment without its states."""
    is_limited = histories is None and context.assessor.needs_histories
    limits = (NO_HISTORY,) if is_limited else (HISTORY_BEHIND,)
    answered = context.assessor.answer(asked, histories, limits)
    record = record_of(asked, answered, histories, versions)
    try:
        for _ in range(ATTEMPTS):
            settled = _written(asked, record, [], context)
            if settled is not None:
                return settled
            context.requests.pause()
    except TableError as error:
        report(error)
    return _unrecorded(asked, context, histories)


def _unrecorded(asked: Asked, context: Context, histories: Sequence[History] | None) -> Decided:
    """Answer a payment that could not be recorded."""
    is_limited = histories is None and context.assessor.needs_histories
    limits = (NO_HISTORY, UNRECORDED) if is_limited else (UNRECORDED,)
    return Decided(context.assessor.answer(asked, histories, limits).answer)


def _settled(asked: Asked, error: CancelledError) -> Decided | None:
    """The answer that is recorded already; None if the transaction met another one.

    Raises `TableError` if the record cannot be read.
    """
    item = error.found[0]
    found = _found(asked, item)
    if item is not None and found is None:  # written by a newer program
        raise TableError("the record cannot be read")
    return found


def _found(asked: Asked, item: Item | None) -> Decided | None:
    """The answer in a stored record of this id, if there is one that can be read.

    It is our own if the answer to an earlier write of this payment was lost.
    """
    if item is None:
        return None
    try:
        record = Record.of(item)
    except ValueError:
        return None
    if record.digest != asked.digest:
        return Decided("", is_reused=True)
    return Decided(record.answer, is_replayed=record.arrived != asked.arrived)


def _put(record: Record, context: Context) -> Put:
    """The write of a record, if there is none of its id that has not expired."""
    now = record.arrived // 1_000
    condition = "attribute_not_exists(pk) OR x < :now"
    return Put(new_item(record, context.keys), condition, {":now": now}, is_shown=True)


def report(error: Exception) -> None:
    """Log a failure of the table, without values."""
    refusal = error.refusal if isinstance(error, TableError) else None
    action = {"action": refusal.action} if refusal is not None and refusal.action else {}
    log.warning("table failed", extra={"cause": str(error), **action})
