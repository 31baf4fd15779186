"""What the records of one account must give, while others are being written."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

import pytest

from fraud_api_lambda.history.state import DAY_S, Outcome, Payment, after
from fraud_api_lambda.history.view import view
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import KEPT_S, with_prediction
from training.memory.replaying.fold import EXPIRED, NO_DELAY, Step, fold
from training.memory.replaying.labels import LabelChange
from training.memory.replaying.versions import Folded, Stored
from training.memory.sights import Counting, Sight

SINCE: Final = 1_000_000_000_000
NOW_S: Final = SINCE // 1_000 + DAY_S
EVENTS: Final = [Payment(3_600 * number, 100 + number, number) for number in range(6)]

IDS: Final = [str(UUID(int=number)) for number in range(6)]

VERSIONS: Final = [Stored(Account.new(SINCE))]
for event, number in zip(EVENTS, IDS, strict=True):
    account, latest = VERSIONS[-1]
    moved = account.moved_to(after(account.state, event, DAY_S))
    VERSIONS.append(Stored(moved, with_prediction(latest, number)))

SIGHTS: Final = [
    Sight(
        *("key", SINCE, before.account.seq, True, number),
        view(before.account.state, event, DAY_S),
        Counting(event, DAY_S, "payer", is_due=True),
    )
    for event, number, (before, _) in zip(EVENTS, IDS, pairwise(VERSIONS), strict=True)
]


def folded(steps: Sequence[Step], stored: Stored | None, now_s: int = NOW_S) -> Folded:
    return fold("key", steps, None, stored, now_s)


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


FIRST: Final = EVENTS[0].time
TOLD: Final = [
    LabelChange("key", SINCE, 6, True, IDS[0], Outcome(FIRST, 1), 1),
    LabelChange("key", SINCE, 7, True, IDS[3], Outcome(EVENTS[3].time, 1), 1),
    LabelChange("key", SINCE, 8, True, IDS[0], Outcome(FIRST, -1), 2),
]
"""Two payments turn out to be frauds, and one of them does not, after all."""


def told(*changes: LabelChange) -> Stored:
    """The version after the payments and changes of labels."""
    account, latest = VERSIONS[6]
    for change in changes:
        account = account.moved_to(after(account.state, change.outcome, NO_DELAY))
    return Stored(account, latest)


def test_changes_of_labels_are_folded_among_the_payments() -> None:
    done = folded([*SIGHTS, *TOLD], told(*TOLD))

    assert (done.found, done.views, done.changes) == ([], 6, 3)
    assert told(*TOLD).account.state.days.frauds == (1,)


@pytest.mark.parametrize("missed", range(3))
def test_every_change_of_a_label_up_to_the_state_must_be_there(missed: int) -> None:
    found = folded([*SIGHTS, *TOLD[:missed], *TOLD[missed + 1 :]], told(*TOLD)).found

    assert found[-1].what.startswith(f"no record made version {7 + missed}, though its state is")


def test_a_change_that_says_it_moved_must_have_changed_the_state() -> None:
    too_old = TOLD[0]._replace(outcome=Outcome(FIRST - 99 * DAY_S, 1))

    (moved,) = folded([*SIGHTS, too_old], None).found
    assert moved.what == "it says that change 1 of its label moved account key, wrongly"
    assert folded([*SIGHTS, too_old._replace(moved=False)], VERSIONS[6]).found == []


def test_a_change_that_says_it_did_not_move_must_not_have_been_due() -> None:
    (found,) = folded([*SIGHTS, TOLD[0]._replace(moved=False)], VERSIONS[6]).found

    assert found.what == "it says that change 1 of its label did not move account key, wrongly"


def test_a_change_may_leave_out_only_an_account_that_has_begun_anew() -> None:
    left_out = TOLD[0]._replace(seq=0, moved=False, is_left_out=True)
    later = Stored(VERSIONS[0].account._replace(since=SINCE + 10**9, seq=1))

    (found,) = folded([*SIGHTS, left_out], VERSIONS[6]).found
    assert found.what == "change 1 of its label left out account key, wrongly"
    anew = folded([*SIGHTS, left_out], later).found
    assert not [each for each in anew if "left out" in each.what]


def test_the_latest_predictions_of_a_state_are_those_of_the_records() -> None:
    account, latest = VERSIONS[6]

    (found,) = folded(SIGHTS, Stored(account, latest[16:])).found

    assert found.what.endswith("version 6, is not what the records give: latest predictions")
