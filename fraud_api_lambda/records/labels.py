"""Outcomes and reviews in the log: each is one change of a record, with the states that it moves.

A change is written if record and states are stored as they were read. So outcomes
that arrive late, twice or at the same time give the same result as one after the other, in any
order.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from fraud_api_lambda.aws.dynamodb import Item, Put
from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, TableError
from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.records.items import ERASED, RECORD, STATE, Record, has_expired
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.log import DecisionLog, LogError, report
from fraud_api_lambda.records.outcomes import Change, Closing, Later, Word, changed
from fraud_api_lambda.records.requests import PATIENT, Requests
from fraud_api_lambda.records.states import States

ATTEMPTS: Final = 10
"""Attempts at one change: the state of a busy account moves between read and write."""

MOST_CHANGES: Final = 100
"""Limit of label changes of a payment: a record keeps all of them, and its size is limited."""


class ChangedTooOftenError(Exception):
    """Raise when a label has changed `MOST_CHANGES` times."""


class UnreadableError(Exception):
    """Raise when a record is damaged, or of a newer format."""


class NoReviewError(Exception):
    """Raise when a payment was never for review."""


class ReviewClosedError(Exception):
    """Raise when a review is closed already.

    Attributes
    ----------
    closing : Closing
        Who closed it; a source in place of a name if an outcome came first.
    """

    def __init__(self, closing: Closing) -> None:
        super().__init__("the review is closed")
        self.closing = closing


class Known(NamedTuple):
    """A record and its later part."""

    record: Record
    later: Later

    @classmethod
    def of(cls, item: Item) -> "Known":
        """Read an item; raises `ValueError`."""
        return cls(Record.of(item), Later.of(item))


class LabelContext(NamedTuple):
    """The context of some changes: keys, time in milliseconds, and deadline."""

    keys: Keys
    now: int
    until: float


type Amend = Callable[[Known], Later]
"""Makes the new later part of a record."""


class LabelLog:
    """Writes outcomes and reviews.

    Parameters
    ----------
    log : DecisionLog
    """

    def __init__(self, log: DecisionLog) -> None:
        self._log = log

    def tell(
        self, prediction_id: str, source: str, word: Word, context: LabelContext
    ) -> Later | None:
        """Write the word of a source; return the later part after it. None without such a record.

        Raises
        ------
        LogError
            If the table does not answer. The word may have been written: send it again.
        ChangedTooOftenError
            If the word would change the label once more.
        """
        return self._amend(
            prediction_id, lambda known: known.later.with_word(source, word), context
        )

    def close(self, prediction_id: str, closing: Closing, context: LabelContext) -> Later | None:
        """Write a review, as `tell` does; the same one again changes nothing.

        Raises
        ------
        LogError, NoReviewError, ReviewClosedError
        """
        return self._amend(prediction_id, lambda known: _closed(known, closing), context)

    def _amend(self, prediction_id: str, amend: Amend, context: LabelContext) -> Later | None:
        for _ in range(ATTEMPTS):
            requests = self._log.requests(context.until, PATIENT)
            if requests.is_refused:
                break
            try:
                return _amended(prediction_id, amend, requests, context)
            except (BusyError, CancelledError):
                requests.pause()
            except (TableError, PackedStateError, ValueError) as error:
                report(error)
                raise LogError from error
        raise LogError


def _amended(
    prediction_id: str, amend: Amend, requests: Requests, context: LabelContext
) -> Later | None:
    item = requests.find(RECORD + prediction_id)
    if item is None or has_expired(item, context.now):
        return None
    try:
        known = Known.of(item)
    except ValueError as error:
        raise UnreadableError from error
    later, puts = amend(known), list[Put]()
    if later == known.later:
        return later
    frauds = later.is_fraud - sum(change.frauds for change in known.later.changes)
    if frauds and len(known.later.changes) == MOST_CHANGES:
        raise ChangedTooOftenError
    if frauds:
        states = _states(known.record, requests, context.now)
        change = Change(frauds, states.relabel(known.record, frauds))
        later = later._replace(changes=[*later.changes, change])
        puts = states.puts(context.keys)
    requests.write([_put(item, later, context.keys), *puts])
    return later


def _states(record: Record, requests: Requests, now: int) -> States:
    """The states of the accounts that have the payment in their histories, as they are now."""
    versions = zip(record.accounts, record.versions, strict=False)  # empty without histories
    keys = [
        STATE + key
        for key, version in versions
        if key and version and version.moved and not key.startswith(ERASED)
    ]
    unique = list(dict.fromkeys(keys))
    return States(requests.read(unique, consistent=True) if unique else {}, now)


def _put(item: Item, later: Later, keys: Keys) -> Put:
    """The write of a changed record, if it is stored as it was read."""
    stored = {":m": item["m"]}
    if "u" not in item:
        return Put(changed(item, later, keys), "m = :m AND attribute_not_exists(u)", stored)
    return Put(changed(item, later, keys), "m = :m AND u = :u", stored | {":u": item["u"]})


def _closed(known: Known, closing: Closing) -> Later:
    record, later = known
    if not record.grounds:
        raise NoReviewError
    before = later.closing
    if before is not None:
        if before._replace(at=closing.at) == closing:
            return later
        raise ReviewClosedError(before)
    if later.label is not None:
        is_fraud, source, at = later.label
        raise ReviewClosedError(Closing(source, is_fraud, at))
    return later.closed(closing)
