"""The leaky baseline: the eleven columns of tutorials, for comparison in a report, never served.

Two of them, the balances after the payment, do not exist when the decision is due. The last one is
a ratio that tutorials compute in one way for training and in another in their client. The Lambda
image cannot compute these columns.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from training.errors import InputError
from training.option_values import LEAKY

_BALANCES: Final = ["oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"]
_TYPES: Final = ["CASH_OUT", "DEBIT", "PAYMENT", "TRANSFER"]

LEAKY_FEATURES: Final = (
    "step",
    "amount",
    *_BALANCES,
    *(f"type_{kind}" for kind in _TYPES),
    "amt_ratio_orig",
)


def has_leaky_columns(frame: pd.DataFrame) -> bool:
    """Whether the data has all four balances, which the leaky baseline needs."""
    return set(_BALANCES) <= set(frame.columns)


def require_leaky_columns(path: Path, frame: pd.DataFrame) -> None:
    """Raise `InputError` unless the rows of a file have all four balances."""
    if not has_leaky_columns(frame):
        missing = ", ".join(name for name in _BALANCES if name not in frame)
        raise InputError(f"{path}: {LEAKY} needs a number in every row of {missing}")


def leaky_matrix(frame: pd.DataFrame) -> np.ndarray:
    """The eleven columns, shape (n_transactions, 11), float64."""
    ratio = frame["amount"] / (frame["oldbalanceOrg"] + 1e-6)
    types = [frame["type"] == kind for kind in _TYPES]
    columns = [frame["step"], frame["amount"], *(frame[name] for name in _BALANCES), *types, ratio]
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
