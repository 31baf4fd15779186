"""One booster in two files: a pickled pipeline for the tutorial stack, a bundle for ours."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3
import joblib
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from xgboost import XGBClassifier

from fraud_api_lambda.decisions.bundle import pack, version_of
from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.decisions.policy import Policy, decide
from fraud_api_lambda.domain.examples import FRAUD, GENUINE
from fraud_api_lambda.features.payment import FEATURE_SETS, feature_row
from fraud_api_lambda.model.calibration import Platt, as_dict, calibrated
from fraud_api_lambda.web.requests import TransactionIn
from training.bundling.typical_values import typical_values
from training.data.matrix import feature_matrix
from training.data.transactions import to_facts
from training.fitting.pipeline import BOOSTER
from training.local.aws import LocalAws
from training.local.registry import serve_from
from training.policy.costs import policy_for
from training.simulator.simulate import simulate

FEATURE_SET: Final = "decision-time"
NAMES: Final = FEATURE_SETS[FEATURE_SET]
CALIBRATION: Final = Platt(slope=1.0, intercept=0.0)
"""Does not change the probability, but takes as long as a calibration that does."""

WITHOUT_REVIEWS: Final = {"review_catches": 0.0}
"""Disables reviews, so that the fraud example is blocked with any simulated data."""

ROWS: Final = 100_000
TUTORIAL_KEY: Final = "tutorial/pipeline.joblib"


def write_models(folder: Path, *, rows: int = ROWS, seed: int = 0) -> None:
    """Fit a model on simulated transactions, and write a file for each stack."""
    frame = simulate(rows, seed)
    matrix = pd.DataFrame(feature_matrix(to_facts(frame), NAMES), columns=pd.Index(NAMES))
    classifier = XGBClassifier(**BOOSTER, random_state=seed)
    pipeline = Pipeline([("smote", SMOTE(random_state=seed)), ("classify", classifier)])
    pipeline.fit(matrix, frame["isFraud"])
    joblib.dump(pipeline, folder / "pipeline.joblib")
    model = pack(_content(pipeline, frame))
    (folder / "model.joblib").write_bytes(model)
    (folder / "manifest.json").write_text(json.dumps(_manifest(model)))


def publish_models(aws: LocalAws, folder: Path) -> dict[str, str]:
    """Upload both models; return the environment variables that name the tutorial's."""
    serve_from(aws, folder)
    pickled = (folder / "pipeline.joblib").read_bytes()
    boto3.client("s3").put_object(Bucket=aws.bucket, Key=TUTORIAL_KEY, Body=pickled)
    return {"MODEL_BUCKET": aws.bucket, "MODEL_KEY": TUTORIAL_KEY}


def _content(pipeline: Pipeline, frame: pd.DataFrame) -> dict[str, Any]:
    booster = pipeline.named_steps["classify"].get_booster()
    genuine = frame[frame["isFraud"] == 0]
    policy = policy_for(WITHOUT_REVIEWS, float(genuine["amount"].median()))
    return {
        "booster": bytes(booster.save_raw("ubj")),
        "feature_set": FEATURE_SET,
        "features": list(NAMES),
        "calibration": as_dict(CALIBRATION),
        "threshold": 0.5,
        "policy": policy.as_dict(),
        "typical": typical_values(
            to_facts(frame), frame["isFraud"].to_numpy(dtype=bool), np.ones(len(frame)), NAMES
        ).as_dict(),
        "examples": _examples(pipeline, policy).as_dict(),
        "trained_on": {"rows": len(frame)},
        "metrics": {},
    }


def _examples(pipeline: Pipeline, policy: Policy) -> Examples:
    stopped, approved = (_example(pipeline, policy, body) for body in (FRAUD, GENUINE))
    return Examples(stopped, approved)


def _example(pipeline: Pipeline, policy: Policy, body: dict[str, Any]) -> Example:
    payment = TransactionIn.model_validate(body).to_domain()
    row = np.array([feature_row(payment, NAMES)], dtype=np.float32)
    booster = pipeline.named_steps["classify"].get_booster()
    margin = booster.inplace_predict(row, predict_type="margin", validate_features=False)
    probability = calibrated(float(margin[0]), CALIBRATION)
    return Example(payment, probability, decide(probability, payment.amount, policy))


def _manifest(model: bytes) -> dict[str, Any]:
    return {
        "version": version_of(model),
        "sha256": hashlib.sha256(model).hexdigest(),
        "size": len(model),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "feature_set": FEATURE_SET,
        "metrics": {},
    }
