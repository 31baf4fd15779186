"""A model that is trained from the log is the one that is trained from the file it came from."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.decisions.bundle import Bundle, read
from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.history.view import History
from tests.bundles import write_model
from tests.training.memory.played import APPROVES, InProcess, Played, Published, exported
from training import train as training
from training.data.rows import Rows
from training.errors import InputError
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.histories.columns import with_histories
from training.histories.load import load as load_states
from training.histories.stored import LABEL_DELAY, with_stored
from training.reading.dataset import read_dataset
from training.reading.schema_of_file import schema_of_file
from training.scoring.score import load_scorer, rows_of, score
from training.train import TrainOptions, Windows, train

ROWS: Final = 200
OF_WHOLE_PERIODS: Final = {"version", "metrics", "reference"}
"""Fields of a bundle that name another one, or are empty where payments are left out."""


def payments() -> pd.DataFrame:
    """Payments of a few accounts in five days; some frauds are reported early, late or never."""
    chance = np.random.default_rng(7)
    merchants = chance.random(ROWS) < 0.3
    payees = pd.Series(chance.integers(0, 9, ROWS)).astype(str)
    steps = np.sort(chance.integers(1, 121, ROWS))
    is_fraud = chance.random(ROWS) < 0.2
    is_told = is_fraud & (chance.random(ROWS) < 0.5)
    return pd.DataFrame(
        {
            "step": steps,
            "type": np.where(merchants, "PAYMENT", "TRANSFER"),
            "amount": chance.integers(100, 900_000, ROWS) / 100,
            "nameOrig": "payer-" + pd.Series(chance.integers(0, 12, ROWS)).astype(str),
            "oldbalanceOrg": chance.integers(0, 900_000, ROWS) / 100,
            "nameDest": np.where(merchants, "M-", "payer-") + payees,
            "oldbalanceDest": 0.0,
            "isFraud": is_fraud.astype(int),
            "label_time": np.where(is_told, steps + chance.integers(0, 60, ROWS), np.nan),
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file of payments, and the log of an API that was sent them."""
    folder = tmp_path_factory.mktemp("log")
    write_transactions(payments(), folder / "payments.csv")
    played = Played(APPROVES)
    played.play(payments())
    table = InProcess(played.memory.table.items)
    exported(table, Published(APPROVES), folder / "log.parquet")
    write_model(folder / "model", APPROVES)
    return folder


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "payments.csv"


@pytest.fixture
def log(folder: Path) -> Path:
    return folder / "log.parquet"


@pytest.fixture
def model(folder: Path) -> Path:
    """The model that answered."""
    return folder / "model"


def options(path: Path, *, label_delay: int | None = None) -> TrainOptions:
    return TrainOptions(
        schema=schema_of_file(path, None),
        settings=Settings(booster={"n_estimators": 10}),
        choose_ratio=False,
        compare=False,
        refit=False,
        windows=Windows(label_delay=label_delay),
    )


def histories(rows: Rows) -> dict[str, History]:
    named = zip(rows.histories, rows.facts.histories, strict=True)
    return {name: History(*columns) for name, columns in named}


def changed(log: Path, out: Path, name: str, column: Sequence[float | None] | int | None) -> Path:
    """The log with a column changed by another program, or without it, if that is None."""
    frame = pd.read_parquet(log)
    if column is None:
        del frame[name]
    else:
        frame[name] = column
    frame.to_parquet(out)
    return out


def test_the_histories_in_the_log_are_those_that_training_computes(file: Path, log: Path) -> None:
    schema = schema_of_file(file, None)
    computed = histories(with_histories(Rows.of(read_dataset(file, schema))))
    stored = histories(with_stored(Rows.of(read_dataset(log, schema)), log))

    assert stored.keys() == computed.keys() == accounts_of(schema).keys()
    assert computed["payee"].frauds_7d.max() > 1
    for name, history in computed.items():
        for number, column in history._asdict().items():
            np.testing.assert_array_equal(getattr(stored[name], number), column, f"{name} {number}")
    frauds = pd.read_parquet(log)["log:payee:frauds_7d"]
    assert frauds.tolist() == computed["payee"].frauds_7d.tolist()


