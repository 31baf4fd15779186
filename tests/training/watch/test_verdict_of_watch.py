"""The watch is quiet in quiet weeks, names what moved, and says when it cannot tell."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.training.watch.purchases import (
    SUBJECTS,
    Body,
    Change,
    outcomes_of,
    purchases,
    reference,
    watched,
)
from training.watch.distributions import Counted
from training.watch.outcomes import Outcomes, judged
from training.watch.reference import NoReferenceError, Reference
from training.watch.sample import Sample
from training.watch.shares import MOST_LIMITED
from training.watch.watched import Watched

type Chance = np.random.Generator


@cache
def week() -> Sample:
    return purchases(1_000, seed=1)


def amounts_doubled(body: Body, _: Chance) -> Body:
    return body | {"amt": 2 * body["amt"]}


def new_value(body: Body, chance: Chance) -> Body:
    return body | ({"category": "crypto"} if chance.random() < 0.05 else {})


def new_value_of_many(body: Body, chance: Chance) -> Body:
    return body | ({"mcc": "0000"} if chance.random() < 0.08 else {})


def missing(body: Body, chance: Chance) -> Body:
    return {k: v for k, v in body.items() if k != "tries"} if chance.random() < 0.2 else body


def midnight(body: Body, _: Chance) -> Body:
    return body | {"at": "2026-03-01 00:00:00"}


def one_gender(body: Body, _: Chance) -> Body:
    return body | {"gender": "M"}


def online(body: Body, chance: Chance) -> Body:
    return body | ({"channel": "online"} if chance.random() < 0.8 else {})


def test_a_quiet_week_is_quiet_and_says_how_many_payments_it_saw() -> None:
    done = watched(week(), outcomes_of(week()))

    assert done.verdict == "quiet"
    assert done.sentence.startswith("Quiet: 1,000 payments look as they did in training, and fraud")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (amounts_doubled, "Amount: values are larger than in training"),
        (new_value, "Category, values that the model does not know: 5.1 % of payments, 0 % in"),
        (
            new_value_of_many,
            "Merchant code, values that the model does not know: 8.1 % of payments, 0.77",
        ),
        (missing, "Number of tries, missing: 25 % of payments, 4.8 % in training"),
        (midnight, "Hour of day: always 0, which it was not in training"),
        (one_gender, "Gender: always 1, which it was not in training"),
        (online, "Channel: chip: 11 % of payments, 50 % in training"),
    ],
)
def test_a_shift_is_named_first_in_the_features_own_words(change: Change, words: str) -> None:
    done = watched(purchases(1_000, 1, change))

    assert done.verdict == "alarm"
    assert done.sentence.startswith(f"Alarm. {words}"), done.sentence


def test_an_empty_history_is_found_and_named() -> None:
    values = dict(week().values)
    values["payer_count_24h"] = np.zeros(len(week()))

    done = watched(replace(week(), values=values))

    assert done.sentence.startswith("Alarm. Payer: payments in 24 hours: always 0, which it was")


def test_known_frauds_of_accounts_follow_campaigns_and_are_no_alarm() -> None:
    values = dict(week().values)
    column = values["payer_fraud_share_30d"]
    values["payer_fraud_share_30d"] = np.where(np.arange(len(column)) % 2, column, column.max())

    done = watched(replace(week(), values=values))

    moved = next(each for each in done.numbers if each.subject.name == "payer_fraud_share_30d")
    assert moved.shift.is_notable
    assert done.verdict == "quiet"


def test_more_blocked_payments_are_an_alarm() -> None:
    decided = week().decided.copy()
    decided[:100] = 2

    done = watched(replace(week(), decided=decided))

    assert done.sentence.startswith("Alarm. Decision block: 10 % of payments, 0.083"), done.sentence


@pytest.mark.parametrize(("limited", "verdict"), [(12, "quiet"), (40, "alarm")])
def test_limited_answers_are_an_alarm_if_they_are_surely_too_many(
    limited: int, verdict: str
) -> None:
    done = watched(week(), limited=Counted(limited, 1_000))

    assert MOST_LIMITED == 0.01
    assert done.verdict == verdict


def test_few_payments_give_no_false_comfort() -> None:
    done = watched(purchases(60, 3))

    assert done.verdict == "too few payments"
    assert done.sentence == (
        "No verdict: 60 payments are too few to tell a large shift from chance; watch a longer "
        "period."
    )


def test_without_a_payment_there_is_no_verdict() -> None:
    done = watched(week()[np.arange(0)], Outcomes(week()[np.arange(0)], np.array([])))

    assert done.verdict == "too few payments"
    assert done.outcomes is None


def test_without_an_outcome_nothing_is_said_of_frauds() -> None:
    done = watched(week())

    assert "no outcome is known yet, so nothing is said of frauds" in done.sentence


def test_three_times_as_many_frauds_are_an_alarm() -> None:
    sample = purchases(5_000, 4)

    done = watched(sample, outcomes_of(sample, times=3))

    assert done.outcomes is not None
    assert done.outcomes.is_off
    assert done.outcomes.is_other_share
    assert done.sentence.startswith("Alarm. Frauds: 320 observed, 100.2 expected, "), done.sentence


def test_few_frauds_are_said_to_be_too_few() -> None:
    sample = week()[np.arange(200)]

    done = watched(week(), outcomes_of(sample))

    assert done.verdict == "quiet"
    assert "too few frauds to tell whether they are as expected" in done.sentence


def test_the_interval_of_frauds_widens_with_bursts() -> None:
    sample = purchases(2_000, 5)
    is_fraud = outcomes_of(sample).is_fraud
    bursts = np.arange(2_000)
    bursts[is_fraud == 1] = bursts[is_fraud == 1] // 400

    alone = judged(Outcomes(replace(sample, accounts={}), is_fraud), None)
    in_bursts = judged(Outcomes(replace(sample, accounts={"payer": bursts}), is_fraud), None)

    assert in_bursts.ratio.low < alone.ratio.low < alone.ratio.high < in_bursts.ratio.high


def test_blocked_payments_without_an_outcome_are_neither_frauds_nor_genuine() -> None:
    sample = purchases(2_000, 6)
    is_fraud = outcomes_of(sample).is_fraud
    is_fraud[sample.decided == 2] = np.nan

    found = judged(Outcomes(sample, is_fraud), None)

    known = sample.decided < 2
    assert found.payments == known.sum()
    assert found.blocked == (~known).sum()
    assert found.expected == pytest.approx(sample.probabilities[known].sum())
    assert found.share.share * 2_000 == pytest.approx(
        is_fraud[known].sum() + sample.probabilities[~known].sum()
    )


def test_a_model_of_an_export_is_not_compared_by_decisions() -> None:
    decided = week().decided.copy()
    decided[:100] = 2
    done: Watched = watched(replace(week(), decided=decided))

    of_log = replace(reference(), decided={}, frauds=None)

    assert reference().of_log() == of_log
    assert done.reference.decided.keys() == {"review", "block"}


def test_the_result_is_plain_data() -> None:
    done = watched(purchases(1_000, 1, amounts_doubled), outcomes_of(week()))

    read = json.loads(json.dumps(done.as_dict(), allow_nan=False))

    assert read["verdict"] == "alarm"
    amount = next(each for each in read["numbers"] if each["name"] == "amount")
    assert amount["psi"] > amount["bound"]
    assert len(amount["bins"]) == len(amount["now"]) == len(amount["before"])


def test_a_reference_has_the_same_bytes_each_time_and_a_few_kilobytes() -> None:
    sample = purchases(300, 7)
    made = Reference.of(sample, SUBJECTS, "February", frauds=None)

    again = Reference.of(purchases(300, 7), SUBJECTS, "February", frauds=None)

    assert made.to_bytes() == again.to_bytes()
    assert len(made.to_bytes()) < 5_000
    assert Reference.of_bytes(made.to_bytes(), SUBJECTS).to_bytes() == made.to_bytes()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "it was trained before models had one"),
        (b"{}", "its reference cannot be read"),
        (b"\xff", "its reference cannot be read"),
    ],
)
def test_a_bundle_without_a_reference_says_so(data: bytes | None, words: str) -> None:
    with pytest.raises(NoReferenceError, match=words):
        Reference.of_bytes(data, SUBJECTS)


def test_a_reference_of_other_features_is_refused() -> None:
    with pytest.raises(NoReferenceError, match="of other features"):
        Reference.of_bytes(reference().to_bytes(), SUBJECTS[1:])
