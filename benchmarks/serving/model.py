"""One booster in two files: a pickled pipeline for the tutorial stack, a bundle for ours.

Another bundle of ours goes by histories of accounts. Its second model is that booster.
"""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3
import joblib
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from xgboost import Booster, XGBClassifier

from benchmarks.serving.payments import FRAUD, GENUINE
from fraud_api_lambda.decisions.bundle import SECOND, pack, version_of
from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.decisions.policy import Policy, decide
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.plain_schema import learned_as_dict, schema_as_dict
from fraud_api_lambda.features.plan import HISTORY, Plan
from fraud_api_lambda.model.calibration import Platt, as_dict, calibrated
from training.bundling.typical_values import typical_values
from training.data.learning import learn
from training.data.matrix import feature_matrix
from training.data.rows import Rows
from training.fitting.pipeline import BOOSTER
from training.histories.columns import with_histories
from training.local.aws import LocalAws
from training.local.registry import serve_from
from training.policy.costs import policy_for
from training.reading.dataset import Dataset
from training.schemas.built_in import built_in
from training.simulator.simulate import simulate

FEATURE_SET: Final = "decision-time"
CALIBRATION: Final = Platt(slope=1.0, intercept=0.0)
"""Does not change the probability, but takes as long as a calibration that does."""

CHEAP_BLOCKS: Final = {"review_catches": 0.0, "block_share": 0.005}
"""No reviews, and blocks at a tenth of the usual cost: any data blocks the fraud example."""

ROWS: Final = 100_000
TUTORIAL_KEY: Final = "tutorial/pipeline.joblib"
HISTORIES_PARAMETER: Final = "/fraud/model-with-histories"


def write_models(folder: Path, *, rows: int = ROWS, seed: int = 0) -> None:
    """Fit models on simulated transactions, and write a file for each stack."""
    simulated = Rows.of(Dataset.of(simulate(rows, seed), built_in("paysim")))
    plan = Plan(simulated.dataset.schema, learn(simulated), FEATURE_SET)
    matrix = _matrix(simulated, plan)
    classifier = XGBClassifier(**BOOSTER, random_state=seed)
    pipeline = Pipeline([("smote", SMOTE(random_state=seed)), ("classify", classifier)])
    pipeline.fit(matrix, simulated.is_fraud)
    joblib.dump(pipeline, folder / "pipeline.joblib")
    content = _content(pipeline.named_steps["classify"].get_booster(), simulated, plan)
    _write(folder, pack(content), FEATURE_SET)
    (with_history := folder / HISTORY).mkdir()
    history = _history_content(with_histories(simulated), seed)
    _write(with_history, pack(history | {SECOND: content}), HISTORY)


def publish_models(aws: LocalAws, folder: Path) -> dict[str, str]:
    """Upload all models; return the environment variables that name the tutorial's."""
    serve_from(aws, folder)
    serve_from(replace(aws, parameter=HISTORIES_PARAMETER), folder / HISTORY)
    pickled = (folder / "pipeline.joblib").read_bytes()
    boto3.client("s3").put_object(Bucket=aws.bucket, Key=TUTORIAL_KEY, Body=pickled)
    return {"MODEL_BUCKET": aws.bucket, "MODEL_KEY": TUTORIAL_KEY}


def _history_content(rows: Rows, seed: int) -> dict[str, Any]:
    """The content of a bundle that goes by histories; SMOTE could not interpolate their gaps."""
    plan = Plan(rows.dataset.schema, learn(rows), HISTORY)
    classifier = XGBClassifier(**BOOSTER, random_state=seed)
    classifier.fit(_matrix(rows, plan), rows.is_fraud)
    return _content(classifier.get_booster(), rows, plan)


def _matrix(rows: Rows, plan: Plan) -> pd.DataFrame:
    return pd.DataFrame(feature_matrix(rows.facts, plan), columns=pd.Index(plan.names))


def _write(folder: Path, model: bytes, feature_set: str) -> None:
    (folder / "model.joblib").write_bytes(model)
    (folder / "manifest.json").write_text(json.dumps(_manifest(model, feature_set)))


def _content(booster: Booster, rows: Rows, plan: Plan) -> dict[str, Any]:
    policy = policy_for(CHEAP_BLOCKS, float(np.median(rows.amounts[~rows.is_fraud])))
    return {
        "booster": bytes(booster.save_raw("ubj")),
        "schema": schema_as_dict(plan.schema),
        "learned": learned_as_dict(plan.learned),
        "feature_set": plan.feature_set,
        "features": list(plan.names),
        "calibration": as_dict(CALIBRATION),
        "threshold": 0.5,
        "policy": policy.as_dict(),
        "typical": typical_values(rows, plan).as_dict(),
        "examples": _examples(booster, policy, plan).as_dict(),
        "trained_on": {"rows": len(rows)},
        "metrics": {},
        SECOND: None,
    }


def _examples(booster: Booster, policy: Policy, plan: Plan) -> Examples:
    stopped, approved = (_example(booster, policy, plan, body) for body in (FRAUD, GENUINE))
    # A model of histories may approve both: it has never seen their accounts.
    return Examples(stopped if stopped.decision != Decision.APPROVE else None, approved)


def _example(booster: Booster, policy: Policy, plan: Plan, body: JsonObject) -> Example:
    payment = plan.reader.payment(body)
    row = np.array([plan.row(payment.facts)], dtype=np.float32)
    margin = booster.inplace_predict(row, predict_type="margin", validate_features=False)
    probability = calibrated(float(margin[0]), CALIBRATION)
    return Example(body, payment, probability, decide(probability, payment.facts.amount, policy))


def _manifest(model: bytes, feature_set: str) -> dict[str, Any]:
    return {
        "version": version_of(model),
        "sha256": hashlib.sha256(model).hexdigest(),
        "size": len(model),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "feature_set": feature_set,
        "metrics": {},
    }
