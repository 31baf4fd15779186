"""A fraud API as tutorials write it: the baseline of `benchmarks.serving`.

We wrote it, and kept it fair: the model is loaded once, from S3 straight into memory. The route is
a plain `def`, as FastAPI's manual advises for libraries that cannot be awaited. With
TUTORIAL_ROUTE=async it is an `async def`, without the thread pool. Runs only in .venv-tutorial.
"""
# ruff: noqa: N815  # the wire speaks PaySim's spelling

import io
import os
from typing import Any

import boto3
import joblib
import pandas as pd
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

app = FastAPI(title="Fraud detection API")

model_object = boto3.client("s3").get_object(
    Bucket=os.environ["MODEL_BUCKET"], Key=os.environ["MODEL_KEY"]
)
pipeline = joblib.load(io.BytesIO(model_object["Body"].read()))


class Transaction(BaseModel):
    """A payment."""

    step: int
    type: str
    amount: float
    nameOrig: str
    oldbalanceOrg: float
    nameDest: str
    oldbalanceDest: float | None = None


def features(transaction: Transaction) -> dict[str, float]:
    """The features that the pipeline was fitted on."""
    amount, balance = transaction.amount, transaction.oldbalanceOrg
    is_outgoing = transaction.type != "CASH_IN"
    has_balance = is_outgoing and balance > 0
    share = min(amount / balance, 10.0) if balance > 0 else float(amount > 0)
    return {
        "type_CASH_IN": float(transaction.type == "CASH_IN"),
        "type_CASH_OUT": float(transaction.type == "CASH_OUT"),
        "type_DEBIT": float(transaction.type == "DEBIT"),
        "type_PAYMENT": float(transaction.type == "PAYMENT"),
        "type_TRANSFER": float(transaction.type == "TRANSFER"),
        "amount": amount,
        "payee_is_merchant": float(transaction.nameDest.startswith("M")),
        "hour": float(transaction.step % 24),
        "balance": balance,
        "share_leaving": share if is_outgoing else 0.0,
        "emptied": float(has_balance and abs(amount - balance) <= 0.005),
        "nearly_emptied": float(has_balance and share >= 0.95 and amount < balance - 0.005),
        "exceeds_balance": float(is_outgoing and amount > balance + 0.005),
        "balance_zero": float(balance == 0),
    }


def scored(transaction: Transaction) -> dict[str, Any]:
    """Score a payment."""
    frame = pd.DataFrame([features(transaction)])
    prediction = pipeline.predict(frame)[0]
    probability = pipeline.predict_proba(frame)[0][1]
    return {"is_fraud": bool(prediction), "fraud_probability": float(probability)}


if os.environ.get("TUTORIAL_ROUTE") == "async":

    @app.post("/predict")
    async def predict(transaction: Transaction) -> dict[str, Any]:
        """Say whether a payment is a fraud."""
        return scored(transaction)

else:

    @app.post("/predict")
    def predict_in_a_thread(transaction: Transaction) -> dict[str, Any]:
        """Say whether a payment is a fraud."""
        return scored(transaction)


handler = Mangum(app)
