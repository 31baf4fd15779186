"""The records that an export has, and the reasons why it leaves out the others. Pure."""

import json
from enum import StrEnum
from typing import Final, NamedTuple

from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.records.outcomes import Later
from training.memory.logged import Logged

DAY_MS: Final = 86_400_000


class LeftOut(StrEnum):
    """Why a record is not in an export; the first that holds."""

    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    NOT_MATURED = "not matured"
    ERASED = "erased"
    MODEL_GONE = "model gone"
    OTHER_SCHEMA = "other schema"
    NO_HISTORY = "no history"
    BLOCKED = "blocked"


class Known(NamedTuple):
    """The label of a payment at a time.

    Attributes
    ----------
    is_fraud : bool
    at : int or None
        Time of the outcome, in microseconds since the epoch; None without one.
    """

    is_fraud: bool
    at: int | None


class Period(NamedTuple):
    """The time of an export, in milliseconds since the epoch.

    Attributes
    ----------
    as_of : int
        Outcomes with a later time are ignored.
    matured_until : int
        The last arrival that has matured.
    """

    as_of: int
    matured_until: int

    @classmethod
    def of(cls, as_of: int, matured_days: int) -> "Period":
        """The period whose payments arrived at least `matured_days` before."""
        return cls(as_of, as_of - matured_days * DAY_MS)

    def label(self, later: Later) -> Known:
        """The label that was known; a payment without an outcome counts as genuine."""
        words = {
            source: word for source, word in later.words.items() if word.at <= self.as_of * 1_000
        }
        label = Later(words).label
        return Known(False, None) if label is None else Known(label.is_fraud, label.at)

    def barred(self, logged: Logged) -> LeftOut | None:
        """Why a record is left out, whatever its model; None if it is kept."""
        if logged.record.arrived > self.matured_until:
            return LeftOut.NOT_MATURED
        return LeftOut.ERASED if logged.is_erased else None

    def untold(self, logged: Logged, known: Known) -> LeftOut | None:
        """Why a record of the right columns cannot be a row; None if it can.

        A payment that was blocked never took place, so without an outcome nobody knows what it was.
        Without histories, a row would show a model accounts that are not there.
        """
        if logged.record.histories is None:
            return LeftOut.NO_HISTORY
        is_blocked = decision_of(logged.record.answer) == Decision.BLOCK
        return LeftOut.BLOCKED if is_blocked and known.at is None else None


def decision_of(answer: str) -> str:
    """The decision of a recorded answer.

    Raises
    ------
    ValueError
        If there is none.
    """
    try:
        return str(json.loads(answer)["decision"])
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError("the answer has no decision") from error
