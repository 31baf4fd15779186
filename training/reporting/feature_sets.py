"""The words for feature sets. Pure."""

from fraud_api_lambda.features.plan import HISTORY
from training.option_values import LEAKY
from training.reporting.formats import listed
from training.reporting.schema import SchemaFigures


def in_words(feature_set: str, schema: SchemaFigures) -> str:
    """The facts that a feature set uses, such as "payment, hour and balance"."""
    if feature_set == LEAKY:
        return "columns of afterwards"
    parts = ["payment"]
    if schema["has_hours"] and feature_set != "strict":
        parts.append("hour")
    if schema["has_balance"] and feature_set in {"decision-time", HISTORY}:
        parts.append("balance")
    if feature_set == HISTORY:
        parts.append("account histories")
    return listed(parts) if len(parts) > 1 else "payment alone"
