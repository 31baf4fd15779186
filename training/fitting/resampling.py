"""What is done about few frauds: SMOTE, SMOTENC, class weight, or nothing. Acts in `fit` only."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTENC
from sklearn.preprocessing import FunctionTransformer

from fraud_api_lambda.transaction import TransactionType
from training.arm_names import RESAMPLING

DEFAULT: Final = RESAMPLING[0]

NEIGHBOURS: Final = 5

_TYPE_COLUMNS: Final = [f"type_{kind}" for kind in TransactionType]


def sampling_steps(
    resampling: str, names: Sequence[str], *, ratio: float, n_frauds: int, seed: int
) -> list[tuple[str, Any]]:
    """The pipeline's first steps: those that invent frauds, or none.

    Parameters
    ----------
    resampling : one of `RESAMPLING`
    names : sequence of str
        The columns to be resampled; where they name no types, SMOTENC has nothing to add to SMOTE.
    ratio : float in (0, 1]
        Frauds to genuine rows afterwards; no row is ever removed.
    n_frauds : int
        Frauds in the fit window; one alone has no neighbours.
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
    """How many frauds should be left: `ratio` of the genuine rows, or all if there are more."""
    n_fraud = int(is_fraud.sum())
    return {1: max(n_fraud, round(ratio * (len(is_fraud) - n_fraud)))}


def with_one_type(matrix: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The type as one number, first, then the other columns: SMOTENC would mix five of them."""
    types = [names.index(name) for name in _TYPE_COLUMNS]
    others = [index for index in range(len(names)) if index not in types]
    return np.column_stack([matrix[:, types].argmax(axis=1), matrix[:, others]])


def with_type_columns(matrix: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """What `with_one_type` made, put back into the columns of `names`."""
    columns = {name: matrix[:, 0] == code for code, name in enumerate(_TYPE_COLUMNS)}
    others = [name for name in names if name not in columns]
    columns |= dict(zip(others, matrix[:, 1:].T, strict=True))
    return np.column_stack([columns[name] for name in names]).astype(np.float64)


def restored_weights(is_fraud: np.ndarray, row_weights: np.ndarray) -> np.ndarray:
    """Weights of resampled rows: all frauds together weigh what the real ones did.

    Plain oversampling would overstate every probability by the factor it added.

    Parameters
    ----------
    is_fraud : ndarray of shape (n_resampled,), bool
        The real rows first, as SMOTE leaves them, then the invented frauds.
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
    """Class weight: frauds together weigh as much as the genuine rows do together."""
    genuine, fraud = row_weights[~is_fraud].sum(), row_weights[is_fraud].sum()
    return np.where(is_fraud, row_weights * genuine / fraud, row_weights)
