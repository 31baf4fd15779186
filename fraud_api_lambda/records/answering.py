"""The model that answers, as the log asks it, and the answers that callers get."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.asked import Asked
from fraud_api_lambda.records.items import Record, Version
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.requests import Requests

NO_HISTORY: Final = "no_history"
HISTORY_BEHIND: Final = "history_behind"
UNRECORDED: Final = "unrecorded"
"""Limitations: the answer is without histories, is not counted in them, is not in the log."""


class Answered(NamedTuple):
    """An answer to a payment.

    Attributes
    ----------
    answer : str
        As it is sent.
    model_version : str
    grounds : str
        What an analyst needs to know, as of `Record`; empty unless the payment is for review.
    """

    answer: str
    model_version: str
    grounds: str = ""


class Assessor(NamedTuple):
    """The model that answers.

    Attributes
    ----------
    answer : callable
        Answers a payment with the histories of its accounts, if they are known, and limitations.
    needs_histories : bool
        Whether an answer without histories is limited.
    """

    answer: Callable[[Asked, Sequence[History] | None, tuple[str, ...]], Answered]
    needs_histories: bool


class Decided(NamedTuple):
    """The answer that a caller gets.

    Attributes
    ----------
    answer : str
        Empty if there is none.
    is_replayed : bool
        Whether it is that of an earlier request.
    is_reused : bool
        Whether the id belongs to another payment, so that there is no answer.
    """

    answer: str
    is_replayed: bool = False
    is_reused: bool = False


class Context(NamedTuple):
    """What one request of a caller needs on its way."""

    requests: Requests
    keys: Keys
    assessor: Assessor


def record_of(
    asked: Asked,
    answered: Answered,
    histories: Sequence[History] | None,
    versions: Sequence[Version | None],
) -> Record:
    """The record of an answer."""
    return Record(
        asked.prediction_id,
        asked.arrived,
        asked.facts,
        [None if each is None else each.key for each in asked.accounts],
        asked.digest,
        histories,
        versions,
        answered.answer,
        answered.model_version,
        asked.time,
        asked.amount,
        answered.grounds,
    )
