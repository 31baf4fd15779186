"""Small real bundles: a booster fitted in milliseconds on invented rows."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import xgboost as xgb

from fraud_api_lambda.decisions.bundle import FORMAT, pack, version_of
from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.decisions.policy import Policy, decide
from fraud_api_lambda.decisions.typical import ALL, Hours, Typical
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.domain.plain_schema import learned_as_dict, schema_as_dict
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.history.view import History
from fraud_api_lambda.model.calibration import Calibration, Platt, as_dict, calibrated
from tests.transactions import LEARNED, PAYSIM, PLANS, TYPES, body, transaction

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

EMPTIED = body(amount=1_000.0)
PURCHASE = body(type="PAYMENT", amount=20.0, oldbalanceOrg=5_000.0, nameDest="M1")


def priced(policy: Policy, **numbers: float) -> Policy:
    """The policy with some of its numbers replaced."""
    return Policy.from_dict({**policy.as_dict(), **numbers})


REVIEWING = priced(
    POLICY, fraud_share=1.0, review_cost=2.0, review_catches=1.0, block_fixed=5.0, block_share=1.0
)
"""A review is cheap."""


def make_bundle(seed: int = 0, **changes: Any) -> bytes:
    """The bytes of a bundle that flags emptied accounts.

    Each seed gives another model, the same one every time; `changes` replace what is packed.
    """
    return pack(make_content(seed) | changes)


def examples_of(
    booster: xgb.Booster,
    plan: Plan,
    *,
    calibration: Calibration = CALIBRATION,
    policy: Policy = POLICY,
    sent: Sequence[dict[str, Any]] = (EMPTIED, PURCHASE),
) -> Examples:
    """The first stopped and the first approved of some payments, with their answers."""
    answered = []
    for example in sent:
        payment = plan.reader.payment(example)
        row = np.array([plan.row(payment.facts)], dtype=np.float32)
        margin = booster.inplace_predict(row, predict_type="margin", validate_features=False)[0]
        probability = calibrated(float(margin), calibration)
        decision = decide(probability, payment.facts.amount, policy)
        answered.append(Example(example, payment, probability, decision))
    return Examples(
        stopped=next((each for each in answered if each.decision != "approve"), None),
        approved=next((each for each in answered if each.decision == "approve"), None),
    )


def pickled(content: dict[str, Any]) -> bytes:
    """The bytes of a bundle with any content, unchecked."""
    buffer = io.BytesIO()
    joblib.dump({"format": FORMAT, "without_history": None, **content}, buffer)
    return buffer.getvalue()


def make_content(
    seed: int = 0, feature_set: str = "decision-time", policy: Policy = POLICY
) -> dict[str, Any]:
    """The content that `make_bundle` packs."""
    plan = PLANS[feature_set]
    booster = _booster(seed, plan)
    examples = examples_of(booster, plan, policy=policy)
    content = _content(booster, plan, typical_of(plan), examples, seed)
    return content | {"policy": policy.as_dict()}


def bundle_of(
    plan: Plan,
    sent: Sequence[dict[str, Any]],
    seed: int = 0,
    *,
    calibration: Calibration = CALIBRATION,
    **changes: Any,
) -> bytes:
    """The bytes of a bundle of any plan; of the payments sent, every other one is a fraud."""
    rows = np.array([plan.row(plan.reader.payment(each).facts) for each in sent], dtype=np.float32)
    booster = _fitted(rows, np.arange(len(sent)) % 2 == 0, plan, seed)
    usual = dict.fromkeys(plan.names, 0.0)
    typical = Typical({ALL: usual}, {ALL: Hours(8, 21)}, {})
    examples = examples_of(booster, plan, calibration=calibration, sent=sent)
    content = _content(booster, plan, typical, examples, seed)
    return pack(content | {"calibration": as_dict(calibration)} | changes)


def _content(
    booster: xgb.Booster, plan: Plan, typical: Typical, examples: Examples, seed: int
) -> dict[str, Any]:
    return {
        "booster": bytes(booster.save_raw("ubj")),
        "schema": json.loads(json.dumps(schema_as_dict(plan.schema))),
        "learned": json.loads(json.dumps(learned_as_dict(plan.learned))),
        "feature_set": plan.feature_set,
        "features": list(plan.names),
        "calibration": as_dict(CALIBRATION),
        "threshold": 0.5,
        "policy": POLICY.as_dict(),
        "typical": typical.as_dict(),
        "examples": examples.as_dict(),
        "trained_on": {"rows": 200, "seed": seed},
        "metrics": {"average_precision": 0.5},
        "without_history": None,
    }


def make_history_bundle(seed: int = 0, **changes: Any) -> bytes:
    """The bytes of a bundle whose booster goes by account histories, with a second model."""
    return pack(make_history_content(seed) | {"without_history": make_content(seed)} | changes)


def make_review_bundle() -> bytes:
    """The bytes of a bundle with histories that has most payments above 20 reviewed."""
    content = make_history_content(policy=REVIEWING)
    return pack(content | {"without_history": make_content(policy=REVIEWING)})


def make_history_content(seed: int = 0, policy: Policy = POLICY) -> dict[str, Any]:
    """The content of a bundle with histories, which needs a second model."""
    plan = Plan(PAYSIM, replace(LEARNED, histories=("payer", "payee", "received")), "history")
    chance = np.random.default_rng(seed)
    payments = [_payment(chance, is_fraud=False).facts for _ in range(400)]
    seen = [facts._replace(histories=_histories(chance)) for facts in payments]
    rows = np.array([plan.row(facts) for facts in seen], dtype=np.float32)
    labels = [facts.histories[1][1] + facts.histories[0][7] > 8 for facts in seen]
    booster = _fitted(rows, np.array(labels), plan, seed)
    examples = examples_of(booster, plan, policy=policy)
    content = _content(booster, plan, typical_of(plan), examples, seed)
    return content | {"policy": policy.as_dict()}


def _histories(chance: np.random.Generator) -> tuple[tuple[Any, ...], ...]:
    """Any history of each of three accounts."""
    return tuple(
        History(*chance.integers(0, 9, len(History._fields)).tolist())._replace(seen=True)
        for _ in range(3)
    )


def typical_of(plan: Plan) -> Typical:
    """The same typical values for every type."""
    usual = plan.row(transaction(amount=500.0, oldbalanceOrg=5_000.0).facts)
    values = {
        name: 0.0 if np.isnan(value) else float(value)
        for name, value in zip(plan.names, usual, strict=True)
    }
    groups = (ALL, *TYPES)
    return Typical(
        dict.fromkeys(groups, values),
        dict.fromkeys(groups, Hours(8, 21)),
        {"type": frozenset({"CASH_OUT", "TRANSFER"})},
    )


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


def _booster(seed: int, plan: Plan) -> xgb.Booster:
    chance = np.random.default_rng(seed)
    payments = [_payment(chance, is_fraud=index % 4 == 0) for index in range(200)]
    rows = np.array([plan.row(payment.facts) for payment in payments], dtype=np.float32)
    return _fitted(rows, np.array([index % 4 == 0 for index in range(200)]), plan, seed)


def _fitted(rows: Any, labels: Any, plan: Plan, seed: int) -> xgb.Booster:
    booster = xgb.train(
        {"objective": "binary:logistic", "max_depth": 3, "nthread": 1, "seed": seed},
        xgb.DMatrix(rows, label=labels, nthread=1),
        num_boost_round=5,
    )
    booster.feature_names = list(plan.names)
    return booster


def _payment(chance: np.random.Generator, *, is_fraud: bool) -> Payment:
    kinds = ["CASH_OUT", "TRANSFER"] if is_fraud else list(TYPES)
    balance = float(chance.integers(1_000, 1_000_000))
    return transaction(
        type=str(chance.choice(kinds)),
        amount=balance if is_fraud else balance * float(chance.uniform(0, 1.2)),
        step=int(chance.integers(24)) or 24,
        nameDest="C2" if is_fraud or chance.random() < 0.5 else "M2",
        oldbalanceOrg=balance,
    )
