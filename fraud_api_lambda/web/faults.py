"""The faults of a request: the place, and what to send instead.

A fault never repeats a value or Pydantic's wording, and names only fields of this API.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from pydantic_core import ErrorDetails

from fraud_api_lambda.domain.transaction import TYPES
from fraud_api_lambda.web.answers import MAX_ERRORS
from fraud_api_lambda.web.requests import MAX_BATCH, NO_TIME, TWO_TIMES, BatchIn, TransactionIn

type Fault = dict[str, str]

SENTENCES: Final = {
    "missing": "this field is required",
    "int_type": "write a whole number, without quotes",
    "float_type": "write a number, without quotes",
    "finite_number": "write a finite number",
    "greater_than_equal": "write {ge:,.0f} or more",
    "less_than_equal": "write {le:,.0f} or less",
    "string_type": "write a text, in quotes",
    "string_pattern_mismatch": "write 1 to 64 printable ASCII characters without spaces",
    "literal_error": f"write one of {', '.join(TYPES)}",
    "list_type": "send a list of transactions",
    "too_short": "send at least one transaction",
    "too_long": f"send at most {MAX_BATCH} transactions",
}
"""The text of a fault, by Pydantic's type of error; our schemas set the limits in its context."""

NOT_ALLOWED: Final = "this value is not allowed"
LABEL: Final = "the label does not exist yet when a payment is scored: leave it out"
NOT_A_TRANSACTION: Final = "a transaction is a JSON object"
NOT_A_BATCH: Final = 'a batch is a JSON object: {"transactions": [...]}'
LIST_TO_BATCH: Final = 'wrap the list: {"transactions": [...]}'
LIST_TO_PREDICT: Final = (
    'this route takes one transaction: send a list to /predict/batch, as {"transactions": [...]}'
)
BATCH_TO_PREDICT: Final = "this route takes one transaction: send a batch to /predict/batch"
TRANSACTION_TO_BATCH: Final = (
    'send one transaction to /predict, or wrap it: {"transactions": [...]}'
)
GIVEN_TWICE: Final = "give this query parameter once"
NOT_A_BOOLEAN: Final[Fault] = {
    "detail": "explain: write true or false",
    "pointer": "#/query/explain",
}

TRANSACTION_FIELDS: Final = tuple(TransactionIn.model_fields)
BATCH_FIELDS: Final = tuple(BatchIn.model_fields)

LONGEST_NAME: Final = 64
"""Longer names resemble no field, and comparing them would take time."""


def of_body(route: str, errors: Sequence[ErrorDetails], sent: object) -> list[Fault]:
    """The faults of a body that a route refused.

    Parameters
    ----------
    errors : sequence of dict
        Pydantic's, located in the body.
    sent : object
        The body's value.
    """
    if route == "/predict":
        if isinstance(sent, list):
            return [_fault(LIST_TO_PREDICT)]
        if isinstance(sent, dict) and "transactions" in sent:
            return [_fault(BATCH_TO_PREDICT)]
        return of_transaction(errors, sent)
    if not isinstance(sent, dict):
        return [_fault(LIST_TO_BATCH if isinstance(sent, list) else NOT_A_BATCH)]
    if "transactions" not in sent and not sent.keys().isdisjoint(TRANSACTION_FIELDS):
        return [_fault(TRANSACTION_TO_BATCH)]
    return _faults(errors, BATCH_FIELDS)


def of_transaction(
    errors: Sequence[ErrorDetails], sent: object, *, within: tuple[str | int, ...] = ()
) -> list[Fault]:
    """The faults of a transaction at `within` in a body."""
    if not isinstance(sent, dict):
        return [_fault(NOT_A_TRANSACTION, *within)]
    # Pydantic compares the times only if no field has a fault.
    times = [sent.get(name) is not None for name in ("step", "timestamp")]
    why = {(False, False): NO_TIME, (True, True): TWO_TIMES}.get((times[0], times[1]))
    of_times = [_fault(why, *within)] if why else []
    of_fields = [error for error in errors if error["loc"]]
    return [*of_times, *_faults(of_fields, TRANSACTION_FIELDS, within)][:MAX_ERRORS]


def of_query(names: Iterable[str], known: Sequence[str]) -> list[Fault]:
    """The faults of a query with parameters of these names."""
    names = list(names)
    unknown = [
        _fault(_unknown("query parameter", name, known), "query", name)
        for name in names
        if name not in known
    ]
    twice = [_fault(GIVEN_TWICE, "query", name) for name in known if names.count(name) > 1]
    return [*unknown, *twice][:MAX_ERRORS]


def _faults(
    errors: Sequence[ErrorDetails], known: Sequence[str], within: tuple[str | int, ...] = ()
) -> list[Fault]:
    return [
        _fault(_sentence(error, known), *within, *error["loc"]) for error in errors[:MAX_ERRORS]
    ]


def _sentence(error: ErrorDetails, known: Sequence[str]) -> str:
    match error["type"]:
        case "extra_forbidden":
            name = str(error["loc"][-1])
            return LABEL if _normalised(name) == "isfraud" else _unknown("field", name, known)
        case "value_error":  # ours
            return str(error["ctx"]["error"])
        case kind:
            return SENTENCES.get(kind, NOT_ALLOWED).format_map(error.get("ctx", {}))


def _unknown(kind: str, name: str, known: Sequence[str]) -> str:
    near = _nearest(name, known)
    return f"this {kind} is not known" + (f"; did you mean {near}?" if near else "")


def _nearest(name: str, known: Sequence[str]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415  # not needed at a cold start

    plain = {_normalised(field): field for field in known}
    near = get_close_matches(_normalised(name), plain, n=1) if len(name) <= LONGEST_NAME else []
    return plain[near[0]] if near else None


def _normalised(name: str) -> str:
    return re.sub("[_ -]", "", name).lower()


def _fault(detail: str, *location: str | int) -> Fault:
    return {"detail": detail, "pointer": _pointer(location)}


def _pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer; it ends before a name with characters other than letters and underscores."""
    parts = []
    for part in location:
        if isinstance(part, str) and not re.fullmatch(r"[A-Za-z_]{1,32}", part):
            break
        parts.append(str(part))
    return "/".join(["#", *parts])
