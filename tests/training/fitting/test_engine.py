"""An engine does the fits of a training run, or the search for its settings."""

import pickle
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import training.train
from tests.paysim_files import frame_of, rows_of
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.files.writing import write_transactions
from training.fitting.boosting import Boosted
from training.fitting.engine import LOCAL
from training.fitting.figures import SettingsTrial
from training.fitting.settings import Settings
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

QUICK = Settings(booster={"n_estimators": 5})


class RecordingEngine:
    """Works on this machine and remembers the calls."""

    def __init__(self) -> None:
        self.fits: list[Settings] = []
        self.searches: list[int] = []

    def fit(self, *rows_and_settings: Any) -> Boosted:
        self.fits.append(rows_and_settings[-1])
        return LOCAL.fit(*rows_and_settings)

    def search(self, *_: Any, trials: int, **__: Any) -> tuple[Settings, list[SettingsTrial]]:
        self.searches.append(trials)
        return QUICK, []


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "transactions.parquet"
    write_transactions(simulate(20_000, seed=3, days=10), path)
    return path


def test_an_engine_fits_the_model_and_its_refit(data: Path, tmp_path: Path) -> None:
    engine = RecordingEngine()

    options = TrainOptions(
        feature_set="decision-time", settings=QUICK, choose_ratio=False, compare=False
    )
    train(data, tmp_path, options, engine=engine)

    assert engine.fits == [QUICK, QUICK]
    assert engine.searches == []


def test_with_trials_an_engine_searches_and_the_fits_stay_here(data: Path, tmp_path: Path) -> None:
    engine = RecordingEngine()

    train(
        data,
        tmp_path,
        TrainOptions(feature_set="decision-time", trials=7, compare=False, refit=False),
        engine=engine,
    )

    assert engine.searches == [7]
    assert engine.fits == []


class SearchedError(Exception):
    """Raise in place of a search, with the rows that it was given."""


@pytest.mark.parametrize("trials", [None, 3])
def test_settings_are_searched_on_the_fit_window_alone(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trials: int | None
) -> None:
    def search(rows: Rows, *_: object, **__: object) -> object:
        raise SearchedError(rows)

    monkeypatch.setattr(training.train, "choose_smote_ratio", search)
    engine: Any = SimpleNamespace(search=search)
    options = TrainOptions(feature_set="decision-time", windows=Windows(test_days=2), trials=trials)

    with pytest.raises(SearchedError) as caught:
        train(data, tmp_path, options, engine=engine)

    (searched,) = caught.value.args
    fit = SplitRows.by_time(rows_of(frame_of(data)), test_days=2).fit
    assert searched.steps.tolist() == fit.steps.tolist()


def test_settings_hold_plain_values_so_that_another_machine_can_read_them() -> None:
    assert pickle.loads(pickle.dumps(QUICK)) == QUICK
    assert not [each.name for each in fields(QUICK) if callable(getattr(QUICK, each.name))]
