"""The threshold reaches its goal at the best of the other metric."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from training.errors import InputError
from training.fitting.goal import Goal
from training.fitting.threshold import ThresholdNotFoundError, choose_threshold
from training.metrics.ranking import precision_recall

rows = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.sampled_from([1.0, 3.0])),
    min_size=2,
    max_size=30,
).filter(lambda rows: len({fraud for fraud, _, _ in rows}) == 2)


def arrays(rows: list[tuple[bool, float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    is_fraud, scores, weights = map(np.array, zip(*rows, strict=True))
    return is_fraud, scores, weights


@given(rows=rows)
def test_precision_and_recall_are_those_of_scikit_learn(
    rows: list[tuple[bool, float, float]],
) -> None:
    is_fraud, scores, weights = arrays(rows)

    thresholds, precision, recall = precision_recall(is_fraud, scores, weights)

    theirs = precision_recall_curve(is_fraud, scores, sample_weight=weights)
    np.testing.assert_allclose(precision[::-1], theirs[0][:-1])
    np.testing.assert_allclose(recall[::-1], theirs[1][:-1])
    np.testing.assert_allclose(thresholds[::-1], theirs[2])


@given(rows=rows, minimum=st.sampled_from([0.25, 0.75, 1.0]))
def test_no_other_threshold_with_enough_recall_is_more_precise(
    rows: list[tuple[bool, float, float]], minimum: float
) -> None:
    is_fraud, scores, weights = arrays(rows)

    chosen = choose_threshold(is_fraud, scores, weights, Goal("recall", minimum))

    thresholds, precision, recall = precision_recall(is_fraud, scores, weights)
    at_chosen = precision[thresholds == chosen][0]
    assert recall[thresholds == chosen][0] >= minimum
    assert at_chosen == precision[recall >= minimum].max()


def test_weights_count_as_that_many_transactions() -> None:
    is_fraud = np.array([True, False, True])
    scores = np.array([0.9, 0.8, 0.7])

    _, precision, _ = precision_recall(is_fraud, scores, np.array([1.0, 8.0, 1.0]))

    np.testing.assert_allclose(precision, [1, 1 / 9, 2 / 10])


def test_a_goal_out_of_reach_says_what_is_the_best() -> None:
    is_fraud, scores = np.array([True, False]), np.array([0.4, 0.6])

    with pytest.raises(ThresholdNotFoundError, match=r"precision there is 0\.500"):
        choose_threshold(is_fraud, scores, np.ones(2), Goal("precision", 0.9))


@pytest.mark.parametrize("text", ["recall", "recall:0", "recall:1.5", "f1:0.5", "recall:x", ""])
def test_a_goal_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"write cost, or recall:0\.75"):
        Goal.parse(text)


def test_a_goal_reads_as_it_is_written() -> None:
    assert str(Goal.parse("recall:0.75")) == "recall:0.75"


def test_the_goal_of_least_cost_is_written_as_one_word() -> None:
    assert str(Goal.parse("cost")) == "cost"
