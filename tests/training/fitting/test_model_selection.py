"""SMOTE is always fitted and the default; another resampling is published only on request."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import training.fitting.model_selection
from fraud_api_lambda.domain.schema import Roles, Schema, Time, Unit
from tests.paysim_files import frame_of, rows_of
from tests.transactions import PAYSIM
from training.data.encoder import encoder_of
from training.data.split_rows import SplitRows
from training.errors import CheckFailedError
from training.files.writing import write_transactions
from training.fitting.fitted_model import FittedModel
from training.fitting.goal import Goal
from training.fitting.model_selection import ModelSelection, distinct_sets, select_model
from training.fitting.settings import Settings
from training.option_values import RESAMPLING
from training.reporting.run_metrics import not_compared
from training.schemas.built_in import built_in
from training.simulator.simulate import simulate

FEW_TREES = {"n_estimators": 40}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> SplitRows:
    path = tmp_path_factory.mktemp("data") / "data.parquet"
    write_transactions(simulate(30_000, seed=4, days=10), path)
    return SplitRows.by_time(rows_of(frame_of(path)), test_days=2)


def held(data: SplitRows, *, compare: bool = True, **settings: Any) -> ModelSelection:
    return select_model(
        data,
        "strict",
        Settings(booster=FEW_TREES, **settings),
        compare=compare,
        progress=lambda _: None,
    )


@pytest.fixture(scope="module")
def default(data: SplitRows) -> ModelSelection:
    return held(data)


@pytest.mark.parametrize(
    ("name", "chosen", "sets"),
    [
        ("paysim", "decision-time", ["decision-time", "strict+hour", "strict"]),
        ("paysim", "strict", ["strict", "decision-time", "strict+hour"]),
        ("cards", "decision-time", ["decision-time", "strict"]),
        ("cards", "strict+hour", ["strict+hour", "strict"]),
        ("cards", "leaky-baseline", ["decision-time", "strict"]),
    ],
)
def test_a_feature_set_with_the_features_of_another_is_not_fitted(
    name: str, chosen: str, sets: list[str]
) -> None:
    assert distinct_sets(built_in(name), chosen) == sets


def test_every_resampling_is_compared_with_smote(default: ModelSelection) -> None:
    assert tuple(default.by_resampling) == RESAMPLING
    assert [each["resampling"] for each in default.comparisons] == list(RESAMPLING[1:])


def test_smote_is_published_by_default(default: ModelSelection) -> None:
    assert default.chosen is default.by_resampling["smote"]
    assert default.chosen.boosted.n_synthetic > 0


def test_all_feature_sets_use_the_chosen_resampling(default: ModelSelection) -> None:
    assert next(iter(default.by_feature_set)) == "strict"
    assert {arm.resampling for arm in default.by_feature_set.values()} == {"smote"}


def test_a_requested_resampling_is_published_regardless_of_the_others(data: SplitRows) -> None:
    selection = held(data, resampling="none", compare=False)

    assert selection.chosen.resampling == "none"
    assert selection.comparisons == []


def test_skipped_comparisons_are_named(data: SplitRows, default: ModelSelection) -> None:
    alone = held(data, compare=False)
    only_sets = replace(default, by_resampling=alone.by_resampling, comparisons=[])
    only_arms = replace(alone, by_resampling=default.by_resampling)

    assert not_compared(default, PAYSIM) == []
    for selection, words in (
        (alone, "other resampling methods and other feature sets"),
        (only_sets, "other resampling methods"),
        (only_arms, "other feature sets"),
    ):
        (finding,) = not_compared(selection, PAYSIM)
        assert finding["code"] == "not-compared"
        assert finding["text"].startswith(f"{words}. One of them")


def test_methods_that_miss_the_goal_are_not_called_skipped(default: ModelSelection) -> None:
    assert not_compared(replace(default, comparisons=[]), PAYSIM) == []


def test_a_schema_with_one_feature_set_has_no_other_to_compare(default: ModelSelection) -> None:
    daily = Schema("own", Roles(Time("day", Unit.DAY), "amount", "fraud"))
    one_set = {"strict": default.chosen}

    assert not_compared(replace(default, by_feature_set=one_set), daily) == []


@pytest.mark.parametrize("better", [None, "weights"])
def test_auto_publishes_a_better_resampling_and_else_smote(
    data: SplitRows, monkeypatch: pytest.MonkeyPatch, better: str | None
) -> None:
    # On small data chance decides which is better, so the test dictates it.
    def dictated(arms: dict[str, FittedModel], *_: object, **__: object) -> list[dict[str, Any]]:
        return [
            {"resampling": name, "better": name == better, "log_loss_saved": 0.1} for name in arms
        ]

    monkeypatch.setattr(training.fitting.model_selection, "comparisons_in", dictated)

    selection = held(data, resampling="auto", compare=False)

    assert selection.chosen.resampling == (better or "smote")


def test_a_goal_out_of_reach_of_the_requested_resampling_is_refused(data: SplitRows) -> None:
    with pytest.raises(CheckFailedError, match="choose a lower goal"):
        held(data, compare=False, goal=Goal("precision", 1.0), resampling="weights")


def test_the_leaky_feature_set_is_fitted_once_for_comparison(data: SplitRows) -> None:
    selection = select_model(
        data, "leaky-baseline", Settings(booster=FEW_TREES), compare=False, progress=lambda _: None
    )

    assert list(selection.by_resampling) == ["smote"]


def test_typology_and_label_time_are_never_features(data: SplitRows) -> None:
    rows = data.all

    assert "typology" in rows.frame.columns
    for name in ("decision-time", "strict+hour", "strict"):
        changed = rows_of(rows.frame.assign(typology="scam", label_time=1))
        matrix, usual = (encoder_of(each, name).matrix(each) for each in (changed, rows))
        assert np.array_equal(matrix, usual)
