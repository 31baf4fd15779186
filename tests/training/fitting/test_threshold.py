"""The threshold reaches its goal and maximises the other metric."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import InputError
from training.fitting.goal import Goal
from training.fitting.threshold import ThresholdNotFoundError, choose_threshold
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import precision_recall

rows = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.sampled_from([1.0, 3.0])),
    min_size=2,
    max_size=30,
).filter(lambda rows: len({fraud for fraud, _, _ in rows}) == 2)


def predicted(rows: list[tuple[bool, float, float]]) -> LabelledScores:
    return LabelledScores(*map(np.array, zip(*rows, strict=True)))


@given(rows=rows)
def test_every_distinct_score_is_a_threshold_with_its_precision_and_recall(
    rows: list[tuple[bool, float, float]],
) -> None:
    scored = predicted(rows)

    thresholds, precision, recall = precision_recall(scored)

    assert thresholds.tolist() == sorted(set(scored.scores), reverse=True)
    weights = scored.weights * scored.is_fraud
    for threshold, share, caught in zip(thresholds, precision, recall, strict=True):
        flagged = scored.scores >= threshold
        assert share == pytest.approx(weights[flagged].sum() / scored.weights[flagged].sum())
        assert caught == pytest.approx(weights[flagged].sum() / weights.sum())


@given(rows=rows, minimum=st.sampled_from([0.25, 0.75, 1.0]))
def test_no_other_threshold_with_enough_recall_is_more_precise(
    rows: list[tuple[bool, float, float]], minimum: float
) -> None:
    scored = predicted(rows)

    chosen = choose_threshold(scored, Goal("recall", minimum))

    thresholds, precision, recall = precision_recall(scored)
    at_chosen = precision[thresholds == chosen][0]
    assert recall[thresholds == chosen][0] >= minimum
    assert at_chosen == precision[recall >= minimum].max()


def test_weights_count_as_that_many_transactions() -> None:
    scored = predicted([(True, 0.9, 1.0), (False, 0.8, 8.0), (True, 0.7, 1.0)])

    _, precision, _ = precision_recall(scored)

    np.testing.assert_allclose(precision, [1, 1 / 9, 2 / 10])


def test_a_goal_out_of_reach_is_refused_with_the_best_value() -> None:
    scored = predicted([(True, 0.4, 1.0), (False, 0.6, 1.0)])

    with pytest.raises(ThresholdNotFoundError, match=r"precision there is 0\.500"):
        choose_threshold(scored, Goal("precision", 0.9))


@pytest.mark.parametrize("text", ["recall", "recall:0", "recall:1.5", "f1:0.5", "recall:x", ""])
def test_a_malformed_goal_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"write cost, or recall:0\.75"):
        Goal.parse(text)


def test_a_goal_prints_as_it_is_written() -> None:
    assert str(Goal.parse("recall:0.75")) == "recall:0.75"


def test_the_goal_of_least_cost_is_written_as_one_word() -> None:
    assert str(Goal.parse("cost")) == "cost"
