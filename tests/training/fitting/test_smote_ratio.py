"""The amount of SMOTE is chosen by what the fit window says, and by nothing after it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from training.data.rows import Data
from training.data.time_split import Split, Window
from training.fitting.pipeline import BOOSTER
from training.fitting.settings import Settings
from training.fitting.smote_ratio import choose_smote_ratio

FIT = Window(1, 60)
SPLIT = Split(
    by="hours",
    fit=FIT,
    calibrate=None,
    threshold=Window(61, 80),
    gap_hours=0,
    test=Window(81, 100),
)


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BOOSTER, "n_estimators", 20)
        patch.setitem(BOOSTER, "n_jobs", 1)
        yield


def data(*, separable: bool, fraud_every: int = 40, seed: int = 0) -> Data:
    """Twelve transfers in each of 100 hours; frauds are larger, clearly so if `separable`."""
    random = np.random.default_rng(seed)
    rows = 1_200
    is_fraud = np.arange(rows) % fraud_every == 0
    amount = random.lognormal(6, 1, rows)
    amount[is_fraud] *= 1e6 if separable else 3
    return Data.of(
        pd.DataFrame(
            {
                "step": np.arange(rows) // 12 + 1,
                "type": pd.Categorical(["TRANSFER"] * rows),
                "amount": amount,
                "nameOrig": "C1",
                "oldbalanceOrg": 1e9,
                "nameDest": "C2",
                "isFraud": is_fraud.astype(np.int8),
            }
        )
    )


def with_frauds(given: Data, is_fraud: np.ndarray) -> Data:
    return Data.of(given.frame.assign(isFraud=is_fraud.astype(np.int8)))


def choose(given: Data) -> tuple[float, list[dict[str, float]]]:
    return choose_smote_ratio(given, SPLIT, "strict", Settings(), lambda _: None)


@pytest.fixture(scope="module")
def hard() -> Data:
    return data(separable=False)


@pytest.fixture(scope="module")
def chosen(hard: Data) -> tuple[float, list[dict[str, float]]]:
    return choose(hard)


def test_rows_after_the_fit_window_do_not_affect_the_ratio(
    hard: Data, chosen: tuple[float, list[dict[str, float]]]
) -> None:
    later = ~FIT.holds(hard.steps)

    assert choose(with_frauds(hard, hard.is_fraud ^ later)) == chosen


def test_rows_at_the_end_of_the_fit_window_affect_the_ratio(
    hard: Data, chosen: tuple[float, list[dict[str, float]]]
) -> None:
    small = hard.frame["amount"].mask(Window(55, 60).holds(hard.steps), 1.0)

    assert choose(Data.of(hard.frame.assign(amount=small)))[1] != chosen[1]


def test_the_ratio_with_the_best_average_precision_is_chosen(
    chosen: tuple[float, list[dict[str, float]]],
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
    chosen: tuple[float, list[dict[str, float]]],
) -> None:
    assert [trial["smote_ratio"] for trial in chosen[1]] == [0.1, 0.5, 1.0]


def test_only_one_ratio_is_tried_on_balanced_classes() -> None:
    ratio, trials = choose(data(separable=True, fraud_every=2))

    assert ratio == 0.01
    assert len(trials) == 1


def test_each_trial_is_announced() -> None:
    said: list[str] = []

    choose_smote_ratio(data(separable=True), SPLIT, "strict", Settings(), said.append)

    assert said == [f"trying SMOTE to a ratio of {ratio}" for ratio in ("0.1", "0.5", "1")]


def test_folds_without_a_genuine_row_are_not_tried() -> None:
    given = data(separable=True)
    first_half = with_frauds(given, given.steps <= 30)

    assert choose(first_half) == (Settings().smote_ratio, [])
