"""Two commands change the pointer at once: what stands is as if one came after the other.

A rollback counts as if it came first, so the model that it withdraws is nobody's way back.
"""

from collections.abc import Callable

import pytest

from fraud_api_lambda.aws.errors import ModelStoreError
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer
from tests.aws import Aws
from training.errors import CheckFailedError
from training.registry.promotion import (
    Change,
    Outcome,
    apply,
    promotion,
    promotion_over,
    withdrawal,
)
from training.registry.store import Registry, Stored


def pin(letter: str) -> PinnedModel:
    return PinnedModel(f"models/{letter}", "v1", 1, letter * 64)


GOOD, BAD, NEW, HOTFIX = (pin(letter) for letter in "abcd")
REPLACED = PinnedModel(NEW.key, "v2", NEW.size, NEW.sha256)
BEFORE = Pointer(BAD, GOOD)

serve_new, serve_hotfix = promotion(NEW), promotion(HOTFIX)
go_back = withdrawal(BAD, GOOD)
challenge = promotion_over(BAD.version, NEW)


class Meddled(Registry):
    """A registry where others write just before each of our first writes."""

    def __init__(self, aws: Aws, *others: Callable[[], object]) -> None:
        super().__init__(bucket=aws.bucket, parameter=aws.parameter)
        self.others = list(others)
        self.writes = 0

    def write_pointer(self, pointer: Pointer, *, create: bool = False) -> int:
        if self.others:
            self.others.pop(0)()
        self.writes += 1
        return super().write_pointer(pointer, create=create)


def raced(aws: Aws, ours: Change, *theirs: Change) -> tuple[Outcome, Pointer]:
    """Apply our change while others write between our read and our write; return the pointer."""
    aws.registry.write_pointer(BEFORE)

    def they_act() -> None:
        for change in theirs:
            apply(change, aws.registry)

    return apply(ours, Meddled(aws, they_act)), aws.registry.read_pointer()


@pytest.mark.parametrize(
    ("change", "now", "then"),
    [
        (serve_new, None, Pointer(NEW, None)),
        (serve_new, BEFORE, Pointer(NEW, BAD)),
        (serve_new, Pointer(NEW, BAD), Pointer(NEW, BAD)),
        (promotion(REPLACED), Pointer(NEW, BAD), Pointer(REPLACED, BAD)),
        (challenge, BEFORE, Pointer(NEW, BAD)),
        (challenge, Pointer(HOTFIX, BAD), Pointer(HOTFIX, BAD)),
        (challenge, None, None),
        (promotion_over(None, NEW), None, Pointer(NEW, None)),
        (promotion_over(None, NEW), BEFORE, BEFORE),
        (go_back, BEFORE, Pointer(GOOD, BAD)),
        (go_back, Pointer(GOOD, BAD), Pointer(GOOD, BAD)),
        (go_back, Pointer(HOTFIX, BAD), Pointer(HOTFIX, GOOD)),
        (go_back, Pointer(HOTFIX, NEW), Pointer(HOTFIX, NEW)),
        (go_back, Pointer(BAD, HOTFIX), Pointer(BAD, HOTFIX)),
        (go_back, None, None),
    ],
)
def test_each_command_changes_the_pointer_as_specified(
    change: Change, now: Pointer | None, then: Pointer | None
) -> None:
    assert change(now) == then


@pytest.mark.parametrize(
    ("ours", "theirs", "stands"),
    [
        (serve_new, serve_hotfix, Pointer(NEW, HOTFIX)),
        (serve_new, go_back, Pointer(NEW, GOOD)),
        (go_back, serve_hotfix, Pointer(HOTFIX, GOOD)),
        (challenge, serve_hotfix, Pointer(HOTFIX, BAD)),
        (challenge, go_back, Pointer(GOOD, BAD)),
    ],
)
def test_a_lost_update_is_repaired_and_reported(
    aws: Aws, ours: Change, theirs: Change, stands: Pointer
) -> None:
    outcome, served = raced(aws, ours, theirs)

    assert served == stands
    assert outcome.after == stands
    assert outcome.disturbed


@pytest.mark.parametrize(("ours", "stands"), [(serve_new, (NEW, BAD)), (go_back, (GOOD, BAD))])
def test_two_identical_changes_do_not_undo_each_other(
    aws: Aws, ours: Change, stands: tuple[PinnedModel, PinnedModel]
) -> None:
    outcome, served = raced(aws, ours, ours)

    assert served == Pointer(*stands)
    assert not outcome.disturbed


def test_concurrent_changes_are_noticed_behind_a_retried_write(aws: Aws) -> None:
    ours_as_it_arrived_first = lambda _: Pointer(NEW, BAD)  # noqa: E731

    outcome, served = raced(aws, serve_new, serve_hotfix, ours_as_it_arrived_first)

    assert served == Pointer(NEW, HOTFIX)
    assert outcome.disturbed


def test_a_repair_yields_to_a_later_write(aws: Aws) -> None:
    aws.registry.write_pointer(BEFORE)
    later = pin("e")
    meddled = Meddled(
        aws,
        lambda: apply(serve_hotfix, aws.registry),
        lambda: apply(promotion(later), aws.registry),
    )

    outcome = apply(go_back, meddled)

    assert aws.registry.read_pointer() == Pointer(later, GOOD)
    assert outcome == Outcome(Pointer(HOTFIX, BAD), Pointer(later, GOOD), disturbed=True)


def test_the_very_first_promotion_notices_an_earlier_one(aws: Aws) -> None:
    meddled = Meddled(aws, lambda: aws.registry.write_pointer(Pointer(HOTFIX, None)))

    outcome = apply(serve_new, meddled)

    assert outcome == Outcome(Pointer(HOTFIX, None), Pointer(NEW, HOTFIX))
    assert aws.registry.read_pointer() == Pointer(NEW, HOTFIX)


def test_an_undisturbed_change_writes_once(aws: Aws) -> None:
    aws.registry.write_pointer(BEFORE)
    alone = Meddled(aws)

    assert apply(serve_new, alone) == Outcome(BEFORE, Pointer(NEW, BAD))
    assert alone.writes == 1


def test_a_failed_repair_says_what_to_do(aws: Aws) -> None:
    class Forgetful(Meddled):
        def read_stored(self, number: int | None = None) -> Stored:
            if number is not None:
                raise ModelStoreError("reading: AWS says ParameterVersionNotFound")
            return super().read_stored()

    aws.registry.write_pointer(BEFORE)

    with pytest.raises(CheckFailedError, match=r"same moment: reading: .*promote the version"):
        apply(serve_new, Forgetful(aws, lambda: apply(serve_hotfix, aws.registry)))
