"""What people say of the payments of a simulated month, and which frauds begin with it."""

import numpy as np
import pytest

from benchmarks.month.payments import NEW_KINDS, split
from benchmarks.month.people import DAY_S, HOUR_S, REVERSED_AFTER_S, Said, Truth, reactions, truths
from training.simulator.cards.simulate import simulate

FRAUD = Truth(time=0, is_fraud=True, reported_at=DAY_S)
DISPUTED = Truth(time=0, is_fraud=False, reported_at=DAY_S)


def said(decision: str, truth: Truth, seed: int = 0) -> list[Said]:
    answer = {"prediction_id": "p", "decision": decision}
    return reactions(answer, truth, np.random.default_rng(seed))


def test_a_fraud_that_was_approved_comes_back_as_a_chargeback() -> None:
    assert said("approve", FRAUD) == [Said(DAY_S, "p", "chargeback", is_fraud=True)]
    assert said("approve", FRAUD._replace(reported_at=None)) == []


def test_a_disputed_payment_that_was_genuine_is_reversed() -> None:
    first, second = said("approve", DISPUTED)

    assert (first.is_fraud, second.is_fraud) == (True, False)
    assert second.at - first.at == REVERSED_AFTER_S


def test_of_some_blocked_payments_nobody_learns_what_they_were() -> None:
    answers = [said("block", FRAUD, seed) for seed in range(100)]

    silent = answers.count([])
    assert 15 < silent < 45
    assert {each[0].source for each in answers if each} == {"customer"}


def test_an_analyst_closes_a_review_within_hours_and_is_rarely_wrong() -> None:
    reviews = [said("review", FRAUD, seed)[0] for seed in range(200)]

    assert {each.source for each in reviews} == {"analyst"}
    assert max(each.at for each in reviews) <= 8 * HOUR_S
    assert np.mean([each.is_fraud for each in reviews]) == pytest.approx(0.95, abs=0.04)


def test_new_kinds_of_fraud_begin_with_the_month() -> None:
    before, month = split(simulate(3_000, 0, days=65))

    assert not set(NEW_KINDS) & set(before["typology"])
    assert set(NEW_KINDS) <= set(month["typology"])
    assert before["time"].max() < month["time"].min()


def test_what_the_simulator_knows_is_read() -> None:
    frame = simulate(1_000, 0)

    read = truths(frame)

    assert [each.is_fraud for each in read] == frame["is_fraud"].astype(bool).tolist()
    assert [each.reported_at is None for each in read] == frame["reported_at"].isna().tolist()
