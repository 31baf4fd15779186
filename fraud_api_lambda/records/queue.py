"""The queue of reviews, and what an analyst sees of a payment and its accounts.

An item that cannot be read, such as one of a newer program, is left out of a page.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.aws.dynamodb import Item, Query
from fraud_api_lambda.aws.table_errors import TableError
from fraud_api_lambda.history.packing import PackedStateError
from fraud_api_lambda.history.state import DAY_S, UNKNOWN, AccountState
from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import (
    ERASED,
    RECORD,
    STATE,
    has_expired,
    predictions_of,
)
from fraud_api_lambda.records.labels import Known, NoReviewError, UnreadableError
from fraud_api_lambda.records.log import DecisionLog, LogError, report
from fraud_api_lambda.records.requests import PATIENT, Requests

INDEX: Final = "reviews"

ANSWERED: Final = frozenset(
    {"decision", "fraud_probability", "threshold", "reasons", "model_version", "degraded"}
)
GROUNDS: Final = frozenset({"accounts", "currency", "decimals", "expected_loss", "explanation"})
"""The parts of an answer and of grounds that are shown."""

log = logging.getLogger(__name__)


class Page(NamedTuple):
    """Some reviews, and the index key after which the next page begins; None at the end."""

    reviews: list[Known]
    last: Item | None


class Day(NamedTuple):
    """The payments of an account on a day.

    Attributes
    ----------
    days_ago : int
        Before the day of the payment that is reviewed.
    payments, amount, frauds : int
        Payments, their money in minor units, and known frauds.
    """

    days_ago: int
    payments: int
    amount: int
    frauds: int


class AccountNow(NamedTuple):
    """An account of a payment that is reviewed.

    Attributes
    ----------
    key : str
        Its keyed id.
    seen : History or None
        What the payment saw of it; None if the table could not be read.
    days : list of Day
        Its state now; empty if it has none.
    decisions : list of Known
        On its latest other payments, the latest first.
    """

    key: str
    seen: History | None
    days: list[Day]
    decisions: list[Known]


class Details(NamedTuple):
    """A payment that is reviewed, and its accounts; None where it has no such account."""

    known: Known
    accounts: list[AccountNow | None]


class Queue:
    """Reads reviews.

    Parameters
    ----------
    log : DecisionLog
    """

    def __init__(self, log: DecisionLog) -> None:
        self._log = log

    def page(self, queue: str, *, limit: int, after: Item | None, now: int) -> Page:
        """Reviews of a queue, as of `Place`; `now` in milliseconds.

        Raises
        ------
        LogError
            If the table does not answer.
        """
        requests = self._log.requests(patience=PATIENT)
        try:
            found = requests.page(Query(INDEX, "q", queue, limit, after))
            keys = [str(item["pk"]) for item in found.items]
            known = _read(requests, keys, now)
        except (TableError, ValueError) as error:
            report(error)
            raise LogError from error
        return Page([each for each in known.values() if _is_in(queue, each)], found.last)

    def details(self, prediction_id: str, now: int) -> Details | None:
        """A review with its accounts; None if there is no such record.

        Raises
        ------
        NoReviewError
            If the payment was not for review.
        UnreadableError
            If the record cannot be read.
        LogError
            If the table does not answer.
        """
        try:
            return self._details(prediction_id, now)
        except (TableError, ValueError) as error:
            report(error)
            raise LogError from error

    def _details(self, prediction_id: str, now: int) -> Details | None:
        requests = self._log.requests(patience=PATIENT)
        found = _live(requests, [RECORD + prediction_id], now)
        if not found:
            return None
        known = _known(found[RECORD + prediction_id])
        if known is None:
            raise UnreadableError
        if not known.record.grounds:
            raise NoReviewError
        keys = [key and STATE + key for key in known.record.accounts]
        states = _live(
            requests, [key for key in keys if key and key[len(STATE) :][:1] != ERASED], now
        )
        decisions = _decisions(requests, states, prediction_id, now)
        nothing: Sequence[None] = [None] * len(keys)
        seen = zip(keys, known.record.histories or nothing, strict=True)
        return Details(
            known,
            [
                _account(key, history, states.get(key), decisions.get(key, []), known)
                if key
                else None
                for key, history in seen
            ],
        )


def _is_in(queue: str, known: Known) -> bool:
    """Whether a record is still in a queue: the index is some milliseconds behind."""
    place = known.later.place
    return place is not None and place.queue == queue and bool(known.record.grounds)


def _live(requests: Requests, keys: Sequence[str], now: int) -> dict[str, Item]:
    """The items of some keys that have not expired, in this order."""
    unique = list(dict.fromkeys(keys))
    found = requests.read(unique, consistent=True) if unique else {}
    return {key: found[key] for key in unique if key in found and not has_expired(found[key], now)}


def _read(requests: Requests, keys: Sequence[str], now: int) -> dict[str, Known]:
    """The records of some keys that can be read."""
    found = {key: _known(item) for key, item in _live(requests, keys, now).items()}
    return {key: known for key, known in found.items() if known is not None}


def _known(item: Item) -> Known | None:
    try:
        known = Known.of(item)
        _require(known.record.answer, ANSWERED)
        _require(known.record.grounds or "{}", GROUNDS if known.record.grounds else frozenset())
    except ValueError as error:
        log.warning("record unreadable", extra={"cause": str(error)})
        return None
    return known


def _require(text: str, names: frozenset[str]) -> None:
    """Raise `ValueError` if a part of a record lacks what is shown of it."""
    read = json.loads(text)
    if not isinstance(read, dict) or not names <= read.keys():
        raise ValueError("a part of the record is missing")


def _decisions(
    requests: Requests, states: Mapping[str, Item], prediction_id: str, now: int
) -> dict[str, list[Known]]:
    """The decisions on the latest payments of some accounts, but for one payment."""
    ids = {
        key: [RECORD + each for each in reversed(predictions_of(item)) if each != prediction_id]
        for key, item in states.items()
    }
    known = _read(requests, [each for of_account in ids.values() for each in of_account], now)
    return {
        key: [known[each] for each in of_account if each in known]
        for key, of_account in ids.items()
    }


def _account(
    key: str, seen: History | None, item: Item | None, decisions: list[Known], known: Known
) -> AccountNow:
    state = UNKNOWN if item is None else _state(item)
    today = known.record.time // DAY_S
    days = [
        Day(today - number, payments, amount, frauds)
        for number, payments, amount, frauds in zip(*state.days, strict=True)
    ]
    return AccountNow(key.removeprefix(STATE), seen, days, decisions)


def _state(item: Item) -> AccountState:
    packed = item.get("s")
    try:
        return Account.unpack(packed).state if isinstance(packed, bytes) else UNKNOWN
    except PackedStateError:
        return UNKNOWN
