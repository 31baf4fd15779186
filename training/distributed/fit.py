"""Fit boosters with Ray Train on rows in Ray Data, for more rows than fit into memory.

SMOTE needs only the frauds, which are few: the command resamples them itself and adds the synthetic
rows to the shards. Each worker derives the features of its own shard.
"""

import tempfile
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import ray
import ray.data
import ray.train
import xgboost as xgb
from ray.train.xgboost import XGBoostTrainer

from fraud_api_lambda.features.plan import Plan
from training.data.encoder import Encoder, PlanEncoder, encoder_of
from training.data.matrix import input_matrix
from training.data.rows import Rows
from training.data.time_split import Window
from training.errors import CommandError, InputError
from training.fitting.boosting import Boosted, names_of
from training.fitting.pipeline import build_pipeline
from training.fitting.settings import Settings
from training.reading.dataset import payments_of, scored_columns

COLUMN: Final = "data"
"""The only column of a dataset of rows. Each cell holds the facts, weight and label of a row."""

ROWS_A_BLOCK: Final = 100_000


@dataclass(frozen=True, slots=True)
class Totals:
    """The number and the total weight of the genuine rows."""

    n_genuine: int
    genuine_weight: float


def fit_on_ray(rows: Rows, feature_set: str, settings: Settings) -> Boosted:
    """Fit a booster as `boosting.fit_rows` does, on the running Ray."""
    blocks = max(1, len(rows) // ROWS_A_BLOCK)
    encoder = encoder_of(rows, feature_set)
    pieces = np.array_split(_array_of(encoder.matrix(rows), rows.weights, rows.is_fraud), blocks)
    return fit_dataset(ray.data.from_numpy(pieces), encoder, settings)


def fit_folder(folder: str | Path, plan: Plan, settings: Settings, window: Window) -> Boosted:
    """Fit a booster on a folder of Parquet files that need not fit into one machine.

    Parameters
    ----------
    folder : str or Path
        A folder that every node of the cluster can read, or ``s3://``.
    plan : Plan
        The features. Its levels and rates are not learned from the folder.
    settings : Settings
    window : Window
        Steps to fit on.

    Raises
    ------
    InputError
        If the folder cannot be read, a class is missing, or the plan needs account histories.
    """
    if plan.needs_histories:
        raise InputError(f"{folder}: account histories need the rows of one file, in order of time")
    try:
        table = ray.data.read_parquet(str(folder), file_extensions=["parquet"])
        names = table.columns() or []
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: not a folder of Parquet files ({error})") from error
    roles = plan.schema.roles
    required = [*scored_columns(plan.schema, plan.learned), roles.label]
    missing = [name for name in required if name not in names]
    if missing:
        raise InputError(f"{folder}: no column {', '.join(missing)}")
    wanted = [name for name in (*required, roles.weight) if name in names]
    to_rows = partial(_rows_of, plan=plan, window=window, folder=str(folder))
    rows = table.select_columns(wanted).map_batches(
        to_rows, batch_format="pandas", batch_size=ROWS_A_BLOCK
    )
    return fit_dataset(rows, PlanEncoder(plan), settings)


def fit_dataset(rows: ray.data.Dataset, encoder: Encoder, settings: Settings) -> Boosted:
    """Fit a booster on a dataset of rows.

    Raises
    ------
    InputError
        If a class is missing.
    """
    rows = rows.materialize()
    totals, frauds = _totals(rows), _frauds(rows)
    if not totals.n_genuine or not len(frauds):
        counts = f"{totals.n_genuine:,} genuine rows and {len(frauds):,} frauds"
        raise InputError(f"the fit window holds {counts}; a model needs both: give more data")
    synthetic = synthetic_frauds(frauds, totals, encoder, settings)
    config = {
        "encoder": encoder,
        **_parameters(encoder, settings),
        **weight_factors(frauds[:, -2], len(synthetic), totals, settings.resampling),
    }
    if len(synthetic):
        rows = rows.union(ray.data.from_numpy(synthetic)).materialize()
    booster = xgb.Booster(model_file=_trained(rows, config))
    booster.feature_names = names_of(encoder)
    return Boosted(encoder, booster, len(synthetic))


def synthetic_frauds(
    frauds: np.ndarray, totals: Totals, encoder: Encoder, settings: Settings
) -> np.ndarray:
    """Resample to synthetic frauds, each with the mean weight of the real ones.

    SMOTE interpolates between frauds only. So a single row stands for all genuine rows, and the
    ratio to it is the number of frauds wanted.
    """
    wanted = round(settings.smote_ratio * totals.n_genuine)
    steps = _pipeline(encoder, replace(settings, smote_ratio=wanted), len(frauds)).steps[:-2]
    matrix = np.concatenate([frauds[:1, :-2], frauds[:, :-2]])
    labels = np.minimum(np.arange(len(matrix)), 1)
    for _, step in steps:
        if hasattr(step, "fit_resample"):
            matrix, labels = _resampled(step, matrix, labels)
        else:
            matrix = step.fit_transform(matrix)
    added = matrix[len(frauds) + 1 :]
    ones = np.ones(len(added))
    return np.column_stack([added, ones * frauds[:, -2].mean(), ones])


def weight_factors(
    fraud_weights: np.ndarray, n_synthetic: int, totals: Totals, resampling: str
) -> dict[str, float]:
    """The factor for the weights of each class that gives the weights of `restored_weights`."""
    n_frauds, weight = len(fraud_weights), float(fraud_weights.sum())
    balance = totals.genuine_weight / weight if resampling == "weights" else 1.0
    restored = balance * n_frauds / (n_frauds + n_synthetic)
    n_rows = totals.n_genuine + n_frauds + n_synthetic
    mean = (totals.genuine_weight + balance * weight) / n_rows
    return {"fraud_factor": restored / mean, "genuine_factor": 1 / mean}


def _resampled(step: Any, matrix: np.ndarray, labels: np.ndarray) -> Any:
    with warnings.catch_warnings():
        # One row stands for the majority class, so the warning about its size does not apply.
        warnings.filterwarnings("ignore", message="After over-sampling", category=UserWarning)
        return step.fit_resample(matrix, labels)


def _pipeline(encoder: Encoder, settings: Settings, n_frauds: int) -> Any:
    return build_pipeline(
        encoder,
        resampling=settings.resampling,
        smote_ratio=settings.smote_ratio,
        n_frauds=n_frauds,
        seed=settings.seed,
        booster=settings.booster,
    )


def _parameters(encoder: Encoder, settings: Settings) -> dict[str, Any]:
    """The arguments that the pipeline's classifier would pass to `xgboost.train`."""
    classifier = _pipeline(encoder, settings, 0)["classify"]
    parameters = {**classifier.get_xgb_params(), "nthread": 1}
    return {"parameters": parameters, "rounds": classifier.n_estimators}


def _rows_of(frame: pd.DataFrame, plan: Plan, window: Window, folder: str) -> dict[str, np.ndarray]:
    roles = plan.schema.roles
    labels = frame[roles.label].to_numpy(dtype=bool)
    weights = frame[roles.weight] if roles.weight in frame else pd.Series(1.0, frame.index)
    names = scored_columns(plan.schema, plan.learned)
    payments = payments_of(Path(folder), frame[names], plan.schema, plan.learned)
    matrix = input_matrix(payments.facts, plan)
    rows = _array_of(matrix, weights.to_numpy(dtype=np.float64), labels)
    return {COLUMN: rows[window.holds(payments.steps)]}


def _array_of(matrix: np.ndarray, weights: np.ndarray, is_fraud: np.ndarray) -> np.ndarray:
    """The inputs, the weight and the label of every row, side by side."""
    return np.column_stack([matrix, weights, is_fraud])


def _totals(rows: ray.data.Dataset) -> Totals:
    counts = _gathered(rows.map_batches(_counted, batch_format="numpy", batch_size=None))
    return Totals(int(counts[:, 0].sum()), float(counts[:, 1].sum()))


def _counted(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    genuine = batch[COLUMN][batch[COLUMN][:, -1] == 0]
    return {COLUMN: np.array([[len(genuine), genuine[:, -2].sum()]])}


def _frauds(rows: ray.data.Dataset) -> np.ndarray:
    return _gathered(rows.map_batches(_only_frauds, batch_format="numpy", batch_size=None))


def _only_frauds(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {COLUMN: batch[COLUMN][batch[COLUMN][:, -1] == 1]}


def _gathered(rows: Any) -> np.ndarray:
    pieces = rows.iter_batches(batch_format="numpy", batch_size=None)
    return np.concatenate([piece[COLUMN] for piece in pieces])


def _trained(rows: ray.data.Dataset, config: dict[str, Any]) -> bytearray:
    """Fit a booster with Ray Train, with one worker per CPU."""
    workers = max(1, min(int(ray.cluster_resources()["CPU"]), rows.count()))
    # Ray Train's own split drops rows, and its order depends on timing.
    bounds = [rows.count() * part // workers for part in range(1, workers)]
    parts = rows.split_at_indices(bounds) if bounds else [rows]
    with tempfile.TemporaryDirectory() as directory:
        trainer = XGBoostTrainer(
            _train_loop,
            train_loop_config=config,
            datasets={str(rank): part for rank, part in enumerate(parts)},
            dataset_config=ray.train.DataConfig(datasets_to_split=[]),
            scaling_config=ray.train.ScalingConfig(num_workers=workers),
            run_config=ray.train.RunConfig(storage_path=directory),
        )
        try:
            return bytearray(trainer.fit().return_value)
        except ray.train.TrainingFailedError as error:
            raise CommandError(f"--engine ray: a worker failed: {error}") from error


def _train_loop(config: dict[str, Any]) -> bytes:
    shard = ray.train.get_dataset_shard(str(ray.train.get_context().get_world_rank()))
    columns, labels, weights = [], [], []
    for batch in shard.iter_batches(batch_format="numpy", batch_size=ROWS_A_BLOCK):
        rows = batch[COLUMN]
        columns.append(config["encoder"].derive(rows[:, :-2]))
        labels.append(rows[:, -1])
        factors = np.where(rows[:, -1] == 1, config["fraud_factor"], config["genuine_factor"])
        weights.append(rows[:, -2] * factors)
    matrix = xgb.QuantileDMatrix(
        np.concatenate(columns), label=np.concatenate(labels), weight=np.concatenate(weights)
    )
    return bytes(xgb.train(config["parameters"], matrix, config["rounds"]).save_raw())
