"""Small real bundles: a booster fitted in milliseconds on invented rows."""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import xgboost as xgb

from fraud_api_lambda.decisions.bundle import FORMAT, pack, version_of
from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.decisions.policy import Policy, decide
from fraud_api_lambda.decisions.typical import Hours, Typical
from fraud_api_lambda.domain.transaction import TYPES, Transaction, TransactionType
from fraud_api_lambda.features.payment import FEATURE_SETS, feature_row
from fraud_api_lambda.model.calibration import Calibration, Platt, as_dict, calibrated
from tests.transactions import transaction

POLICY = Policy(
    currency="EUR",
    fraud_fixed=1.0,
    fraud_share=0.0,
    review_cost=1e9,
    review_friction=0.0,
    review_catches=0.0,
    block_fixed=1.0,
    block_share=0.0,
    reviews_per_thousand=0.0,
    shadow_price=0.0,
    single_threshold=0.5,
)
"""Fraud and false alarm cost the same at any amount: blocks above one half."""

CALIBRATION = Platt(slope=1.0, intercept=0.0)

EMPTIED = transaction(amount=1_000.0)
PURCHASE = transaction(
    type=TransactionType.PAYMENT, amount=20.0, origin_balance=5_000.0, destination="M1"
)


def priced(policy: Policy, **numbers: float) -> Policy:
    """The policy with some of its numbers replaced."""
    return Policy.from_dict({**policy.as_dict(), **numbers})


def make_bundle(seed: int = 0, **changes: Any) -> bytes:
    """The bytes of a bundle that flags emptied accounts.

    Each seed gives another model, the same one every time; `changes` replace what is packed.
    """
    return pack(make_content(seed) | changes)


def examples_of(
    booster: xgb.Booster,
    names: Sequence[str],
    *,
    calibration: Calibration = CALIBRATION,
    policy: Policy = POLICY,
) -> Examples:
    """An emptied account and a purchase, as examples with their decisions."""
    answered = []
    for payment in EMPTIED, PURCHASE:
        row = np.array([feature_row(payment, names)], dtype=np.float32)
        margin = booster.inplace_predict(row, predict_type="margin", validate_features=False)[0]
        probability = calibrated(float(margin), calibration)
        decision = decide(probability, payment.amount, policy)
        answered.append(Example(payment, probability, decision))
    return Examples(
        stopped=next((each for each in answered if each.decision != "approve"), None),
        approved=next((each for each in answered if each.decision == "approve"), None),
    )


def pickled(content: dict[str, Any]) -> bytes:
    """The bytes of a bundle with any content, unchecked."""
    buffer = io.BytesIO()
    joblib.dump({"format": FORMAT, **content}, buffer)
    return buffer.getvalue()


def make_content(seed: int = 0, feature_set: str = "decision-time") -> dict[str, Any]:
    """The content that `make_bundle` packs."""
    names = FEATURE_SETS[feature_set]
    booster = _booster(seed, names)
    usual = feature_row(transaction(amount=500.0, origin_balance=5_000.0), names)
    typical = Typical(
        {
            name: dict.fromkeys(TYPES, float(value))
            for name, value in zip(names, usual, strict=True)
        },
        dict.fromkeys(TYPES, Hours(8, 21)),
        ("CASH_OUT", "TRANSFER"),
    )
    return {
        "booster": bytes(booster.save_raw("ubj")),
        "feature_set": feature_set,
        "features": list(names),
        "calibration": as_dict(CALIBRATION),
        "threshold": 0.5,
        "policy": POLICY.as_dict(),
        "typical": typical.as_dict(),
        "examples": examples_of(booster, names).as_dict(),
        "trained_on": {"rows": 200, "seed": seed},
        "metrics": {"average_precision": 0.5},
    }


def write_model(
    directory: Path, data: bytes, *, created: str = "2026-01-01T00:00:00+00:00", **changes: Any
) -> str:
    """Write a bundle and its manifest as `train` does; returns the version."""
    manifest = {
        "version": version_of(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "created": created,
        "feature_set": "decision-time",
        "metrics": {"average_precision": 0.5},
    }
    directory.mkdir(exist_ok=True)
    (directory / "model.joblib").write_bytes(data)
    (directory / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    return version_of(data)


def _booster(seed: int, names: tuple[str, ...]) -> xgb.Booster:
    chance = np.random.default_rng(seed)
    payments = [_payment(chance, is_fraud=index % 4 == 0) for index in range(200)]
    rows = np.array([feature_row(payment, names) for payment in payments], dtype=np.float32)
    labels = np.array([index % 4 == 0 for index in range(200)])
    booster = xgb.train(
        {"objective": "binary:logistic", "max_depth": 3, "nthread": 1, "seed": seed},
        xgb.DMatrix(rows, label=labels, nthread=1),
        num_boost_round=5,
    )
    booster.feature_names = list(names)
    return booster


def _payment(chance: np.random.Generator, *, is_fraud: bool) -> Transaction:
    kinds = ["CASH_OUT", "TRANSFER"] if is_fraud else list(TransactionType)
    balance = float(chance.integers(1_000, 1_000_000))
    return transaction(
        type=TransactionType(chance.choice(kinds)),
        amount=balance if is_fraud else balance * float(chance.uniform(0, 1.2)),
        hour=int(chance.integers(24)),
        destination="C2" if is_fraud or chance.random() < 0.5 else "M2",
        origin_balance=balance,
    )
