"""Planted defects of outcomes and reviews are found in some order of two requests."""

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from fraud_api_lambda.records import labels, outcomes
from fraud_api_lambda.records.items import Record, Version
from fraud_api_lambda.records.outcomes import Closing, Later, Place, Word
from fraud_api_lambda.records.requests import RecordTable
from fraud_api_lambda.records.states import States
from tests.records.defects import LABEL_DEFECTS, Defect, Planted
from tests.records.fake_table import Whims
from tests.records.plans import Fault
from tests.records.test_interleavings import KEYS
from tests.records.test_label_interleavings import (
    RIVALS,
    Answer,
    Request,
    may_be_unknown,
    run_all,
)

type Plant = Callable[[pytest.MonkeyPatch], None]

TOLD: Final = Later.with_word
RELABEL: Final = States.relabel


def told_by(method: Callable[[Later, str, Word], Later]) -> Plant:
    return lambda patch: patch.setattr(Later, "with_word", method)


def the_last_wins(later: Later, source: str, word: Word) -> Later:
    return TOLD(
        later._replace(words={**later.words, source: Word(-1, is_fraud=False)}), source, word
    )


def the_first_wins(later: Later, source: str, word: Word) -> Later:
    known = later.words.get(source)
    return later if known is not None and known < word else the_last_wins(later, source, word)


def a_word_opens_a_review_again(later: Later, source: str, word: Word) -> Later:
    told = TOLD(later, source, word)
    return told if told == later else told._replace(place=Place.open(12.5))


def a_word_forgets_who_closed(later: Later, source: str, word: Word) -> Later:
    return TOLD(later, source, word)._replace(closing=None)


def nothing_moves_back(states: States, record: Record, frauds: int) -> list[Version | None]:
    return RELABEL(states, record, frauds) if frauds > 0 else [None] * len(record.accounts)


def the_customer_is_strongest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outcomes, "SOURCES", ("customer", "chargeback", "analyst"))


def the_second_analyst_wins(patch: pytest.MonkeyPatch) -> None:
    def closed(known: labels.Known, closing: Closing) -> Later:
        return known.later.closed(closing)

    patch.setattr(labels, "_closed", closed)


PLANTS: Final[Mapping[str, Plant]] = {
    "the last to arrive wins": told_by(the_last_wins),
    "the least in place of the latest": told_by(the_first_wins),
    "a closed review comes back": told_by(a_word_opens_a_review_again),
    "nobody knows who closed a review": told_by(a_word_forgets_who_closed),
    "a reversal does not move back": lambda patch: patch.setattr(
        States, "relabel", nothing_moves_back
    ),
    "another source is the strongest": the_customer_is_strongest,
    "the second analyst wins": the_second_analyst_wins,
}


def planted(request: Request, defect: Defect) -> Request:
    def with_defect(table: RecordTable) -> Answer:
        return request(Planted(table, defect, KEYS))

    return with_defect


def run_all_rivals(plant: Callable[[Request], Request] = lambda request: request) -> None:
    """All pairs of requests, in every order, without faults and with a lost answer."""
    for faults in ([], [Fault.CONFLICT, Fault.LOST_ANSWER]):
        for requests in RIVALS.values():
            whims = Whims(faults=faults)
            run_all(*map(plant, requests), whims=whims, answers=may_be_unknown)


@pytest.mark.parametrize("defect", LABEL_DEFECTS.values(), ids=LABEL_DEFECTS.keys())
def test_a_defect_on_the_way_to_the_table_is_found(defect: Defect) -> None:
    with pytest.raises(AssertionError, match="in run"):
        run_all_rivals(lambda request: planted(request, defect))


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_a_defect_of_outcomes_or_reviews_is_found(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    with pytest.raises(AssertionError, match="in run"):
        run_all_rivals()
