"""Class imbalance: SMOTE, SMOTENC, class weights, or none. Acts in `fit` only."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTENC
from sklearn.preprocessing import FunctionTransformer

from fraud_api_lambda.domain.transaction import TransactionType
from training.option_values import RESAMPLING

DEFAULT: Final = RESAMPLING[0]

NEIGHBOURS: Final = 5

_TYPE_COLUMNS: Final = [f"type_{kind}" for kind in TransactionType]


def sampling_steps(
    resampling: str, names: Sequence[str], *, ratio: float, n_frauds: int, seed: int
) -> list[tuple[str, Any]]:
    """The pipeline's first steps: those that create synthetic frauds, or none.

    Parameters
    ----------
    resampling : one of `RESAMPLING`
    names : sequence of str
        The columns to resample; without the types among them, SMOTENC is the same as SMOTE.
    ratio : float in (0, 1]
        Ratio of frauds to genuine rows afterwards; no row is removed.
    n_frauds : int
        Frauds in the fit window; a single one has no neighbours.
    seed : int
    """
    if resampling not in {"smote", "smotenc"} or n_frauds < 2:
        return []
    options = {
        "sampling_strategy": partial(frauds_wanted, ratio=ratio),
        "k_neighbors": min(NEIGHBOURS, n_frauds - 1),
        "random_state": seed,
    }
    if resampling == "smote" or not set(_TYPE_COLUMNS) <= set(names):
        return [("smote", SMOTE(**options))]
    others = [name for name in names if name not in _TYPE_COLUMNS]
    nominal = [
        0,
        *(1 + others.index(name) for name in ("payee_is_merchant", "hour") if name in names),
    ]
    return [
        ("one_type", FunctionTransformer(partial(with_one_type, names=names))),
        ("smotenc", SMOTENC(nominal, **options)),
        ("type_columns", FunctionTransformer(partial(with_type_columns, names=names))),
    ]


def frauds_wanted(is_fraud: np.ndarray, ratio: float) -> dict[int, int]:
    """The number of frauds after resampling: `ratio` of the genuine rows, or all if more."""
    n_fraud = int(is_fraud.sum())
    return {1: max(n_fraud, round(ratio * (len(is_fraud) - n_fraud)))}


def with_one_type(matrix: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The type as one number, first, then the other columns; SMOTENC would mix one-hot columns."""
    types = [names.index(name) for name in _TYPE_COLUMNS]
    others = [index for index in range(len(names)) if index not in types]
    return np.column_stack([matrix[:, types].argmax(axis=1), matrix[:, others]])


def with_type_columns(matrix: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The inverse of `with_one_type`: the columns of `names`."""
    columns = {name: matrix[:, 0] == code for code, name in enumerate(_TYPE_COLUMNS)}
    others = [name for name in names if name not in columns]
    columns |= dict(zip(others, matrix[:, 1:].T, strict=True))
    return np.column_stack([columns[name] for name in names]).astype(np.float64)


def restored_weights(is_fraud: np.ndarray, row_weights: np.ndarray) -> np.ndarray:
    """Weights of resampled rows: all frauds together keep the weight of the real ones.

    Plain oversampling would overstate every probability by the factor of added frauds.

    Parameters
    ----------
    is_fraud : ndarray of shape (n_resampled,), bool
        The real rows first, as SMOTE returns them, then the synthetic frauds.
    row_weights : ndarray of shape (n_transactions,), float
        Weights of the real rows.

    Returns
    -------
    ndarray of shape (n_resampled,)
        Normalised to mean 1.
    """
    n_real = len(row_weights)
    real_frauds = row_weights[is_fraud[:n_real]]
    weights = np.full(len(is_fraud), real_frauds.mean())
    weights[:n_real] = row_weights
    weights[is_fraud] *= real_frauds.sum() / weights[is_fraud].sum()
    return weights / weights.mean()


def balanced_weights(is_fraud: np.ndarray, row_weights: np.ndarray) -> np.ndarray:
    """Class weights: all frauds together weigh as much as all genuine rows."""
    genuine, fraud = row_weights[~is_fraud].sum(), row_weights[is_fraud].sum()
    return np.where(is_fraud, row_weights * genuine / fraud, row_weights)
