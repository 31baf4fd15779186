"""The pipeline: SMOTE, derived features, XGBoost.

SMOTE creates synthetic frauds between real ones, in `fit` only. It resamples facts; the features
derived from them are computed afterwards, by the definitions that serve, so that no synthetic row
contradicts itself.
"""

from functools import partial
from typing import Any, Final

import numpy as np
from imblearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from xgboost import XGBClassifier

from training.data.leaky_baseline import LEAKY_FEATURES
from training.data.matrix import derive, fact_names
from training.fitting.resampling import restored_weights, sampling_steps
from training.option_values import LEAKY

BOOSTER: Final[dict[str, Any]] = {
    "n_estimators": 300,
    "max_depth": 4,
    "learning_rate": 0.1,
    # At a fraud rate of 0.1 % a row's hessian is near 0.001: the default of 1 prevents splits.
    "min_child_weight": 0.1,
    "reg_lambda": 1.0,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "tree_method": "hist",
}


class RestoredWeightClassifier(XGBClassifier):  # type: ignore[misc]  # xgboost is skipped by mypy
    """XGBoost's classifier; all frauds together keep the weight of the real ones."""

    def fit(
        self, X: np.ndarray, y: np.ndarray, *, row_weights: np.ndarray
    ) -> "RestoredWeightClassifier":
        """Fit on resampled rows; `row_weights` belong to the real rows, which come first."""
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
        Ratio of frauds to genuine rows after SMOTE, which never removes a row.
    n_frauds : int
        Frauds in the fit window: they limit SMOTE's neighbours.
    seed : int
    booster : dict, optional
        XGBoost's parameters that differ from `BOOSTER`.
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
