"""Class imbalance: SMOTE, SMOTENC, class weights, or none. Acts in `fit` only."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from imblearn.over_sampling import SMOTE, SMOTENC
from sklearn.preprocessing import FunctionTransformer

from fraud_api_lambda.features.feature import DISCRETE, Input, Measure
from training.data.matrix import level_columns
from training.option_values import RESAMPLING

DEFAULT: Final = RESAMPLING[0]

NEIGHBOURS: Final = 5


def sampling_steps(
    resampling: str, inputs: Sequence[Input], *, ratio: float, n_frauds: int, seed: int
) -> list[tuple[str, Any]]:
    """The pipeline's first steps: those that create synthetic frauds, or none.

    Parameters
    ----------
    resampling : one of `RESAMPLING`
    inputs : sequence of Input
        The columns to resample; without a category among them, SMOTENC is the same as SMOTE.
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
    categories = list(level_columns(inputs).values())
    if resampling == "smote" or not categories:
        return [("smote", SMOTE(**options))]
    others = [each for each in inputs if each.measure is not Measure.LEVEL]
    nominal = [
        *range(len(categories)),
        *(len(categories) + at for at, each in enumerate(others) if each.measure in DISCRETE),
    ]
    return [
        ("codes", FunctionTransformer(partial(with_codes, categories=categories))),
        ("smotenc", SMOTENC(nominal, **options)),
        ("levels", FunctionTransformer(partial(with_levels, categories=categories))),
    ]


def frauds_wanted(is_fraud: np.ndarray, ratio: float) -> dict[int, int]:
    """The number of frauds after resampling: `ratio` of the genuine rows, or all if more."""
    n_fraud = int(is_fraud.sum())
    return {1: max(n_fraud, round(ratio * (len(is_fraud) - n_fraud)))}


def with_codes(matrix: np.ndarray, categories: Sequence[Sequence[int]]) -> np.ndarray:
    """Each category as one number, first, then the other columns; SMOTENC would mix levels.

    The number of a row without a known level is that of the levels.
    """
    codes = []
    for columns in categories:
        levels = matrix[:, columns]
        codes.append(np.where(levels.any(axis=1), levels.argmax(axis=1), len(columns)))
    return np.column_stack([*codes, matrix[:, _others(matrix.shape[1], categories)]])


def with_levels(matrix: np.ndarray, categories: Sequence[Sequence[int]]) -> np.ndarray:
    """The inverse of `with_codes`."""
    width = matrix.shape[1] - len(categories) + sum(map(len, categories))
    restored = np.zeros((len(matrix), width))
    for code, columns in zip(matrix.T, categories, strict=False):
        restored[:, columns] = code[:, np.newaxis] == np.arange(len(columns))
    restored[:, _others(width, categories)] = matrix[:, len(categories) :]
    return restored


def _others(width: int, categories: Sequence[Sequence[int]]) -> list[int]:
    levels = {column for columns in categories for column in columns}
    return [column for column in range(width) if column not in levels]


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
