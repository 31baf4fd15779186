"""SMOTE then XGBoost: the pipeline, and what it resamples.

SMOTE invents frauds between real ones. It sees only facts; what follows from them is computed after
it, by the definitions that serve, so no invented row contradicts itself. It acts in `fit` only.
"""

from array import array
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from imblearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from xgboost import XGBClassifier

from fraud_api_lambda.features import FEATURE_SETS, FEATURES, Facts, feature_values
from fraud_api_lambda.transaction import TYPES, TransactionType
from training.arm_names import LEAKY
from training.leaky import LEAKY_FEATURES
from training.resampling import restored_weights, sampling_steps

BOOSTER: Final[dict[str, Any]] = {
    "n_estimators": 300,
    "max_depth": 4,
    "learning_rate": 0.1,
    # At a fraud rate of 0.1 % a row's hessian is near 0.001: the default of 1 would forbid splits.
    "min_child_weight": 0.1,
    "reg_lambda": 1.0,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "tree_method": "hist",
}


def features_of(feature_set: str) -> tuple[str, ...]:
    """The features of a set, the leaky one included, in the booster's order."""
    return LEAKY_FEATURES if feature_set == LEAKY else FEATURE_SETS[feature_set]


def fact_names(feature_set: str) -> list[str]:
    """The features of a set that are facts: the columns that SMOTE sees."""
    return [name for name in FEATURE_SETS[feature_set] if not FEATURES[name].derived]


def feature_matrix(facts: Facts, names: Sequence[str]) -> np.ndarray:
    """The rows given to the booster, shape (n_transactions, n_features), float32."""
    return feature_columns(facts, names).astype(np.float32)


def packed(matrix: np.ndarray) -> "array[float]":
    """A float32 matrix as the serving code's booster takes rows."""
    return array("f", matrix.tobytes())


def fact_matrix(facts: Facts, feature_set: str) -> np.ndarray:
    """The facts as SMOTE sees them, shape (n_transactions, n_facts), float64."""
    return feature_columns(facts, fact_names(feature_set)).astype(np.float64)


def feature_columns(facts: Facts, names: Sequence[str]) -> np.ndarray:
    """Compute features before they are rounded to float32, shape (n_transactions, n_features)."""
    # A balance of 1e-300 overflows the share, which is capped afterwards.
    with np.errstate(over="ignore"):
        return np.column_stack(feature_values(facts, names, np.where))


def facts_from_matrix(matrix: np.ndarray, feature_set: str) -> Facts:
    """The facts of rows that SMOTE may have invented, the discrete ones put to a real value."""
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
    """The booster's rows from rows of facts: float32, shape (n_transactions, n_features)."""
    if feature_set == LEAKY:
        return matrix.astype(np.float32)
    return feature_matrix(facts_from_matrix(matrix, feature_set), FEATURE_SETS[feature_set])


class RestoredWeightClassifier(XGBClassifier):  # type: ignore[misc]  # xgboost is skipped by mypy
    """XGBoost's classifier, which gives resampled frauds the weight of the real ones."""

    def fit(
        self, X: np.ndarray, y: np.ndarray, *, row_weights: np.ndarray
    ) -> "RestoredWeightClassifier":
        """Fit on resampled rows; `row_weights` are those of the real rows, which come first."""
        self.n_fitted_ = len(y)
        super().fit(X, y, sample_weight=restored_weights(y.astype(bool), row_weights))
        return self


def build_pipeline(
    feature_set: str,
    *,
    resampling: str,
    smote_ratio: float,
    n_frauds: int,
    seed: int,
    booster: dict[str, Any] | None = None,
) -> Pipeline:
    """The unfitted pipeline; fit it on `fact_matrix` with ``classify__row_weights``.

    Parameters
    ----------
    feature_set : str
    resampling : one of `resampling.RESAMPLING`
    smote_ratio : float in (0, 1]
        Frauds to genuine rows after SMOTE, which never removes a row.
    n_frauds : int
        Frauds in the fit window; SMOTE needs neighbours.
    seed : int
    booster : dict, optional
        XGBoost's parameters where they differ from `BOOSTER`.
    """
    names = LEAKY_FEATURES if feature_set == LEAKY else fact_names(feature_set)
    derived = FunctionTransformer(partial(derive, feature_set=feature_set))
    classify = RestoredWeightClassifier(**{**BOOSTER, **(booster or {})}, random_state=seed)
    return Pipeline(
        [
            *sampling_steps(resampling, names, ratio=smote_ratio, n_frauds=n_frauds, seed=seed),
            ("derive", derived),
            ("classify", classify),
        ]
    )
