"""Random search draws settings by seed and selects them on later rows."""

from typing import Any

import numpy as np
import pytest

from tests.paysim_files import rows_of
from tests.training.transfers import transfers
from tests.transactions import PLANS
from training.data.encoder import PlanEncoder
from training.data.rows import Rows
from training.errors import InputError
from training.fitting.random_search import DISTRIBUTIONS, Candidate, random_search
from training.fitting.settings import Settings
from training.fitting.smote_ratio import time_folds

ROWS = 720
ENCODER = PlanEncoder(PLANS["strict"])


def data(fraud_every: int = 20) -> Rows:
    """Twelve transfers in each of 60 hours, of which the larger ones are fraud more often."""
    random = np.random.default_rng(0)
    is_fraud = np.arange(ROWS) % fraud_every == 0
    amount = random.lognormal(6, 1, ROWS) * np.where(is_fraud, 3, 1)
    return transfers(is_fraud, step=np.arange(ROWS) // 12 + 1, amount=amount)


def tuned(given: Rows, *, trials: int = 3, seed: int = 0, workers: int = 1) -> Any:
    said: list[str] = []
    found = random_search(
        given,
        "strict",
        Settings(seed=seed),
        trials=trials,
        progress=said.append,
        workers=workers,
    )
    return *found, said


@pytest.fixture(scope="module")
def three() -> Any:
    return tuned(data())


def test_the_best_trial_is_chosen(three: Any) -> None:
    settings, trials, _ = three

    assert {**settings.booster, "smote_ratio": settings.smote_ratio} == trials[0]["settings"]
    assert trials[0]["average_precision"] == max(each["average_precision"] for each in trials)


def test_every_trial_is_reported_with_its_folds(three: Any) -> None:
    _, trials, said = three

    assert len(trials) == 3
    for each in trials:
        assert each["settings"].keys() == DISTRIBUTIONS.keys()
        assert each["average_precision"] == pytest.approx(np.mean(each["folds"]))
    assert said == [f"trying settings {n} to {n} of 3" for n in (1, 2, 3)]


@pytest.mark.soak
def test_more_workers_find_the_same_settings(three: Any) -> None:
    settings, trials, said = tuned(data(), workers=2)

    assert (settings, trials) == three[:2]
    assert said == ["trying settings 1 to 2 of 3", "trying settings 3 to 3 of 3"]


def test_another_seed_draws_other_settings(three: Any) -> None:
    assert tuned(data(), trials=1, seed=1)[1][0] not in three[1]


def test_every_fold_is_evaluated_on_later_rows_than_it_is_fitted_on() -> None:
    given = data()

    for fit, judge in time_folds(given):
        assert given.steps[fit].max() < given.steps[judge].min()


def test_a_rows_weight_counts_in_fit_and_score() -> None:
    given = data()
    rows = np.column_stack([ENCODER.matrix(given), np.ones(ROWS)])
    twice = np.arange(ROWS) % 2 == 0
    heavy = np.column_stack([ENCODER.matrix(given), np.where(twice, 2.0, 1.0)])
    repeated = np.concatenate([rows, rows[twice]])
    labels = np.concatenate([given.is_fraud, given.is_fraud[twice]])
    candidate = Candidate(ENCODER, resampling="none").fit(rows, given.is_fraud)

    assert candidate.score(heavy, given.is_fraud) == pytest.approx(
        candidate.score(repeated, labels)
    )


def test_frauds_too_close_for_time_folds_are_refused() -> None:
    given = data(fraud_every=100)
    together = given.frame.assign(isFraud=(given.frame["step"] == 5).astype(np.int8))

    with pytest.raises(InputError, match="too few frauds for time folds"):
        tuned(rows_of(together))
