"""Matrices: the facts that SMOTE resamples, and the features that the booster takes."""

from array import array
from collections.abc import Sequence

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.transaction import TYPES, TransactionType
from fraud_api_lambda.features.payment import FEATURE_SETS, FEATURES, Facts, feature_values
from training.data.leaky_baseline import LEAKY_FEATURES
from training.option_values import LEAKY


def features_of(feature_set: str) -> tuple[str, ...]:
    """The features of a set, also of the leaky baseline, in the booster's order."""
    return LEAKY_FEATURES if feature_set == LEAKY else FEATURE_SETS[feature_set]


def fact_names(feature_set: str) -> list[str]:
    """The features of a set that are facts, not derived: the columns that SMOTE resamples."""
    return [name for name in FEATURE_SETS[feature_set] if not FEATURES[name].derived]


def feature_matrix(facts: Facts, names: Sequence[str]) -> np.ndarray:
    """The booster's input, shape (n_transactions, n_features), float32."""
    return feature_columns(facts, names).astype(np.float32)


def packed(matrix: np.ndarray) -> "array[float]":
    """A float32 matrix in the form that the serving booster takes."""
    return array("f", matrix.tobytes())


def fact_matrix(facts: Facts, feature_set: str) -> np.ndarray:
    """SMOTE's input, shape (n_transactions, n_facts), float64."""
    return feature_columns(facts, fact_names(feature_set)).astype(np.float64)


def feature_columns(facts: Facts, names: Sequence[str]) -> np.ndarray:
    """Compute features before they are rounded to float32, shape (n_transactions, n_features)."""
    # A balance of 1e-300 overflows the share, which is capped afterwards.
    with np.errstate(over="ignore"):
        return np.column_stack(feature_values(facts, names, np.where))


def facts_from_matrix(matrix: np.ndarray, feature_set: str) -> Facts:
    """The facts of real or synthetic rows, with discrete facts rounded to a valid value."""
    columns = dict(zip(fact_names(feature_set), matrix.T, strict=True))
    types = np.column_stack([columns[f"type_{kind}"] for kind in TransactionType])
    nothing = np.zeros(len(matrix))
    return Facts(
        type=pd.Categorical.from_codes(types.argmax(axis=1), categories=pd.Index(TYPES)),
        amount=columns["amount"],
        balance=columns.get("balance", nothing),
        payee_is_merchant=columns["payee_is_merchant"] >= 0.5,
        hour=np.rint(columns.get("hour", nothing)),
    )


def derive(matrix: np.ndarray, feature_set: str) -> np.ndarray:
    """Derive the booster's input from SMOTE's: float32, shape (n_transactions, n_features)."""
    if feature_set == LEAKY:
        return matrix.astype(np.float32)
    return feature_matrix(facts_from_matrix(matrix, feature_set), FEATURE_SETS[feature_set])
