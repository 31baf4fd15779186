"""The eleven columns of the tutorials: the warning arm of a report, never a bundle.

Four of them do not exist when the decision is due, and the last is the ratio that tutorials compute
one way in training and another in their client. The image cannot compute any of this.
"""

from typing import Final

import numpy as np
import pandas as pd

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
    """Whether the data has the balances after the payment, without which there is no such arm."""
    return set(_BALANCES) <= set(frame.columns)


def leaky_matrix(frame: pd.DataFrame) -> np.ndarray:
    """The eleven columns, shape (n_transactions, 11), float64."""
    ratio = frame["amount"] / (frame["oldbalanceOrg"] + 1e-6)
    types = [frame["type"] == kind for kind in _TYPES]
    columns = [frame["step"], frame["amount"], *(frame[name] for name in _BALANCES), *types, ratio]
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
