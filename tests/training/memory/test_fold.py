"""What the records of one account must give, while others are being written."""

from itertools import pairwise
from typing import Final

import pytest

from fraud_api_lambda.history.state import DAY_S, Payment, after
from fraud_api_lambda.history.view import view
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import KEPT_S
from training.memory.fold import EXPIRED, Folded, fold
from training.memory.sights import Counting, Sight

SINCE: Final = 1_000_000_000_000
NOW_S: Final = SINCE // 1_000 + DAY_S
EVENTS: Final = [Payment(3_600 * number, 100 + number, number) for number in range(6)]

VERSIONS: Final = [Account.new(SINCE)]
for event in EVENTS:
    VERSIONS.append(VERSIONS[-1].moved_to(after(VERSIONS[-1].state, event, DAY_S)))

SIGHTS: Final = [
    Sight(
        *("key", SINCE, before.seq, True, f"p{before.seq}", view(before.state, event, DAY_S)),
        Counting(event, DAY_S, "payer", is_due=True),
    )
    for event, (before, _) in zip(EVENTS, pairwise(VERSIONS), strict=True)
]


def folded(sights: list[Sight], stored: Account | None, now_s: int = NOW_S) -> Folded:
    return fold("key", sights, None, stored, now_s)


@pytest.mark.parametrize("read", range(1, 7))
def test_records_that_are_newer_than_the_state_may_be_read_in_part(read: int) -> None:
    """A scan sees some of the records that are written meanwhile, in any order."""
    for missed in range(read, 6):
        seen = [each for each in SIGHTS if each.seq != missed]

        done = folded(seen, VERSIONS[read])

        assert done.found == []
        assert done.views == missed


@pytest.mark.parametrize("missed", range(6))
def test_every_record_up_to_the_state_must_be_there(missed: int) -> None:
    seen = [each for each in SIGHTS if each.seq != missed]

    (found,) = folded(seen, VERSIONS[6]).found

    assert str(found).startswith(f"account key: no record made version {missed + 1}, though")


def test_a_record_that_no_model_can_read_ends_the_fold_aloud() -> None:
    done = folded([*SIGHTS[:3], SIGHTS[3]._replace(counting=None), *SIGHTS[4:]], VERSIONS[6])

    assert (done.found, done.views) == ([], 3)
    assert done.not_folded


def test_a_payment_that_saw_no_account_saw_nothing() -> None:
    unseen = SIGHTS[0]._replace(since=0, moved=False)

    assert folded([unseen, *SIGHTS], VERSIONS[6]).found == []
    (moved,) = folded([unseen._replace(moved=True)], None).found
    (seen,) = folded([unseen._replace(history=SIGHTS[1].history)], None).found
    assert "but not since when" in moved.what
    assert "says seen True, not False" in seen.what


def test_what_expires_within_a_day_may_be_deleted_meanwhile() -> None:
    nearly = SINCE // 1_000 + KEPT_S - DAY_S

    assert folded(SIGHTS[1:], VERSIONS[6], nearly).not_folded == ""
    late = folded(SIGHTS[1:], VERSIONS[6], nearly + 1)
    assert (late.not_folded, late.found) == (EXPIRED, [])


def test_a_life_after_one_that_has_expired_is_folded_for_itself() -> None:
    old = SINCE - 1_000 * (KEPT_S + DAY_S)
    before = [each._replace(since=old, prediction_id=f"o{each.seq}") for each in SIGHTS[3:]]

    done = folded([*before, *SIGHTS], VERSIONS[6])

    assert (done.found, done.views, done.not_folded) == ([], 6, EXPIRED)
