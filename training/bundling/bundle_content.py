"""The files of a fitted model: the bundle's content, and the manifest for people."""

import hashlib
from datetime import UTC, datetime
from importlib.metadata import version as installed
from typing import Any, Final

import numpy as np
import xgboost as xgb

from fraud_api_lambda import calibration
from fraud_api_lambda.bundle import version_of
from fraud_api_lambda.features import FEATURE_SETS
from fraud_api_lambda.model_examples import Examples
from training.analysis.findings import sentence
from training.bundling.provenance import origin_of
from training.bundling.typical_values import typical_values
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.data.time_split import Split
from training.fitting.fitted_model import FittedModel
from training.fitting.settings import Settings

LIBRARIES: Final = ("imbalanced-learn", "numpy", "scikit-learn")


def libraries() -> dict[str, str]:
    """The versions that a model's bytes depend on."""
    return {name: installed(name) for name in LIBRARIES} | {"xgboost": xgb.__version__}


def trained_on(
    rows: SplitRows, evaluated: Split, fitted: FittedModel, settings: Settings, *, refitted: bool
) -> dict[str, Any]:
    """What the published model saw: part of the bundle, and of ``GET /model``."""
    trained, windows = rows.trained, rows.split.as_dict()
    return {
        "data": origin_of(rows.all.frame),
        "rows": len(trained),
        "frauds": int(trained.is_fraud.sum()),
        "fraud_rate": float(np.average(trained.is_fraud, weights=trained.weights)),
        "windows": {name: windows[name] for name in ("fit", "calibrate", "threshold")},
        "evaluated_on": evaluated.as_dict()["test"],
        "refitted": refitted,
        "resampling": settings.resampling,
        "smote_ratio": settings.smote_ratio,
        "invented_frauds": fitted.n_synthetic,
        "seed": settings.seed,
        "libraries": libraries(),
    }


def content(
    trained: Rows,
    fitted: FittedModel,
    *,
    examples: Examples,
    seen: dict[str, Any],
    metrics: dict[str, Any],
) -> dict[str, Any]:
    """The fields of a bundle, as `bundle.pack` takes them; `seen` is what `trained_on` gave."""
    names = FEATURE_SETS[fitted.feature_set]
    return {
        "booster": bytes(fitted.booster.save_raw("ubj")),
        "feature_set": fitted.feature_set,
        "features": list(names),
        "calibration": calibration.as_dict(fitted.calibration),
        "threshold": fitted.threshold,
        "policy": fitted.policy.as_dict(),
        "typical": typical_values(
            trained.facts, trained.is_fraud, trained.weights, names
        ).as_dict(),
        "examples": examples.as_dict(),
        "trained_on": seen,
        "metrics": _served(fitted.feature_set, metrics),
    }


SERVED: Final = (
    "rows",
    "transactions",
    "frauds",
    "fraud_rate",
    "average_precision",
    "average_precision_low",
    "average_precision_high",
    "precision_at_recall",
    "recall_at_reviews",
    "at_threshold",
    "calibration",
    "reliability",
    "outcome",
)
"""Figures that ``GET /model`` repeats; ``metrics.json`` holds all."""


EVERY_CURVE_POINT: Final = 5
"""Of the 50 points of precision over recall, ``GET /model`` repeats the first and each fifth."""


def _served(feature_set: str, metrics: dict[str, Any]) -> dict[str, Any]:
    figures = metrics["arms"][feature_set]
    first, *_ = curve = figures["curve"]
    return {
        **{name: figures[name] for name in SERVED},
        "curve": [first, *curve[EVERY_CURVE_POINT - 1 :: EVERY_CURVE_POINT]],
        "average_precision_by_feature_set": {
            name: each["average_precision"] for name, each in metrics["arms"].items()
        },
        "warnings": [sentence(finding) for finding in metrics["findings"]],
        "evaluated_until": metrics["split"]["threshold"]["end"],
        **_evaluated_version(metrics),
    }


def _evaluated_version(metrics: dict[str, Any]) -> dict[str, Any]:
    """Nothing in the bundle that is evaluated itself: no file can hold its own digest."""
    return {"evaluated_version": metrics["evaluated"]["version"]} if "evaluated" in metrics else {}


def manifest(
    model: bytes, feature_set: str, seen: dict[str, Any], metrics: dict[str, Any]
) -> dict[str, Any]:
    """What people read beside the bundle; nothing trusts it."""
    return {
        "version": version_of(model),
        "sha256": hashlib.sha256(model).hexdigest(),
        "size": len(model),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "feature_set": feature_set,
        "trained_on": seen,
        "metrics": _served(feature_set, metrics),
    }
