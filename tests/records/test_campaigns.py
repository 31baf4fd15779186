"""Campaigns of payments and faults leave nothing that does not fit together, and find defects."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Final

import pytest

from fraud_api_lambda.labelling import Settled
from fraud_api_lambda.records.answering import Context, Decided
from fraud_api_lambda.records.asked import Asked
from fraud_api_lambda.records.log import DecisionLog
from tests.emulator import TableAws
from tests.memory_app import memory_client
from tests.records.campaigns import BUNDLE, RATES, Campaign, campaign, chances_at
from tests.records.consistency import check_answers, check_replay, check_seals
from tests.records.defects import DEFECTS, LABEL_DEFECTS, Defect, Planted
from tests.records.fake_table import FakeTable
from tests.records.interleavings import interleaved
from tests.records.plans import Fault
from tests.records.test_interleavings import ASSESSOR, KEYS, ONE, OTHERS, WAITS
from tests.transactions import body

SEEDS: Final = range(100)
DEFECT_SEEDS: Final = range(3)
STORM: Final = 50

COUNTED_AGAIN: Final = "a change counted again after a lost answer"
ALL_DEFECTS: Final = {**DEFECTS, COUNTED_AGAIN: LABEL_DEFECTS[COUNTED_AGAIN]}
"""The others of labels need two words on a payment within a millisecond, or are of expiry."""

defects = pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS.keys())


def check(done: Campaign) -> None:
    assert done.violations == []
    assert done.views > 0
    assert any(fault is not Fault.NONE for _, fault in done.faults)


def test_a_campaign_leaves_nothing_that_does_not_fit_together(table_aws: TableAws) -> None:
    done = campaign(table_aws, 1, payments=40, outcomes=40, chances=chances_at(0.1))

    check(done)
    assert any(isinstance(each.answer, Settled) for each in done.said)
    assert done.changes > 0
    assert any(each.decided.is_replayed for each in done.answered)
    assert any(each.decided.is_reused for each in done.answered)


def test_a_retry_storm_leaves_one_record_and_equal_answers(table_aws: TableAws) -> None:
    client, together = memory_client(table_aws, BUNDLE), Barrier(STORM)

    def post(_: int) -> tuple[int, str]:
        together.wait()
        answer = client.post("/predict", json=body(transaction_id="storm"))
        return answer.status_code, answer.text

    client.post("/predict?record=false", json=body())
    with ThreadPoolExecutor(STORM) as threads:
        answers = set(threads.map(post, range(STORM)))

    ((status, text),) = answers
    assert status == 200
    assert '"degraded":[]' in text
    assert sum(key.startswith("P#") for key in table_aws.items) == 1


def _decide(asked: Asked, defect: Defect, table: FakeTable) -> Decided:
    log = DecisionLog(Planted(table, defect, KEYS), WAITS)
    return log.decide(asked, Context(log.requests(), KEYS, ASSESSOR))


def _run_with(defect: Defect, other: Asked) -> None:
    """Two payments at once, in every order, with a defect."""
    payments = [ONE, other]

    def check_all(table: FakeTable, decided: Sequence[Decided]) -> None:
        check_seals(table.items, KEYS)
        check_answers(table.items, [*zip(payments, decided, strict=True)])
        check_replay(table.items, payments)

    interleaved([partial(_decide, each, defect) for each in payments], check_all)


def _run_all_with(defect: Defect) -> None:
    for other in OTHERS.values():
        _run_with(defect, other)


@defects
def test_a_planted_defect_is_found_in_some_order_of_two_payments(defect: Defect) -> None:
    with pytest.raises(AssertionError, match="in run"):
        _run_all_with(defect)


@pytest.fixture(scope="module")
def totals() -> Iterator[Counter[str]]:
    """What all campaigns did, printed in the end."""
    counted = Counter[str]()
    yield counted
    for name, number in sorted(counted.items()):
        print(f"{name}: {number:,}")  # noqa: T201  # with -s


def count(done: Campaign, totals: Counter[str]) -> None:
    """Add what a campaign did."""
    requests = done.faults.items()
    totals.update({f"{operation} {fault.name}": n for (operation, fault), n in requests})
    totals.update(limit for each in done.answered for limit in each.limits)
    totals["campaigns"] += 1
    totals["answers"] += len(done.answered)
    totals["replayed"] += sum(each.decided.is_replayed for each in done.answered)
    totals["reused"] += sum(each.decided.is_reused for each in done.answered)
    totals["views folded again"] += done.views
    totals["outcomes"] += len(done.said)
    totals["outcomes taken"] += sum(isinstance(each.answer, Settled) for each in done.said)
    totals["changes of labels folded again"] += done.changes
    totals["violations"] += len(done.violations)


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_campaigns_leave_nothing_that_does_not_fit_together(
    seed: int, table_aws: TableAws, totals: Counter[str]
) -> None:
    chances = chances_at(RATES[seed % len(RATES)], slow=0.005)

    done = campaign(table_aws, seed, payments=200, outcomes=100, chances=chances)

    count(done, totals)
    check(done)


@pytest.mark.soak
@pytest.mark.parametrize("defect", ALL_DEFECTS.values(), ids=ALL_DEFECTS.keys())
@pytest.mark.parametrize("seed", DEFECT_SEEDS)
def test_a_planted_defect_is_found_by_a_campaign(
    seed: int, defect: Defect, table_aws: TableAws
) -> None:
    done = campaign(
        table_aws, seed, payments=100, outcomes=50, chances=chances_at(0.05), defect=defect
    )

    assert done.violations
