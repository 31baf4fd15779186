"""Errors of requests to a table of DynamoDB. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fraud_api_lambda.aws.attributes import Values, decoded
from fraud_api_lambda.aws.errors import Refusal

THROTTLED: Final = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Codes of errors that pass, at the top level or among the reasons of a cancellation."""

EXISTS: Final = "ConditionalCheckFailed"
_CONFLICT: Final = "TransactionConflict"


class TableError(Exception):
    """Raise when a request to the table fails; `refusal` if DynamoDB answered."""

    def __init__(self, message: str, refusal: Refusal | None = None) -> None:
        super().__init__(message)
        self.refusal = refusal


class BusyError(TableError):
    """Raise when DynamoDB refuses to do it now, and has done nothing."""


class LostError(TableError):
    """Raise when no answer came, so that nobody knows whether it was done.

    Attributes
    ----------
    is_slow : bool
        Whether the time was up; otherwise the connection failed.
    """

    def __init__(self, message: str, *, is_slow: bool, refusal: Refusal | None = None) -> None:
        super().__init__(message, refusal)
        self.is_slow = is_slow


class CancelledError(TableError):
    """Raise when a transaction is cancelled; nothing was written.

    Attributes
    ----------
    found : list of dict or None
        For each item of the transaction whose condition failed and that is to be shown, the one
        that is stored, if any.
    failed : list of bool
        Whether the condition of each item failed.
    """

    def __init__(self, message: str, failed: list[bool], found: list[Values | None]) -> None:
        super().__init__(message)
        self.failed, self.found = failed, found


def cancelled(text: str, refusal: Refusal, reasons: Sequence[Mapping[str, Any]]) -> TableError:
    """The error of a cancellation, by the whole list of its reasons, which come mixed."""
    codes = {reason.get("Code", "None") for reason in reasons}
    failed = [reason.get("Code") == EXISTS for reason in reasons]
    found = [decoded(reason["Item"]) if reason.get("Item") else None for reason in reasons]
    if any(found) or (reasons and codes <= {"None", EXISTS, _CONFLICT}):
        return CancelledError(text, failed, found)
    if codes & THROTTLED:
        return BusyError(text, refusal)
    return TableError(f"{text}, {', '.join(sorted(codes))}", refusal)
