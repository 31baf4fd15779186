"""The content of a bundle, and the manifest for people."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final, NotRequired, TypedDict

import numpy as np

from fraud_api_lambda.decisions.bundle import REFERENCE, SECOND, version_of
from fraud_api_lambda.decisions.model_examples import Examples
from fraud_api_lambda.domain.plain_schema import learned_as_dict, schema_as_dict
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.model import calibration
from training.analysis.findings import sentence
from training.bundling.provenance import origin_of
from training.bundling.typical_values import typical_values
from training.data.encoder import PlanEncoder
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.data.time_split import Split
from training.fitting.fitted_model import FittedModel
from training.fitting.settings import Settings
from training.metrics.figures import Evaluation
from training.policy.figures import PolicyOutcome
from training.reporting.libraries import libraries
from training.reporting.schema import RunMetrics, TrainedOn, end_of


def trained_on(
    rows: SplitRows, evaluated: Split, fitted: FittedModel, settings: Settings, *, refitted: bool
) -> TrainedOn:
    """Describe the training data and settings of a model, for its bundle and ``GET /model``."""
    trained, split, calendar = rows.trained, rows.split, rows.all.dataset.calendar
    return {
        "data": origin_of(rows.all.frame, rows.all.dataset.schema.roles.payer),
        "rows": len(trained),
        "frauds": int(trained.is_fraud.sum()),
        "fraud_rate": float(np.average(trained.is_fraud, weights=trained.weights)),
        "windows": {
            "fit": split.fit.as_dict(calendar),
            "calibrate": None if split.calibrate is None else split.calibrate.as_dict(calendar),
            "threshold": split.threshold.as_dict(calendar),
        },
        "evaluated_on": evaluated.test.as_dict(calendar),
        "refitted": refitted,
        "resampling": settings.resampling,
        "smote_ratio": settings.smote_ratio,
        "invented_frauds": fitted.boosted.n_synthetic,
        "seed": settings.seed,
        "libraries": libraries(),
    }


EVERY_CURVE_POINT: Final = 5
"""``GET /model`` repeats the first and every fifth of the curve's 50 points."""


class ServedFigures(Evaluation):
    """The figures that ``GET /model`` repeats; ``metrics.json`` holds all of them."""

    outcome: PolicyOutcome
    average_precision_by_feature_set: dict[str, float]
    warnings: list[str]
    evaluated_until: int
    evaluated_until_shown: str
    evaluated_version: NotRequired[str]


def served_figures(
    feature_set: str, metrics: RunMetrics, *, evaluated_version: str | None
) -> ServedFigures:
    """Select the figures that a bundle or a manifest repeats.

    Parameters
    ----------
    feature_set : str
    metrics : RunMetrics
    evaluated_version : str, optional
        The model that the figures are of; None in its own bundle, which cannot hold its own digest.
    """
    chosen = metrics["arms"][feature_set]
    curve = chosen["curve"]
    figures: ServedFigures = {
        "rows": chosen["rows"],
        "transactions": chosen["transactions"],
        "frauds": chosen["frauds"],
        "fraud_rate": chosen["fraud_rate"],
        "average_precision": chosen["average_precision"],
        "average_precision_low": chosen["average_precision_low"],
        "average_precision_high": chosen["average_precision_high"],
        "precision_at_recall": chosen["precision_at_recall"],
        "recall_at_reviews": chosen["recall_at_reviews"],
        "at_threshold": chosen["at_threshold"],
        "calibration": chosen["calibration"],
        "reliability": chosen["reliability"],
        "outcome": chosen["outcome"],
        "curve": [curve[0], *curve[EVERY_CURVE_POINT - 1 :: EVERY_CURVE_POINT]],
        "average_precision_by_feature_set": {
            name: other["average_precision"] for name, other in metrics["arms"].items()
        },
        "warnings": [sentence(finding) for finding in metrics["findings"]],
        "evaluated_until": metrics["split"]["threshold"]["end"],
        "evaluated_until_shown": end_of(metrics["split"]["threshold"], metrics["schema"]),
    }
    if evaluated_version is not None:
        figures["evaluated_version"] = evaluated_version
    return figures


NEVER: Final = 1.0
"""The threshold of a second model that reaches no goal: no probability is as high."""


def content(
    trained: Rows,
    fitted: FittedModel,
    *,
    examples: Examples,
    seen: TrainedOn,
    figures: ServedFigures,
    second: dict[str, Any] | None = None,
    reference: bytes | None = None,
) -> dict[str, Any]:
    """The content of a bundle, as `bundle.pack` takes it.

    Parameters
    ----------
    trained : Rows
    fitted : FittedModel
    examples : Examples
    seen : TrainedOn
        From `trained_on`.
    figures : ServedFigures
    second : dict, optional
        The content of the second model.
    reference : bytes, optional
        From `Reference.to_bytes`; a second model has none.
    """
    plan = plan_of(fitted)
    return {
        "booster": bytes(fitted.boosted.booster.save_raw("ubj")),
        "schema": schema_as_dict(plan.schema),
        "learned": learned_as_dict(plan.learned),
        "feature_set": fitted.feature_set,
        "features": list(plan.names),
        "calibration": calibration.as_dict(fitted.calibration),
        "threshold": NEVER if fitted.threshold is None else fitted.threshold,
        "policy": fitted.policy.as_dict(),
        "typical": typical_values(trained, plan).as_dict(),
        "examples": examples.as_dict(),
        "trained_on": seen,
        "metrics": figures,
        SECOND: second,
        REFERENCE: reference,
    }


def plan_of(fitted: FittedModel) -> Plan:
    """The plan of a model that can be served; the leaky baseline has none."""
    encoder = fitted.boosted.encoder
    assert isinstance(encoder, PlanEncoder)  # noqa: S101  # for the type checker
    return encoder.plan


class Manifest(TypedDict):
    """A model's manifest, for people; nothing trusts it."""

    version: str
    sha256: str
    size: int
    created: str
    feature_set: str
    trained_on: TrainedOn
    metrics: ServedFigures


def manifest(model: bytes, feature_set: str, seen: TrainedOn, metrics: RunMetrics) -> Manifest:
    """Describe the bundle of a published model."""
    version = metrics["evaluated"]["version"]
    return {
        "version": version_of(model),
        "sha256": hashlib.sha256(model).hexdigest(),
        "size": len(model),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "feature_set": feature_set,
        "trained_on": seen,
        "metrics": served_figures(feature_set, metrics, evaluated_version=version),
    }
