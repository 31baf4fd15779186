"""Rows stay whole: selecting some of them selects every column."""

import numpy as np
import pytest

from tests.training.transfers import transfers
from tests.transactions import PLANS
from training.data.encoder import PlanEncoder
from training.data.rows import Rows, ScoredRows
from training.data.split_rows import SplitRows
from training.data.time_split import Window

HOURS = 100


@pytest.fixture
def rows() -> Rows:
    """One transfer an hour, every fifth a fraud, with an amount and a weight of its own."""
    hour = np.arange(1, HOURS + 1)
    return transfers(hour % 5 == 0, step=hour, amount=10.0 * hour, weight=1.0 + hour)


def test_a_window_holds_the_same_rows_in_every_column(rows: Rows) -> None:
    inside = rows.within(Window(11, 20))

    assert len(inside) == 10
    np.testing.assert_array_equal(inside.steps, np.arange(11, 21))
    np.testing.assert_array_equal(inside.amounts, 10.0 * inside.steps)
    np.testing.assert_array_equal(inside.weights, 1.0 + inside.steps)
    np.testing.assert_array_equal(inside.is_fraud, inside.steps % 5 == 0)
    np.testing.assert_array_equal(inside.facts.hour, inside.steps % 24)
    np.testing.assert_array_equal(inside.frame["step"], inside.steps)


@pytest.mark.parametrize("feature_set", ["decision-time", "strict"])
def test_the_features_of_a_window_are_those_of_all_rows_bit_for_bit(
    rows: Rows, feature_set: str
) -> None:
    window = Window(30, 60)

    encoder = PlanEncoder(PLANS[feature_set])

    features = encoder.encoded(rows.within(window))

    assert features.tobytes() == encoder.encoded(rows)[window.holds(rows.steps)].tobytes()


def test_rows_are_selected_by_their_place_too(rows: Rows) -> None:
    assert rows[np.array([9, 2])].steps.tolist() == [10, 3]


def test_rows_of_one_class_only_say_so(rows: Rows) -> None:
    assert rows.has_both_classes
    assert not rows[rows.is_fraud].has_both_classes
    assert not rows[~rows.is_fraud].has_both_classes


def test_scored_rows_give_metrics_their_labels_and_weights(rows: Rows) -> None:
    probabilities = np.linspace(0.01, 0.99, HOURS)

    predicted = ScoredRows(rows, np.log(probabilities), probabilities).predicted

    assert predicted.scores is probabilities
    assert predicted.is_fraud is rows.is_fraud
    assert predicted.weights is rows.weights


def test_the_short_windows_of_a_split_are_selected_once(rows: Rows) -> None:
    split = SplitRows.by_time(rows)

    for name in ("threshold", "test"):
        assert getattr(split, name) is getattr(split, name)


def test_a_window_of_a_split_holds_all_rows_of_its_steps(rows: Rows) -> None:
    split = SplitRows.by_time(rows)

    for name in ("fit", "threshold", "test"):
        window = getattr(split.split, name)
        assert getattr(split, name).steps.tolist() == list(range(window.start, window.end + 1))


def test_the_rows_of_a_training_are_those_of_its_windows(rows: Rows) -> None:
    split = SplitRows.by_time(rows)

    windows = (split.fit, split.threshold)
    assert split.trained.steps.tolist() == [step for part in windows for step in part.steps]


def test_a_split_by_hours_has_no_rows_to_calibrate_on(rows: Rows) -> None:
    assert SplitRows.by_time(rows).calibrate is None


def test_the_windows_of_a_refit_end_at_the_last_row(rows: Rows) -> None:
    longer = SplitRows.by_time(rows).until_the_end()

    assert longer.threshold.steps.max() == HOURS
    assert len(longer.trained) == len(rows)
    assert not len(longer.test)
