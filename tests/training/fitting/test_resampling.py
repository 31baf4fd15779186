"""Each resampling does what its name says and adds only possible payments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.features.feature import Feature, Input, Measure
from tests.transactions import PAYSIM, PLANS, TYPES
from training.data.encoder import Encoder, LeakyEncoder, PlanEncoder
from training.data.matrix import level_columns, repaired
from training.fitting.pipeline import build_pipeline
from training.fitting.resampling import (
    balanced_weights,
    frauds_wanted,
    restored_weights,
    with_codes,
    with_levels,
)
from training.option_values import RESAMPLING

PLAN = PLANS["decision-time"]
NAMES = [each.name for each in PLAN.inputs]
LEAKY = LeakyEncoder(
    schema=PAYSIM,
    inputs=tuple(Input(f"column_{n}", Measure.NUMBER) for n in range(11)),
    features=tuple(Feature(f"column_{n}", Measure.NUMBER) for n in range(11)),
)


def payments(rows: int, seed: int = 0) -> np.ndarray:
    """Rows of facts: one type each, an amount, a payee's kind, an hour and a balance."""
    random = np.random.default_rng(seed)
    types = np.eye(len(TYPES))[random.integers(0, len(TYPES), rows)]
    others = [random.lognormal(8, 1, rows), random.random(rows) < 0.3, random.integers(0, 24, rows)]
    return np.column_stack([types, *others, random.lognormal(9, 1, rows)])


@given(
    weights=st.lists(st.sampled_from([0.5, 1.0, 170.0]), min_size=4, max_size=20),
    extra=st.integers(0, 30),
)
def test_resampled_frauds_keep_the_total_weight_of_the_real_ones(
    weights: list[float], extra: int
) -> None:
    real = np.array(weights)
    is_fraud = np.concatenate([np.arange(len(real)) % 3 == 0, np.ones(extra, dtype=bool)])

    restored = restored_weights(is_fraud, real)

    real_share = real[is_fraud[: len(real)]].sum() / real.sum()
    assert restored[is_fraud].sum() / restored.sum() == pytest.approx(real_share)
    assert restored.mean() == pytest.approx(1)


@given(st.lists(st.sampled_from([0.5, 1.0, 170.0]), min_size=4, max_size=20))
def test_class_weights_give_both_classes_the_same_total(weights: list[float]) -> None:
    is_fraud = np.arange(len(weights)) % 3 == 0

    balanced = balanced_weights(is_fraud, np.array(weights))

    assert balanced[is_fraud].sum() == pytest.approx(balanced[~is_fraud].sum())
    np.testing.assert_array_equal(balanced[~is_fraud], np.array(weights)[~is_fraud])


@pytest.mark.parametrize(("ratio", "wanted"), [(0.5, 45), (0.01, 10), (1.0, 90)])
def test_frauds_grow_to_the_ratio_and_never_shrink(ratio: float, wanted: int) -> None:
    is_fraud = np.arange(100) < 10

    assert frauds_wanted(is_fraud, ratio) == {1: wanted}


def test_type_codes_can_be_turned_back_into_columns() -> None:
    matrix = payments(200)

    categories = list(level_columns(PLAN.inputs).values())

    again = with_levels(with_codes(matrix, categories), categories)

    np.testing.assert_array_equal(again, matrix)


def test_codes_of_several_categories_stand_first_and_none_has_a_code_of_its_own() -> None:
    matrix = np.array([[0, 1, 7.5, 1, 0, 0], [0, 0, 8.5, 0, 0, 0], [1, 0, 9.5, 0, 0, 1.0]])
    categories = [[0, 1], [3, 4, 5]]

    codes = with_codes(matrix, categories)

    assert codes.tolist() == [[1, 0, 7.5], [2, 3, 8.5], [0, 2, 9.5]]
    np.testing.assert_array_equal(with_levels(codes, categories), matrix)


def test_smotenc_copies_type_hour_and_payee_from_neighbours() -> None:
    matrix, is_fraud = payments(600), np.arange(600) < 40
    matrix[is_fraud, NAMES.index("hour")] = np.arange(40) % 2 * 20  # midnight or eight
    pipeline = build_pipeline(
        PlanEncoder(PLAN), resampling="smotenc", smote_ratio=1.0, n_frauds=40, seed=0
    )

    rows, labels = matrix, is_fraud.astype(int)
    for name, step in pipeline.steps[:3]:
        if name == "smotenc":
            rows, labels = step.fit_resample(rows, labels)
        else:
            rows = step.fit_transform(rows)

    valid = repaired(rows, PLAN.inputs)[600:]
    assert labels[600:].all()
    assert set(valid[:, NAMES.index("hour")]) == {0, 20}
    types = rows[600:, [NAMES.index(f"type_{kind}") for kind in TYPES]]
    assert (types.sum(axis=1) == 1).all()


@pytest.mark.parametrize("resampling", RESAMPLING)
@pytest.mark.parametrize(
    "encoder",
    [PlanEncoder(PLANS["decision-time"]), PlanEncoder(PLANS["strict"]), LEAKY],
    ids=["decision-time", "strict", "leaky-baseline"],
)
def test_every_resampling_fits_every_feature_set(resampling: str, encoder: Encoder) -> None:
    width = len(encoder.inputs)
    matrix, is_fraud = payments(300)[:, :width], np.arange(300) < 30
    matrix = np.column_stack([matrix, *[matrix[:, 5]] * (width - matrix.shape[1])])
    pipeline = build_pipeline(encoder, resampling=resampling, smote_ratio=0.5, n_frauds=30, seed=0)

    pipeline.fit(matrix, is_fraud.astype(int), classify__row_weights=np.ones(300))

    invented = pipeline["classify"].n_fitted_ - 300
    assert invented == (105 if resampling.startswith("smote") else 0)


def test_a_single_fraud_is_not_resampled() -> None:
    pipeline = build_pipeline(LEAKY, resampling="smote", smote_ratio=0.5, n_frauds=1, seed=0)

    assert [name for name, _ in pipeline.steps] == ["derive", "classify"]