def test_the_same_model_is_trained_from_the_log_and_from_the_file(
    file: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "report", lambda _: "")
    said: list[str] = []
    of: dict[Path, Bundle] = {}
    for path in (file, log):
        train(path, tmp_path, options(path), progress=said.append)
        of[path] = read((tmp_path / "model.joblib").read_bytes())

    assert of[log].feature_set == "history"
    for one, other in (
        (of[log], of[file]),
        (of[log].without_history, of[file].without_history),
    ):
        assert one is not None
        assert other is not None
        assert one.booster == other.booster
        for name in set(Bundle.__dataclass_fields__) - OF_WHOLE_PERIODS - {"without_history"}:
            assert getattr(one, name) == getattr(other, name), name
    assert (
        f"{log} is an exported log: taking the histories that its payments saw in the API" in said
    )


def test_a_score_of_the_log_gives_the_probabilities_that_the_api_answered(
    log: Path, model: Path, file: Path, tmp_path: Path
) -> None:
    score(model, file, tmp_path / "of-file.parquet")
    score(model, log, tmp_path / "of-log.parquet")

    expected = pd.read_parquet(tmp_path / "of-file.parquet")["fraud_probability"]
    assert pd.read_parquet(tmp_path / "of-log.parquet")["fraud_probability"].equals(expected)


def test_a_model_sees_only_the_histories_that_it_knows(log: Path, model: Path) -> None:
    bundle = load_scorer(model).bundle
    learned = replace(bundle.plan.learned, histories=("received", "payer"))
    rows = rows_of(log, replace(bundle, plan=replace(bundle.plan, learned=learned)))
    every = histories(rows_of(log, bundle))

    assert rows.histories == ("received", "payer")
    for name, history in histories(rows).items():
        for one, other in zip(history, every[name], strict=True):
            np.testing.assert_array_equal(one, other)


def test_nobodys_history_is_followed_through_a_log(
    log: Path, file: Path, model: Path, tmp_path: Path
) -> None:
    plan = load_scorer(model).bundle.plan

    with pytest.raises(InputError, match=r"log\.parquet: an exported log, in which account ids"):
        load_states(plan, log, tmp_path / "states", lambda _: None)
    with pytest.raises(InputError, match=r"log\.parquet: an exported log, in which account ids"):
        rows_of(file, load_scorer(model).bundle, history_from=log)
    for use in (
        lambda: rows_of(log, load_scorer(model).bundle, history_from=file),
        lambda: score(model, log, tmp_path / "out.parquet", history_from=file),
        lambda: train(log, tmp_path, options(log), history_from=file),
    ):
        with pytest.raises(InputError, match="have their histories already; leave it out"):
            use()


def test_histories_of_another_label_delay_are_refused(
    log: Path, model: Path, tmp_path: Path
) -> None:
    other = changed(log, tmp_path / "other.parquet", LABEL_DELAY, 3_600)
    two = changed(log, tmp_path / "two.parquet", LABEL_DELAY, [1, *[2] * (ROWS - 1)])

    with pytest.raises(InputError, match=r"after 24 hours.*not after 48; leave out --label-delay"):
        train(log, tmp_path, options(log, label_delay=48))
    for use in (rows_of, lambda path, _: score(model, path, tmp_path / "out.parquet")):
        with pytest.raises(InputError, match=r"after 1 hours.*not after 24"):
            use(other, load_scorer(model).bundle)
    with pytest.raises(InputError, match="not one whole number in all rows"):
        train(two, tmp_path, options(two))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (None, "an exported log without the column log:payee:sum_7d;"),
        ([1.5] * ROWS, "log:payee:sum_7d: not a whole number in every row"),
        ([None, *[1] * (ROWS - 1)], "log:payee:sum_7d: not a whole number in every row"),
    ],
)
def test_a_damaged_history_is_refused_by_its_column(
    log: Path, tmp_path: Path, column: list[float | None] | None, words: str
) -> None:
    path = changed(log, tmp_path / "damaged.parquet", "log:payee:sum_7d", column)

    with pytest.raises(InputError, match=words):
        train(path, tmp_path, options(path))
