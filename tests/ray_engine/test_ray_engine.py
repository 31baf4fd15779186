"""Ray gives the same results as one process and leaves nothing running."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.paysim_files import rows_of
from tests.transactions import PLANS
from training.data.encoder import PlanEncoder
from training.data.split_rows import SplitRows
from training.distributed.engine import RayEngine, chosen_engine, chosen_score
from training.errors import InputError
from training.files.writing import write_transactions
from training.fitting.boosting import fit_rows
from training.fitting.engine import LOCAL, Engine
from training.fitting.pipeline import build_pipeline
from training.fitting.resampling import balanced_weights, restored_weights
from training.fitting.settings import Settings
from training.metrics.ranking import average_precision
from training.scoring.score import score
from training.simulator.simulate import simulate
from training.train import TrainOptions, train

# Not `importorskip`: Ray has to be imported after its environment is set.
if find_spec("ray") is None:
    pytest.skip("Ray is not installed here: `make ray` runs these", allow_module_level=True)

pytestmark = [
    pytest.mark.usefixtures("engine"),
    # Ray Data deprecates settings that it copies itself.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    # Ray leaves files of its session to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

ROOT = Path(__file__).parents[2]
FEATURES = "decision-time"
ENCODER = PlanEncoder(PLANS[FEATURES])
# Row and column sampling would depend on the shard.
SETTINGS = Settings(booster={"subsample": 1.0, "colsample_bytree": 1.0, "n_estimators": 100})


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with chosen_engine("ray", workers=2) as started:
        yield started


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulate(60_000, seed=3, days=10)


@pytest.fixture(scope="module")
def data(frame: pd.DataFrame) -> SplitRows:
    return SplitRows.by_time(rows_of(frame.assign(weight=1.0 + frame["step"] % 3)))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_transactions(frame[:30_000], folder / "data.parquet")
    quick = TrainOptions(
        feature_set="decision-time", choose_ratio=False, refit=False, compare=False
    )
    train(folder / "data.parquet", folder, quick)
    return folder


def ray_processes() -> set[str]:
    """Ids of all running Ray processes; zombies have no command line."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if command.startswith(b"ray::") or b"/raylet" in command or b"gcs_server" in command:
            found.add(process.name)
    return found


def test_the_same_trials_and_winner_with_ray(engine: Engine, data: SplitRows) -> None:
    def found(where: Engine) -> object:
        return where.search(data.fit, "strict", Settings(), trials=2, progress=lambda _: None)

    assert found(engine) == found(LOCAL)


def test_a_local_ray_listens_on_loopback_only(engine: RayEngine) -> None:
    import ray

    assert engine.cpus == 2
    assert {node["NodeManagerAddress"] for node in ray.nodes()} == {"127.0.0.1"}


def test_two_workers_fit_as_well_as_one_process(
    engine: Engine, data: SplitRows, tmp_path: Path
) -> None:
    from training.distributed.fit import fit_folder

    local = fit_rows(data.fit, FEATURES, SETTINGS)
    spread = engine.fit(data.fit, FEATURES, SETTINGS)

    later = [boosted.margins(data.test) for boosted in (local, spread)]
    reached = [
        average_precision(data.fit.labelled(boosted.margins(data.fit)))
        for boosted in (local, spread)
    ]
    assert spread.n_synthetic == local.n_synthetic > 0
    assert np.corrcoef(later)[0, 1] > 0.98  # a test window of 23 frauds says less
    assert reached[1] == pytest.approx(reached[0], abs=0.03)
    assert spread.booster.feature_names == local.booster.feature_names

    frame = data.all.frame
    for number, part in enumerate(np.array_split(np.arange(len(frame)), 3)):
        frame.iloc[part].to_parquet(tmp_path / f"{number}.parquet", index=False)
    from_files = fit_folder(tmp_path, ENCODER.plan, SETTINGS, data.split.fit)
    np.testing.assert_array_equal(from_files.margins(data.test), spread.margins(data.test))


