"""Checks of the later part of a record: label changes in histories, and its review. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fraud_api_lambda.history.state import Outcome
from fraud_api_lambda.records.items import ERASED, Record, Version
from fraud_api_lambda.records.outcomes import ANALYST, Change, Later, Place, Word
from training.memory.sights import require_numbers


class LabelChange(NamedTuple):
    """A change of a payment's label, as it came to an account that counts the payment.

    Attributes
    ----------
    key : str
        The account's keyed id.
    since, seq : int
        The version of its history before, as of `Version`.
    moved : bool
        Whether it made the next version.
    prediction_id : str
    outcome : Outcome
    number : int
        Of the change, from 1.
    is_left_out : bool
        Whether the record says that the account no longer had the payment; `seq` is 0 then.
    """

    key: str
    since: int
    seq: int
    moved: bool
    prediction_id: str
    outcome: Outcome
    number: int
    is_left_out: bool = False


def label_changes(record: Record, later: Later) -> Iterator[LabelChange]:
    """Yield how each change of a label came to each account that counts the payment.

    Raises
    ------
    ValueError
        If a change does not say that of each of the accounts.
    """
    for number, change in enumerate(later.changes, 1):
        outcome = Outcome(record.time, change.frauds)
        for key, own, version in zip(
            record.accounts, _own(record), _versions(record, change), strict=True
        ):
            if version is not None:
                require_numbers(version)
            if key is None or own is None or not own.moved or key.startswith(ERASED):
                continue
            left = version or Version(own.since, 0, moved=False)
            known = (key, *left, record.prediction_id, outcome, number)
            yield LabelChange(*known, is_left_out=version is None)


def contradictions(record: Record, later: Later) -> Iterator[str]:
    """Yield the contradictions in the later part of a record."""
    yield from _label_contradictions(later)
    yield from _version_contradictions(record, later)
    closing = later.closing
    if closing is not None and not record.grounds:
        yield "its review is closed, but it was never for review"
    if closing is not None and _word_of_analyst(later) < Word(closing.at, closing.is_fraud):
        yield "its review is closed, but its outcomes lack the analyst's word"
    place = _place(record, later)
    if later.place != place:
        yield f"in the index of reviews it is {_shown(later.place)}, not {_shown(place)}"


def _word_of_analyst(later: Later) -> Word:
    return later.words.get(ANALYST, Word(-1, is_fraud=False))


def _label_contradictions(later: Later) -> Iterator[str]:
    """Yield how the changes of a label are none that its outcomes can have made."""
    if any(change.frauds != (-1) ** index for index, change in enumerate(later.changes)):
        yield "its label became the same twice in a row"
    ends_as_fraud = sum(change.frauds for change in later.changes) > 0
    if ends_as_fraud != later.is_fraud:
        ends = "a fraud" if ends_as_fraud else "none"
        yield f"by the changes of its label it is {ends} in the end, but not by its outcomes"
    elif later.changes and not later.words:
        yield "its label changed without an outcome"


def _version_contradictions(record: Record, later: Later) -> Iterator[str]:
    """Yield the changes of a label that came to accounts which did not count the payment."""
    least = [
        None
        if own is None or not own.moved or key is None or key.startswith(ERASED)
        else own._replace(seq=own.seq + 1)
        for key, own in zip(record.accounts, _own(record), strict=True)
    ]
    for number, change in enumerate(later.changes, 1):
        for index, version in enumerate(_versions(record, change)):
            key, before = record.accounts[index], least[index]
            if version is None or (key is not None and key.startswith(ERASED)):
                continue
            if before is None or version.since != before.since or version.seq < before.seq:
                yield f"change {number} of its label came to account {key} before the payment"
            least[index] = version._replace(seq=version.seq + version.moved)


def _own(record: Record) -> Sequence[Version | None]:
    """The versions of the accounts that a payment saw; None for each if it saw none of them."""
    return record.versions or [None] * len(record.accounts)


def _versions(record: Record, change: Change) -> Sequence[Version | None]:
    """Those that a change of its label met."""
    return change.versions or [None] * len(record.accounts)


def _place(record: Record, later: Later) -> Place | None:
    """Where a record belongs in the index of reviews."""
    if later.closing is not None:
        return Place.closed(later.closing.by, later.closing.at)
    if record.grounds and not later.words:
        return Place.open(json.loads(record.grounds)["expected_loss"])
    return None


def _shown(place: Place | None) -> str:
    return "nowhere" if place is None else f"under {place.queue!r} at {place.rank}"
