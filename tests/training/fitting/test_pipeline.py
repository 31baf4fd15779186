"""SMOTE adds plausible frauds and keeps probabilities calibrated."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE

from fraud_api_lambda.domain.payment import Facts
from tests.transactions import PLANS, TYPES
from training.data.encoder import PlanEncoder
from training.data.matrix import derive, input_matrix
from training.fitting.pipeline import booster_of, build_pipeline
from training.schemas.built_in import built_in

ROWS = 3_000
PLAN = PLANS["decision-time"]
ENCODERS = {name: PlanEncoder(plan) for name, plan in PLANS.items()}


@pytest.fixture(scope="module")
def sample() -> tuple[Facts, np.ndarray]:
    """Payments; a few that empty the account at night are fraud."""
    random = np.random.default_rng(0)
    balance = random.lognormal(8, 1, ROWS).round(2)
    empties = random.random(ROWS) < 0.2
    amount = np.where(empties, balance, (balance * random.random(ROWS)).round(2))
    hour = random.integers(0, 24, ROWS)
    types = pd.Categorical.from_codes(random.integers(0, 5, ROWS), categories=pd.Index(TYPES))
    facts = Facts(amount, hour, balance, (types, random.random(ROWS) < 0.3))
    is_fraud = empties & (hour < 6) & (types != "CASH_IN")
    return facts, is_fraud & (random.random(ROWS) < 0.7)


def invented(sample: tuple[Facts, np.ndarray]) -> np.ndarray:
    facts, is_fraud = sample
    matrix = input_matrix(facts, PLAN)
    resampled, _ = SMOTE(random_state=0).fit_resample(matrix, is_fraud)
    return derive(resampled[ROWS:], PLAN)


def test_smote_keeps_the_real_rows_first(sample: tuple[Facts, np.ndarray]) -> None:
    facts, is_fraud = sample
    matrix = input_matrix(facts, PLAN)

    resampled, labels = SMOTE(random_state=0).fit_resample(matrix, is_fraud)

    np.testing.assert_array_equal(resampled[:ROWS], matrix)
    assert labels[ROWS:].all()


def test_a_synthetic_fraud_has_one_type_and_a_whole_hour(
    sample: tuple[Facts, np.ndarray],
) -> None:
    names = PLAN.names
    rows = invented(sample)

    types = rows[:, [names.index(f"type_{kind}") for kind in TYPES]]
    hours = rows[:, names.index("hour")]
    assert (types.sum(axis=1) == 1).all()
    assert np.isin(types, [0, 1]).all()
    np.testing.assert_array_equal(hours, np.rint(hours))


def test_a_synthetic_fraud_is_consistent(
    sample: tuple[Facts, np.ndarray],
) -> None:
    names = PLAN.names
    rows = invented(sample).astype(np.float64)
    amount, balance, share = (
        rows[:, names.index(name)] for name in ("amount", "balance", "share_leaving")
    )

    np.testing.assert_allclose(share, amount / balance, rtol=1e-6)
    emptied = rows[:, names.index("emptied")] == 1
    assert emptied.all()


def test_smote_sees_facts_only() -> None:
    assert [each.name for each in PLAN.inputs] == [
        *(f"type_{kind}" for kind in TYPES),
        "amount",
        "payee_is_merchant",
        "hour",
        "balance",
    ]


def test_smote_does_not_overstate_probabilities(sample: tuple[Facts, np.ndarray]) -> None:
    facts, is_fraud = sample
    matrix = input_matrix(facts, PLAN)
    pipeline = build_pipeline(
        ENCODERS["decision-time"],
        resampling="smote",
        smote_ratio=1.0,
        n_frauds=int(is_fraud.sum()),
        seed=0,
    )

    pipeline.fit(matrix, is_fraud.astype(int), classify__row_weights=np.ones(ROWS))

    predicted = pipeline.predict_proba(matrix)[:, 1]
    assert predicted.mean() == pytest.approx(is_fraud.mean(), rel=0.15)


def test_prediction_never_resamples(sample: tuple[Facts, np.ndarray]) -> None:
    facts, is_fraud = sample
    matrix = input_matrix(facts, PLANS["strict"])
    pipeline = build_pipeline(
        ENCODERS["strict"],
        resampling="smote",
        smote_ratio=0.5,
        n_frauds=int(is_fraud.sum()),
        seed=0,
    )

    pipeline.fit(matrix, is_fraud.astype(int), classify__row_weights=np.ones(ROWS))

    assert len(pipeline.predict_proba(matrix)) == ROWS
    assert [name for name, _ in pipeline.steps] == ["smote", "derive", "classify"]


@pytest.mark.parametrize("name", ["paysim", "cards"])
def test_only_a_model_with_histories_stops_early_and_starts_at_a_half(name: str) -> None:
    schema = built_in(name)
    without, with_them = (booster_of(schema, has_histories=has) for has in (False, True))

    assert with_them == without | {"n_estimators": 150, "base_score": 0.5}
    assert (without["n_estimators"], without.get("base_score")) == (300, None)