@pytest.mark.parametrize("resampling", ["smote", "smotenc", "weights", "none"])
def test_ray_adds_the_same_synthetic_frauds_with_the_same_weights(
    resampling: str, data: SplitRows
) -> None:
    from training.distributed.fit import Totals, synthetic_frauds, weight_factors

    matrix, is_fraud, weights = ENCODER.matrix(data.fit), data.fit.is_fraud, data.fit.weights
    settings = replace(SETTINGS, resampling=resampling, smote_ratio=0.05)
    totals = Totals(int((~is_fraud).sum()), float(weights[~is_fraud].sum()))
    rows = np.column_stack([matrix, weights, is_fraud])
    added = synthetic_frauds(rows[is_fraud], totals, ENCODER, settings)
    factors = weight_factors(weights[is_fraud], len(added), totals, resampling)

    steps = build_pipeline(
        ENCODER, resampling=resampling, smote_ratio=0.05, n_frauds=int(is_fraud.sum()), seed=0
    ).steps[:-2]
    labels = is_fraud.astype(np.int64)
    for _, step in steps:
        if hasattr(step, "fit_resample"):
            matrix, labels = step.fit_resample(matrix, labels)
        else:
            matrix = step.fit_transform(matrix)
    np.testing.assert_array_equal(added[:, :-2], matrix[len(rows) :])

    everything = np.concatenate([rows, added])
    fraud = everything[:, -1] == 1
    given = balanced_weights(is_fraud, weights) if resampling == "weights" else weights
    np.testing.assert_allclose(
        everything[:, -2] * np.where(fraud, factors["fraud_factor"], factors["genuine_factor"]),
        restored_weights(fraud, given),
    )


def test_a_folder_is_scored_like_its_files_bit_for_bit(
    model: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    from training.distributed.score import score_folder

    names = ["a.csv", "b.parquet", "c.csv"]
    for name, part in zip(names, np.array_split(np.arange(3_000), 3), strict=True):
        write_transactions(frame.iloc[part], tmp_path / "in" / name)

    assert score_folder(model, tmp_path / "in", tmp_path / "out") == 3_000

    for name in names:
        score(model, tmp_path / "in" / name, tmp_path / name)
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_file_that_cannot_be_scored_is_named_and_the_others_are_scored(
    model: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    from training.distributed.score import score_folder

    write_transactions(frame[:100], tmp_path / "good.csv")
    (tmp_path / "bad.csv").write_text("step\n1\n")

    with pytest.raises(InputError, match=r"bad\.csv: no column .*; 1 of 2 files could not be"):
        score_folder(model, tmp_path, tmp_path / "out")

    assert len(pd.read_csv(tmp_path / "out" / "good.csv")) == 100


@pytest.mark.parametrize(
    ("data", "out", "said"),
    [
        ("one.csv", "out", "not a folder"),
        ("empty", "out", r"no \.csv or \.parquet file"),
        ("empty", "empty", "must be another folder"),
    ],
)
def test_a_path_that_is_no_folder_of_files_is_refused(
    data: str, out: str, said: str, model: Path, tmp_path: Path
) -> None:
    from training.distributed.score import score_folder

    (tmp_path / "empty").mkdir()
    (tmp_path / "one.csv").touch()

    with pytest.raises(InputError, match=said):
        score_folder(model, tmp_path / data, tmp_path / out)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "ray://127.0.0.1:1"])
def test_an_unreachable_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(InputError, match=f"--address {address}: "):
        chosen_score("ray", address)(Path("model"), Path("data"), Path("out"))


def test_no_process_of_ray_is_left_after_the_command(
    model: Path, frame: pd.DataFrame, tmp_path: Path
) -> None:
    before = ray_processes()
    write_transactions(frame[:100], tmp_path / "in" / "one.csv")
    options = ["--model", model, "--data", tmp_path / "in", "--out", tmp_path / "out"]

    done = subprocess.run(
        [sys.executable, "-m", "training", "score", "--engine", "ray", *map(str, options)],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert "100 transactions scored" in done.stdout
    assert not ray_processes() - before
