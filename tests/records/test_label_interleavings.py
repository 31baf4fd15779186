"""Outcomes, reviews and payments at the same time, in every order of their requests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, combinations
from typing import Final, NamedTuple

import pytest

from fraud_api_lambda.aws.dynamodb import Item
from fraud_api_lambda.records.answering import Context, Decided
from fraud_api_lambda.records.asked import Asked
from fraud_api_lambda.records.items import RECORD
from fraud_api_lambda.records.labels import LabelContext, LabelLog, ReviewClosedError
from fraud_api_lambda.records.log import DecisionLog, LogError
from fraud_api_lambda.records.outcomes import Closing, Later, Word
from fraud_api_lambda.records.requests import RecordTable
from tests.records.consistency import check_answers, check_replay, check_seals, plain_assessor
from tests.records.fake_table import POSSIBLE, STEADY, FakeTable, Whims
from tests.records.interleavings import interleaved
from tests.records.plans import Fault, Operation
from tests.records.test_interleavings import KEYS, NOW, ONE, ORDERS, WAITS, payment
from tests.records.words import End, Told, end_of

PLAIN: Final = payment(0, "C8", "C9")
"""A payment that is not for review, as all others are."""

FOR_REVIEW: Final = plain_assessor(grounds='{"expected_loss": 12.5}')
SITTING: Final = LabelContext(KEYS, NOW + 10, 1.0)

CUSTOMER: Final = Told("customer", 1, is_fraud=True)
CHARGEBACK: Final = Told("chargeback", 3, is_fraud=True)
REVERSAL: Final = Told("chargeback", 4, is_fraud=False)
ADA: Final = Closing("Ada", is_fraud=True, at=5_000)
BOB: Final = Closing("Bob", is_fraud=False, at=6_000)

RETRIED: Final = [Fault.CONFLICT, Fault.THROTTLE, Fault.LOST_ANSWER, Fault.SLOW]
ANY: Final = sorted(POSSIBLE[Operation.WRITE], key=lambda fault: fault.name)


class Said(NamedTuple):
    """A word on a payment, and what there was then; None if nobody knows."""

    on: str
    told: Told
    later: Later | None

    @property
    def is_taken(self) -> bool:
        return self.later is not None


class Closed(NamedTuple):
    """A review as somebody closes it, and what came of it; None if nobody knows."""

    closing: Closing
    found: Closing | None


type Answer = tuple[Asked, Decided] | Said | Closed
type Request = Callable[[RecordTable], Answer]


def pay(asked: Asked) -> Request:
    def request(table: RecordTable) -> Answer:
        log = DecisionLog(table, WAITS)
        assessor = plain_assessor() if asked == PLAIN else FOR_REVIEW
        return asked, log.decide(asked, Context(log.requests(), KEYS, assessor))

    return request


def say(told: Told, on: Asked = ONE) -> Request:
    def request(table: RecordTable) -> Answer:
        word = Word(told.at, told.is_fraud)
        try:
            later = labels(table).tell(on.prediction_id, told.source, word, SITTING)
        except LogError:
            return Said(on.prediction_id, told, None)
        assert later is not None
        assert later.words[told.source] >= word
        return Said(on.prediction_id, told, later)

    return request


def close(closing: Closing) -> Request:
    def request(table: RecordTable) -> Answer:
        try:
            later = labels(table).close(ONE.prediction_id, closing, SITTING)
        except LogError:
            return Closed(closing, None)
        except ReviewClosedError as error:
            return Closed(closing, error.closing)
        assert later is not None
        return Closed(closing, later.closing)

    return request


def labels(table: RecordTable) -> LabelLog:
    """A container of its own."""
    return LabelLog(DecisionLog(table, WAITS))


def recorded(*payments: Asked) -> list[Item]:
    """A table in which payments are recorded already."""
    table = FakeTable()
    for asked in payments:
        pay(asked)(table)
    return [*table.items.values()]


def check(earlier: Sequence[Asked], table: FakeTable, answers: Sequence[Answer]) -> None:
    """All of it can have come about one by one, and nothing is lost."""
    payments = [each for each in answers if not isinstance(each, Said | Closed)]
    check_seals(table.items, KEYS)
    check_answers(table.items, [*payments, *((each, as_recorded(table, each)) for each in earlier)])
    check_replay(table.items, [*earlier, *(asked for asked, _ in payments)])
    for each in earlier:
        later = Later.of(table.items[RECORD + each.prediction_id])
        check_words(later, [said for said in of(Said, answers) if said.on == each.prediction_id])
    check_review(Later.of(table.items[RECORD + ONE.prediction_id]), of(Closed, answers))


def of[T](kind: type[T], answers: Sequence[Answer]) -> list[T]:
    return [each for each in answers if isinstance(each, kind)]


def as_recorded(table: FakeTable, asked: Asked) -> Decided:
    return Decided(str(table.items[RECORD + asked.prediction_id]["a"]))


def check_words(later: Later, said: Sequence[Said]) -> None:
    """The record has what was taken, and perhaps what nobody knows the fate of."""
    taken = [each.told for each in said if each.is_taken]
    if later.closing is not None:
        assert all(each.later.closing for each in said if each.later), "reviewed after an outcome"
        taken.append(Told("analyst", later.closing.at, later.closing.is_fraud))
    unknown = [each.told for each in said if not each.is_taken]
    possible = {end_of([*taken, *some]) for some in subsets(unknown)}
    words, label = str(later.attributes().get("o", "{}")), later.label
    assert End(words, label and label.source, later.is_fraud) in possible


def check_review(later: Later, closed: Sequence[Closed]) -> None:
    """At most one closes the review, and each is told who did; an outcome ends it, too."""
    if later.closing is not None:
        assert later.closing in {each.closing for each in closed}
        assert later.place is not None
        assert later.place.queue == f"by {later.closing.by}"
    else:
        assert (later.place is None) == bool(later.words)
    for each in closed:
        if each.found is not None and later.closing is not None:
            assert each.found == later.closing
        elif each.found is not None:
            assert each.found.by in later.words


def subsets[T](of: Sequence[T]) -> Iterator[Iterable[T]]:
    return chain.from_iterable(combinations(of, size) for size in range(len(of) + 1))


def are_answered(answers: Sequence[Answer]) -> None:
    assert all(each.is_taken for each in of(Said, answers))
    assert all(each.found is not None for each in of(Closed, answers))


def may_be_unknown(_: Sequence[Answer]) -> None:
    """Whatever the answers say is true."""


def run_all(
    *requests: Request,
    whims: Whims = STEADY,
    answers: Callable[[Sequence[Answer]], None] = are_answered,
    earlier: Sequence[Asked] = (PLAIN, ONE),
) -> int:
    """Make requests at the same time, in every way; return the number of ways."""

    def check_all(table: FakeTable, given: list[Answer]) -> None:
        check(earlier, table, given)
        answers(given)

    return interleaved(requests, check_all, items=recorded(*earlier), whims=whims)


RIVALS: Final = {
    "a payment of the same accounts": [pay(payment(2, "C1", "C2", amount=1.0)), say(CUSTOMER)],
    "a payment of the same payer": [pay(payment(2, "C1", "C3")), say(CHARGEBACK)],
    "the payment, sent again": [pay(payment(2, "C1", "C2", transaction_id="1")), say(CUSTOMER)],
    "two words of a source": [say(CHARGEBACK), say(REVERSAL)],
    "two sources": [say(CUSTOMER), say(REVERSAL)],
    "two words without a review": [say(CHARGEBACK, on=PLAIN), say(REVERSAL, on=PLAIN)],
    "the same word": [say(CUSTOMER), say(CUSTOMER)],
    "an outcome and a review": [say(CHARGEBACK), close(ADA)],
    "two reviews": [close(ADA), close(BOB)],
    "the same review": [close(ADA), close(ADA)],
}
rivals = pytest.mark.parametrize("requests", RIVALS.values(), ids=RIVALS.keys())

THREE: Final = {
    "a payment and two words": [pay(payment(2, "C1", "C3")), say(CHARGEBACK), say(REVERSAL)],
    "a payment, a word and a review": [pay(payment(2, "C1", "C3")), say(CUSTOMER), close(ADA)],
    "two reviews and a word": [close(ADA), close(BOB), say(CHARGEBACK)],
}
three = pytest.mark.parametrize("requests", THREE.values(), ids=THREE.keys())

OTHER: Final = payment(2, "C1", "C3")


@rivals
def test_two_requests_end_as_if_one_came_first(requests: Sequence[Request]) -> None:
    assert run_all(*requests, whims=ORDERS) > 1


@rivals
def test_a_conflict_or_a_lost_answer_loses_nothing(requests: Sequence[Request]) -> None:
    run_all(*requests, whims=Whims(faults=[Fault.CONFLICT, Fault.LOST_ANSWER]))


def test_outcomes_of_two_payments_of_an_account_are_both_counted() -> None:
    run_all(say(CUSTOMER), say(CUSTOMER, on=OTHER), whims=ORDERS, earlier=[PLAIN, ONE, OTHER])


@pytest.mark.soak
@three
def test_three_requests_end_as_if_they_came_one_by_one(requests: Sequence[Request]) -> None:
    run_all(*requests)


@pytest.mark.soak
@rivals
def test_a_fault_that_passes_loses_nothing(requests: Sequence[Request]) -> None:
    run_all(*requests, whims=Whims(faults=RETRIED))


@pytest.mark.soak
@rivals
def test_whatever_the_table_does_an_answer_is_true(requests: Sequence[Request]) -> None:
    run_all(*requests, whims=Whims(faults=ANY), answers=may_be_unknown)


@pytest.mark.soak
@rivals
def test_after_two_faults_an_answer_is_true(requests: Sequence[Request]) -> None:
    whims = Whims(faults=[Fault.CONFLICT, Fault.LOST_ANSWER], most_faults=2)

    run_all(*requests, whims=whims, answers=may_be_unknown)
