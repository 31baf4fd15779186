"""The arithmetic of features on NumPy columns."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.elementwise import Arithmetic


def look_up(texts: pd.Categorical, table: Mapping[str, float], default: float) -> np.ndarray:
    """The number of each text, shape (n_transactions,), float64; NaN where there is no text."""
    numbers = [*(table.get(text, default) for text in texts.categories), np.nan]
    found: np.ndarray = np.array(numbers)[texts.codes]
    return found


COLUMNS: Final = Arithmetic(np.where, np.sqrt, look_up)
"""Arithmetic on columns, bit for bit that of one payment."""
