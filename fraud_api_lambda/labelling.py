"""The service behind the routes of outcomes and reviews. Independent of HTTP and of DynamoDB."""

import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from fraud_api_lambda.records.items import Item
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.labels import (
    ChangedTooOftenError,
    LabelContext,
    LabelLog,
    UnreadableError,
)
from fraud_api_lambda.records.log import DecisionLog, LogError
from fraud_api_lambda.records.outcomes import CLOSED_BY, OPEN, Closing, Label, Later, Word
from fraud_api_lambda.records.queue import Details, Page, Queue

BUDGET_S: Final = 8.0
"""Limit of all requests to the table for a list of outcomes; the function itself has ten seconds.

The rest of the list is refused, and can be sent again.
"""

AHEAD_US: Final = 5_000_000
"""Tolerance for a source whose clock is ahead of ours."""


class MemoryUnavailableError(Exception):
    """Raise when the table does not answer."""


class Outcome(NamedTuple):
    """The label that a source gives a payment.

    Attributes
    ----------
    prediction_id, transaction_id : str or None
        Exactly one of the two is given.
    source : str
        One of `SOURCES`.
    word : Word
    """

    prediction_id: str | None
    transaction_id: str | None
    source: str
    word: Word


class Refused(Enum):
    """Why an outcome was refused."""

    UNKNOWN = auto()
    FUTURE = auto()
    UNAVAILABLE = auto()
    CHANGED_TOO_OFTEN = auto()
    UNREADABLE = auto()


class Settled(NamedTuple):
    """A payment and its label after an outcome."""

    prediction_id: str
    label: Label


class Labelling:
    """Takes outcomes, shows reviews and closes them.

    Parameters
    ----------
    log : DecisionLog
    keys : callable
        Returns the keys; None while there is no secret.
    now : callable
        The time in seconds since the epoch.
    """

    def __init__(
        self,
        log: DecisionLog,
        keys: Callable[[], Keys | None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._log, self._keys, self._now = log, keys, now
        self._labels, self._queue = LabelLog(log), Queue(log)

    def settle(self, outcomes: Sequence[Outcome]) -> list[Settled | Refused]:
        """Take outcomes, in order."""
        keys = self._keys()
        if keys is None:
            return [Refused.UNAVAILABLE] * len(outcomes)
        context = self._sitting(keys)
        return [self._settle(outcome, context) for outcome in outcomes]

    def _settle(self, outcome: Outcome, context: LabelContext) -> Settled | Refused:
        if outcome.word.at > 1_000 * context.now + AHEAD_US:
            return Refused.FUTURE
        prediction_id = outcome.prediction_id or context.keys.prediction(outcome.transaction_id)
        try:
            later = self._labels.tell(prediction_id, outcome.source, outcome.word, context)
        except LogError:
            return Refused.UNAVAILABLE
        except ChangedTooOftenError:
            return Refused.CHANGED_TOO_OFTEN
        except UnreadableError:
            return Refused.UNREADABLE
        if later is None or later.label is None:
            return Refused.UNKNOWN
        return Settled(prediction_id, later.label)

    def close(
        self, prediction_id: str, *, by: str, is_fraud: bool, note: str | None
    ) -> Closing | None:
        """Close a review; None if there is no such prediction.

        Raises
        ------
        MemoryUnavailableError
            If the table does not answer. The review may have been closed: close it again.
        NoReviewError, ReviewClosedError, UnreadableError
        """
        keys = self._keys()
        if keys is None:
            raise MemoryUnavailableError
        context = self._sitting(keys)
        closing = Closing(by, is_fraud, 1_000 * context.now, note)
        try:
            later = self._labels.close(prediction_id, closing, context)
        except LogError as error:
            raise MemoryUnavailableError from error
        return None if later is None else _closing(later)

    def reviews(self, *, by: str | None, limit: int, after: Item | None) -> Page:
        """Open reviews, the largest expected loss first; or those that one analyst closed.

        Raises
        ------
        MemoryUnavailableError
            If the table does not answer.
        """
        queue = OPEN if by is None else CLOSED_BY + by
        start = None if after is None else {**after, "q": queue}
        try:
            return self._queue.page(queue, limit=limit, after=start, now=self._millis())
        except LogError as error:
            raise MemoryUnavailableError from error

    def review(self, prediction_id: str) -> Details | None:
        """A review with its accounts; None if there is no such prediction.

        Raises
        ------
        MemoryUnavailableError
            If the table does not answer.
        NoReviewError
            If the payment was not for review.
        """
        try:
            return self._queue.details(prediction_id, self._millis())
        except LogError as error:
            raise MemoryUnavailableError from error

    def _sitting(self, keys: Keys) -> LabelContext:
        return LabelContext(keys, self._millis(), self._log.in_seconds(BUDGET_S))

    def _millis(self) -> int:
        return round(self._now() * 1_000)


def _closing(later: Later) -> Closing:
    if later.closing is None:
        raise ValueError("a closed review without a closing")
    return later.closing
