"""The reference that a model gets in training: its rows, its scores, its place in the bundle."""

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.domain.elementwise import SINGLE
from training.bundling.bundle_content import plan_of
from training.data.elementwise import COLUMNS
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.data.time_split import Split, Window
from training.fitting.boosting import Boosted
from training.fitting.fitted_model import FittedModel, fit_model
from training.fitting.settings import Settings
from training.histories.columns import with_histories
from training.reading.dataset import Dataset
from training.schemas.built_in import built_in
from training.simulator.cards.simulate import simulate
from training.watch import of_rows
from training.watch.measured import Measuring
from training.watch.of_rows import accounts_in, latest_unfitted, reference_of, sample_of
from training.watch.reference import Reference
from training.watch.sample import SCORE

DAYS: Final = 30
ROWS: Final = 4_000


@pytest.fixture(scope="module")
def rows() -> Rows:
    return with_histories(Rows.of(Dataset.of(simulate(ROWS, 1, days=DAYS), built_in("cards"))))


@pytest.fixture(scope="module")
def split(rows: Rows) -> SplitRows:
    first = int(rows.steps.min()) // 24 * 24
    ends = [first + 24 * day - 1 for day in (14, 18, 22, 23, DAYS)]
    starts = [first, *(end + 1 for end in ends)]
    fit, calibrate, threshold, _, test = map(Window, starts, ends)
    return SplitRows(
        rows,
        Split(
            by="days", fit=fit, calibrate=calibrate, threshold=threshold, gap_hours=24, test=test
        ),
    )


@pytest.fixture(scope="module")
def fitted(split: SplitRows) -> FittedModel:
    settings = Settings(booster={"n_estimators": 5}, resampling="none")
    return fit_model(split, "history", settings, for_comparison=True)


def test_it_is_of_the_latest_whole_weeks_that_the_booster_was_not_fitted_on(
    split: SplitRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = int(split.all.steps.max())

    assert latest_unfitted(split) == Window(last + 1 - 2 * 168, last)

    monkeypatch.setattr(of_rows, "ENOUGH", 100)
    assert latest_unfitted(split) == Window(last + 1 - 168, last)


def test_without_a_whole_week_it_is_of_all_rows_after_the_fit(split: SplitRows) -> None:
    last = int(split.all.steps.max())
    late = replace(split.split, fit=Window(split.split.fit.start, last - 100))

    assert latest_unfitted(SplitRows(split.all, late)) == Window(last - 99, last)


def test_its_scores_are_the_calibrated_ones_of_the_model(
    split: SplitRows, fitted: FittedModel
) -> None:
    plan = plan_of(fitted)
    made = reference_of(split, fitted, plan, has_all=True)

    scored = fitted.score(split.all.within(latest_unfitted(split)))
    log_odds = np.log(scored.probabilities) - np.log1p(-scored.probabilities)
    score = made.histograms[SCORE]
    counts = np.bincount(score.bins.numbers(log_odds), minlength=score.bins.size)
    assert score.counts == tuple(counts)
    assert made.rows == len(scored.rows)
    assert made.frauds is not None
    assert made.frauds.share == pytest.approx(split.trained.is_fraud.mean())


def test_it_comes_back_from_its_bytes_with_every_feature(
    split: SplitRows, fitted: FittedModel
) -> None:
    plan = plan_of(fitted)
    subjects = Measuring(plan).subjects
    data = reference_of(split, fitted, plan, has_all=True).to_bytes()

    read = Reference.of_bytes(data, subjects)

    assert read.to_bytes() == data
    assert len(data) < 8_000
    one_hot = {feature.attribute for feature in plan.features if feature.measure == "level"}
    assert one_hot < {each.name for each in subjects}


def test_of_an_export_it_has_neither_decisions_nor_frauds(
    split: SplitRows, fitted: FittedModel
) -> None:
    made = reference_of(split, fitted, plan_of(fitted), has_all=False)

    assert (made.decided, made.frauds) == ({}, None)


def test_one_payment_and_columns_of_them_give_the_same_numbers(
    split: SplitRows, fitted: FittedModel
) -> None:
    plan, rows = plan_of(fitted), split.all[np.arange(40)]
    measuring = Measuring(plan)
    columns = [np.asarray(each, float) for each in measuring.values(rows.facts, COLUMNS)]
    for index in range(len(rows)):
        single = rows[np.array([index])].facts
        facts = single._replace(
            amount=float(single.amount[0]),
            hour=int(single.hour[0]),
            attributes=tuple(_single(each) for each in single.attributes),
            histories=tuple(tuple(part[0] for part in each) for each in single.histories),
        )
        found = [float(each) for each in measuring.values(facts, SINGLE)]
        np.testing.assert_array_equal(found, [column[index] for column in columns])


def _single(column: object) -> object:
    if isinstance(column, tuple):
        return tuple(_single(part) for part in column)
    (value,) = np.asarray(column)
    return None if pd.isna(value) else value


def test_a_payment_without_an_account_is_alone(rows: Rows) -> None:
    frame = rows.dataset.frame.copy()
    frame.loc[frame.index[:3], "device_id"] = None

    numbers = accounts_in(replace(rows, dataset=replace(rows.dataset, frame=frame)))["device"]

    assert len(set(numbers[:3])) == 3
    assert not set(numbers[:3]) & set(numbers[3:])


def test_a_sample_of_rows_has_the_answers_and_the_accounts(
    split: SplitRows, fitted: FittedModel
) -> None:
    scored = fitted.score(split.all[np.arange(50)])

    sample = sample_of(scored, np.zeros(50, dtype=int), plan_of(fitted))

    assert isinstance(fitted.boosted, Boosted)
    assert sample.accounts.keys() == {"payer", "payee", "device"}
    assert sample.unseen.keys() == {"category", "channel", "country"}
    np.testing.assert_array_equal(sample.probabilities, scored.probabilities)
