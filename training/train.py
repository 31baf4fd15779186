"""A training run: compare the feature sets on later data, then fit and pack the one to publish."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

import numpy as np
import xgboost as xgb

from fraud_api_lambda.bundle import pack, read, version_of
from fraud_api_lambda.examples import FRAUD
from fraud_api_lambda.features import FEATURE_SETS, feature_row
from fraud_api_lambda.scoring import Scorer
from fraud_api_lambda.transaction import Transaction, TransactionType, hour_of_step
from training.arms import Arm, Data, Settings, evaluate_arm, fit_arm
from training.artefacts import artefacts
from training.dataset import read_transactions
from training.files import write_files
from training.leaky import LEAKY, has_leaky_columns
from training.search import choose_smote_ratio
from training.split import Split, split_by_time, until_the_end

type Progress = Callable[[str], None]

LIBRARIES: Final = ("imbalanced-learn", "numpy", "scikit-learn")


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows that the user asked for; what is None is chosen by `split_by_time`."""

    test_days: int | None = None
    train_until: int | None = None
    test_from: int | None = None
    label_delay: int = 24


def train(
    data: Path,
    out: Path,
    *,
    feature_set: str = "decision-time",
    settings: Settings | None = None,
    windows: Windows | None = None,
    choose_ratio: bool = True,
    refit: bool = True,
    compare: bool = True,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Train on a file and write ``model.joblib``, ``manifest.json`` and ``metrics.json`` to `out`.

    Parameters
    ----------
    data : Path
        CSV or Parquet with PaySim's columns.
    out : Path
        Created if need be; a model already there is replaced.
    feature_set : str
        One of `FEATURE_SETS`, or the leaky one, of which only the metrics are written.
    settings : Settings, optional
    windows : Windows, optional
    choose_ratio : bool
        Choose SMOTE's ratio in time folds of the fit window, where the data is split by days.
    refit : bool
        Fit the published model on all the data, with windows that end at its last row.
    compare : bool
        Evaluate the other feature sets beside it.
    progress : callable
        Told what is done now.

    Returns
    -------
    dict
        What ``metrics.json`` holds.
    """
    settings = settings or Settings()
    windows = windows or Windows()
    progress(f"reading {data}")
    columns = Data.of(read_transactions(data))
    split = split_by_time(columns.steps, columns.is_fraud, **asdict(windows))
    trials: list[dict[str, Any]] = []
    if choose_ratio and settings.resampling == "smote" and split.by == "days":
        ratio, trials = choose_smote_ratio(columns, split, feature_set, settings, progress)
        settings = replace(settings, smote_ratio=ratio)
    arms: dict[str, Arm] = {}
    figures: dict[str, dict[str, Any]] = {}
    for name in _arms(columns, feature_set, compare=compare):
        progress(f"fitting and evaluating {name}")
        arms[name] = fit_arm(columns, split, name, settings, for_comparison=name != feature_set)
        figures[name] = evaluate_arm(arms[name], columns, split.test, settings.seed)
    metrics = _metrics(columns, split, feature_set, settings, figures)
    metrics["smote_ratio_trials"] = trials
    files: dict[str, bytes] = {}
    if feature_set != LEAKY:
        published, chosen = split, arms[feature_set]
        if refit:
            progress(f"refitting {feature_set} on all the data")
            published = until_the_end(split, columns.steps, columns.is_fraud)
            chosen = fit_arm(columns, published, feature_set, settings)
        trained_on = _trained_on(columns, split, published, chosen, settings, refitted=refit)
        model = pack(_content(columns, published, chosen, trained_on, figures))
        Scorer.from_bundle(read(model))  # it must answer here before it is written
        metrics["version"] = version_of(model)
        metrics["published"] = {"threshold": chosen.threshold, **trained_on}
        files["manifest.json"] = as_json(_manifest(model, feature_set, trained_on, metrics))
        files["model.joblib"] = model
    files = {"metrics.json": as_json(metrics), **files}
    write_files(out, files, remove=("model.joblib", "manifest.json"))
    return metrics


def as_json(value: Any) -> bytes:
    """Plain data as indented JSON, in UTF-8 with a last newline."""
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()


def _arms(data: Data, feature_set: str, *, compare: bool) -> list[str]:
    """The feature sets to fit, the chosen one first."""
    others = [*FEATURE_SETS, *([LEAKY] if has_leaky_columns(data.frame) else [])]
    return [feature_set, *(name for name in others if compare and name != feature_set)]


def _metrics(
    data: Data, split: Split, feature_set: str, settings: Settings, figures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "feature_set": feature_set,
        "data": {
            "rows": len(data.steps),
            "transactions": float(data.weights.sum()),
            "frauds": int(data.is_fraud.sum()),
            "fraud_rate": float(np.average(data.is_fraud, weights=data.weights)),
            "first_step": int(data.steps.min()),
            "last_step": int(data.steps.max()),
        },
        "split": split.as_dict(),
        "settings": {**asdict(settings), "goal": str(settings.goal)},
        "arms": figures,
        "artefacts": artefacts(data),
        "libraries": _libraries(),
    }


def _libraries() -> dict[str, str]:
    return {name: installed(name) for name in LIBRARIES} | {"xgboost": xgb.__version__}


def _trained_on(
    data: Data, evaluated: Split, published: Split, arm: Arm, settings: Settings, *, refitted: bool
) -> dict[str, Any]:
    inside = published.trained.holds(data.steps)
    windows = published.as_dict()
    return {
        "rows": int(inside.sum()),
        "frauds": int(data.is_fraud[inside].sum()),
        "fraud_rate": float(np.average(data.is_fraud[inside], weights=data.weights[inside])),
        "windows": {name: windows[name] for name in ("fit", "calibrate", "threshold")},
        "evaluated_on": evaluated.as_dict()["test"],
        "refitted": refitted,
        "resampling": settings.resampling,
        "smote_ratio": settings.smote_ratio,
        "invented_frauds": arm.n_invented,
        "seed": settings.seed,
        "libraries": _libraries(),
    }


def _content(
    data: Data,
    split: Split,
    arm: Arm,
    trained_on: dict[str, Any],
    figures: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    names = FEATURE_SETS[arm.feature_set]
    return {
        "booster": bytes(arm.booster.save_raw("ubj")),
        "feature_set": arm.feature_set,
        "features": list(names),
        "calibration": arm.calibration,
        "threshold": arm.threshold,
        "policy": {"method": "threshold"},
        "typical": _typical(data, split),
        "known_answer": _known_answer(arm, names),
        "trained_on": trained_on,
        "metrics": {
            **figures[arm.feature_set],
            "average_precision_by_feature_set": {
                name: each["average_precision"] for name, each in figures.items()
            },
        },
    }


def _typical(data: Data, split: Split) -> dict[str, dict[str, float]]:
    """Median amount and balance of genuine rows by type; of all types where there is no row."""
    genuine = data.frame[~data.is_fraud & split.trained.holds(data.steps)]
    by_type = genuine.groupby("type", observed=True)
    return {
        what: {
            str(kind): float(by_type[column].median().get(kind, genuine[column].median()))
            for kind in TransactionType
        }
        for what, column in (("amount", "amount"), ("balance", "oldbalanceOrg"))
    }


def _known_answer(arm: Arm, names: tuple[str, ...]) -> dict[str, Any]:
    transaction = Transaction(
        type=TransactionType(FRAUD["type"]),
        amount=FRAUD["amount"],
        hour=hour_of_step(FRAUD["step"]),
        origin=FRAUD["nameOrig"],
        destination=FRAUD["nameDest"],
        origin_balance=FRAUD["oldbalanceOrg"],
    )
    row = np.array([feature_row(transaction, names)], dtype=np.float32)
    return {
        "transaction": asdict(transaction),
        "fraud_probability": float(arm.probabilities(row)[0]),
    }


def _manifest(
    model: bytes, feature_set: str, trained_on: dict[str, Any], metrics: dict[str, Any]
) -> dict[str, Any]:
    return {
        "version": version_of(model),
        "sha256": hashlib.sha256(model).hexdigest(),
        "size": len(model),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "feature_set": feature_set,
        "trained_on": trained_on,
        "metrics": metrics["arms"][feature_set],
    }
