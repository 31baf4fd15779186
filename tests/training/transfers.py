"""Rows of small tests: transfers that differ only in the columns that matter."""

from typing import Any

import numpy as np
import pandas as pd

from tests.paysim_files import rows_of
from tests.transactions import TYPES
from training.data.rows import Rows


def transfers(is_fraud: np.ndarray, **columns: Any) -> Rows:
    """Labelled transfers; a column that is not given has the same value in every row."""
    usual = {"step": 1, "amount": 100.0, "nameOrig": "C1", "oldbalanceOrg": 1e9, "nameDest": "C2"}
    kinds = pd.Categorical(["TRANSFER"] * len(is_fraud), categories=TYPES)
    labels = np.asarray(is_fraud).astype(np.int8)
    return rows_of(pd.DataFrame({**usual, **columns, "type": kinds, "isFraud": labels}))
