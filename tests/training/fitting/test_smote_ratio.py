"""The SMOTE ratio is the one with the best average precision on later rows."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.paysim_files import rows_of
from tests.training.transfers import transfers
from training.data.rows import Rows
from training.fitting.figures import RatioTrial
from training.fitting.pipeline import BOOSTER
from training.fitting.settings import Settings
from training.fitting.smote_ratio import choose_smote_ratio


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BOOSTER, "n_estimators", 20)
        patch.setitem(BOOSTER, "n_jobs", 1)
        yield


def data(*, separable: bool, fraud_every: int = 40, seed: int = 0) -> Rows:
    """Twelve transfers in each of 60 hours; frauds are larger, clearly so if `separable`."""
    random = np.random.default_rng(seed)
    rows = 720
    is_fraud = np.arange(rows) % fraud_every == 0
    amount = random.lognormal(6, 1, rows)
    amount[is_fraud] *= 1e6 if separable else 3
    return transfers(is_fraud, step=np.arange(rows) // 12 + 1, amount=amount)


def with_frauds(given: Rows, is_fraud: np.ndarray) -> Rows:
    return rows_of(given.frame.assign(isFraud=is_fraud.astype(np.int8)))


def choose(given: Rows) -> tuple[float, list[RatioTrial]]:
    return choose_smote_ratio(given, "strict", Settings(), lambda _: None)


@pytest.fixture(scope="module")
def hard() -> Rows:
    return data(separable=False)


@pytest.fixture(scope="module")
def chosen(hard: Rows) -> tuple[float, list[RatioTrial]]:
    return choose(hard)


def test_the_last_rows_affect_the_ratio(hard: Rows, chosen: tuple[float, list[RatioTrial]]) -> None:
    small = hard.frame["amount"].mask(hard.steps > 54, 1.0)

    assert choose(rows_of(hard.frame.assign(amount=small)))[1] != chosen[1]


def test_the_ratio_with_the_best_average_precision_is_chosen(
    chosen: tuple[float, list[RatioTrial]],
) -> None:
    ratio, trials = chosen
    reached = {trial["smote_ratio"]: trial["average_precision"] for trial in trials}

    assert len(set(reached.values())) > 1
    assert reached[ratio] == max(reached.values())


def test_the_smallest_of_equally_good_ratios_is_chosen() -> None:
    ratio, trials = choose(data(separable=True))

    assert {trial["average_precision"] for trial in trials} == {1.0}
    assert ratio == min(trial["smote_ratio"] for trial in trials)


def test_ratios_that_would_add_no_fraud_are_not_tried(
    chosen: tuple[float, list[RatioTrial]],
) -> None:
    assert [trial["smote_ratio"] for trial in chosen[1]] == [0.1, 0.5, 1.0]


def test_only_one_ratio_is_tried_on_balanced_classes() -> None:
    ratio, trials = choose(data(separable=True, fraud_every=2))

    assert ratio == 0.01
    assert len(trials) == 1


def test_each_trial_is_announced() -> None:
    said: list[str] = []

    choose_smote_ratio(data(separable=True), "strict", Settings(), said.append)

    assert said == [f"trying SMOTE to a ratio of {ratio}" for ratio in ("0.1", "0.5", "1")]


def test_folds_without_a_genuine_row_are_not_tried() -> None:
    given = data(separable=True)
    first_half = with_frauds(given, given.steps <= 30)

    assert choose(first_half) == (Settings().smote_ratio, [])
