"""Files scored with histories: the same bits as columns, whatever the parts; order is needed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from tests.bundles import make_bundle, make_history_bundle
from training.errors import InputError
from training.files.writing import write_transactions
from training.histories.load import load
from training.histories.store import Account, opened_store
from training.scoring.score import rows_of, score_rows
from training.scoring.stream import score_stream
from training.simulator.simulate import simulate

ROWS = 3_000


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.from_bundle(read(make_history_bundle()))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulate(ROWS, seed=1, days=6)


@pytest.fixture(scope="module")
def data(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "data.csv"
    write_transactions(frame, path)
    return path


@pytest.fixture(scope="module")
def probabilities(scorer: Scorer, data: Path) -> np.ndarray:
    """By histories as columns."""
    return score_rows(scorer, rows_of(data, scorer.bundle)).probabilities


def quiet(_: str) -> None:
    return


def scored(out: Path) -> np.ndarray:
    return pd.read_parquet(out)["fraud_probability"].to_numpy()


@pytest.mark.parametrize("rows", [700, ROWS])
def test_scores_have_the_bits_of_columns_whatever_the_parts(
    scorer: Scorer, data: Path, probabilities: np.ndarray, tmp_path: Path, rows: int
) -> None:
    out = tmp_path / "out.parquet"

    score_stream(scorer, data, out, quiet, rows=rows)

    assert scored(out).tobytes() == probabilities.tobytes()
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_histories_matter_to_the_scores(
    scorer: Scorer, data: Path, probabilities: np.ndarray
) -> None:
    second = scorer.bundle.without_history
    assert second is not None

    without = score_rows(Scorer(second), rows_of(data, second)).probabilities

    assert (without != probabilities).mean() > 0.5


class InterruptedByTestError(Exception):
    pass


def interrupted_at(text: str) -> Callable[[str], None]:
    def progress(said: str) -> None:
        if said.endswith(text):
            raise InterruptedByTestError

    return progress


@pytest.mark.parametrize("at", ["up to row 1,400", "up to row 2,100"])
def test_an_interrupted_run_resumes_with_the_histories_of_its_parts(
    scorer: Scorer, data: Path, probabilities: np.ndarray, tmp_path: Path, at: str
) -> None:
    out, said = tmp_path / "out.parquet", list[str]()
    with pytest.raises(InterruptedByTestError):
        score_stream(scorer, data, out, interrupted_at(at), rows=700)

    score_stream(scorer, data, out, said.append, rows=700)

    assert said[0].startswith("resuming after")
    assert scored(out).tobytes() == probabilities.tobytes()


@pytest.mark.parametrize("lost", ["000001.parquet", "states.sqlite"])
def test_states_and_parts_that_do_not_belong_together_are_made_again(
    scorer: Scorer, data: Path, probabilities: np.ndarray, tmp_path: Path, lost: str
) -> None:
    out = tmp_path / "out.parquet"
    with pytest.raises(InterruptedByTestError):
        score_stream(scorer, data, out, interrupted_at("up to row 2,800"), rows=700)
    (tmp_path / ".out.parquet.parts" / lost).unlink()

    score_stream(scorer, data, out, quiet, rows=700)

    assert scored(out).tobytes() == probabilities.tobytes()


@pytest.mark.parametrize("kind", ["score", "evaluate"])
def test_a_file_of_earlier_payments_only_fills_the_histories(
    scorer: Scorer, frame: pd.DataFrame, probabilities: np.ndarray, tmp_path: Path, kind: str
) -> None:
    earlier, later, out = (tmp_path / name for name in ("a.csv", "b.csv", "out.parquet"))
    is_early = (frame["step"] <= 60).to_numpy()
    write_transactions(frame[is_early], earlier)
    write_transactions(frame[~is_early], later)

    if kind == "score":
        score_stream(scorer, later, out, quiet, rows=700, history_from=earlier)
        found = scored(out)
    else:
        rows = rows_of(later, scorer.bundle, history_from=earlier)
        found = score_rows(scorer, rows).probabilities

    assert found.tobytes() == probabilities[~is_early].tobytes()


def test_rows_out_of_order_are_refused_by_number(
    scorer: Scorer, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    write_transactions(pd.concat([frame.iloc[100:1_500], frame.iloc[:100]]), path)

    with pytest.raises(InputError, match=r"data\.csv, row 1402: earlier than the row before it"):
        score_stream(scorer, path, tmp_path / "out.csv", quiet, rows=700)


def test_a_later_file_is_refused_as_the_earlier_one(
    scorer: Scorer, frame: pd.DataFrame, data: Path, tmp_path: Path
) -> None:
    write_transactions(frame[frame["step"] > 60], tmp_path / "late.csv")

    with pytest.raises(InputError, match=r"ends at step 144, after .* begins at step 1"):
        rows_of(data, scorer.bundle, history_from=tmp_path / "late.csv")
    with pytest.raises(InputError, match=r"late\.csv: it ends after .*data\.csv begins"):
        score_stream(scorer, data, tmp_path / "out.csv", quiet, history_from=tmp_path / "late.csv")


def test_a_model_without_histories_refuses_earlier_payments(data: Path, tmp_path: Path) -> None:
    plain = Scorer.from_bundle(read(make_bundle()))

    with pytest.raises(InputError, match="decision-time, which use no account histories"):
        score_stream(plain, data, tmp_path / "out.csv", quiet, history_from=data)


@pytest.mark.parametrize("fraud", ["1.00", "01", "tRUE", "1e0"])
def test_labels_count_however_evaluate_reads_them(
    scorer: Scorer, frame: pd.DataFrame, probabilities: np.ndarray, tmp_path: Path, fraud: str
) -> None:
    path, out = tmp_path / "data.csv", tmp_path / "out.parquet"
    labels = frame["isFraud"].map({0: "0", 1: fraud})
    write_transactions(frame.assign(isFraud=labels), path)

    score_stream(scorer, path, out, quiet)

    assert scored(out).tobytes() == probabilities.tobytes()


def test_earlier_payments_need_labels_and_rows(
    scorer: Scorer, frame: pd.DataFrame, data: Path, tmp_path: Path
) -> None:
    odd, empty = tmp_path / "odd.csv", tmp_path / "empty.csv"
    write_transactions(frame.head(9).assign(isFraud="no"), odd)
    write_transactions(frame.head(0), empty)

    for path, why in ((odd, "row 2, column isFraud: 'no' is not"), (empty, "no rows below")):
        with pytest.raises(InputError, match=why):
            score_stream(scorer, data, tmp_path / "out.csv", quiet, history_from=path)
        with pytest.raises(InputError, match=why):
            load(scorer.bundle.plan, path, tmp_path / "states.sqlite", quiet)


def test_a_weighted_sample_is_refused(
    scorer: Scorer, frame: pd.DataFrame, data: Path, tmp_path: Path
) -> None:
    whole, sample, out = (tmp_path / name for name in ("whole.csv", "sample.csv", "out.parquet"))
    write_transactions(frame.assign(weight=1), whole)
    write_transactions(frame.assign(weight=2), sample)

    score_stream(scorer, whole, out, quiet)
    with pytest.raises(InputError, match="stand for several payments"):
        score_stream(scorer, sample, out, quiet)
    with pytest.raises(InputError, match="stand for several payments"):
        rows_of(sample, scorer.bundle)
    with pytest.raises(InputError, match="stand for several payments"):
        rows_of(data, scorer.bundle, history_from=sample)


def test_labels_that_are_absent_or_odd_are_no_known_frauds(
    scorer: Scorer, frame: pd.DataFrame, tmp_path: Path
) -> None:
    found = []
    for name, labels in (("none", None), ("odd", "maybe"), ("genuine", 0)):
        path, out = tmp_path / f"{name}.csv", tmp_path / f"{name}.parquet"
        given = frame.drop(columns=["isFraud", "label_time"])
        write_transactions(given if labels is None else given.assign(isFraud=labels), path)
        score_stream(scorer, path, out, quiet)
        found.append(scored(out).tobytes())

    assert len(set(found)) == 1


def test_states_of_a_file_are_those_of_its_end(
    scorer: Scorer, frame: pd.DataFrame, data: Path, tmp_path: Path
) -> None:
    payer = frame["nameOrig"].iloc[-1]
    payments = frame[frame["nameOrig"] == payer]

    n_accounts = load(scorer.bundle.plan, data, tmp_path / "states.sqlite", quiet)

    assert n_accounts == frame["nameOrig"].nunique() + frame["nameDest"].nunique()
    with opened_store(tmp_path / "states.sqlite") as store:
        account = Account("payer", payer)
        state = store.states([account])[account]
    assert state.last == payments["step"].iloc[-1] * 3_600
    assert sum(state.days.counts) == len(payments)
    assert sum(state.days.sums) == round(100 * payments["amount"]).sum()


def test_states_are_written_as_a_whole_or_not_at_all(
    scorer: Scorer, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    write_transactions(frame.iloc[::-1], path)

    with pytest.raises(InputError, match="earlier than the row before it"):
        load(scorer.bundle.plan, path, tmp_path / "states.sqlite", quiet)

    assert [each.name for each in tmp_path.iterdir()] == ["data.csv"]
