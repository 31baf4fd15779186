"""The origin of a model's data: the simulator, or the user.

Simulated data has two marks: its account ids, which survive dropped columns and selected rows, and
the column `typology`. Data without either mark counts as the user's own.
"""

from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.decisions.bundle import Bundle
from training.simulator.population import IDS, customer_index
from training.simulator.simulate import TYPOLOGIES

SIMULATED: Final = "simulated"
PROVIDED: Final = "provided"

SAMPLE: Final = 10_000
"""Rows whose payers are checked, spread over the file."""

ENOUGH: Final = 0.1
"""The share of simulator ids among payers that marks simulated data; random ids have 0.01."""

MOST_CUSTOMERS: Final = IDS // 100


def origin_of(frame: pd.DataFrame) -> str:
    """Return `SIMULATED` or `PROVIDED` for rows from `read_transactions`.

    A mixture counts as simulated if a tenth of its rows are.
    """
    return SIMULATED if _has_our_typologies(frame) or _has_our_accounts(frame) else PROVIDED


def is_trained_on_simulated(bundle: Bundle) -> bool:
    """Whether a model was trained on simulated data, according to its bundle."""
    return bool(bundle.trained_on.get("data") == SIMULATED)


def _has_our_typologies(frame: pd.DataFrame) -> bool:
    if "typology" not in frame:
        return False
    found = set(frame["typology"].dropna().astype("str").unique())
    return bool(found) and found <= set(TYPOLOGIES)


def _has_our_accounts(frame: pd.DataFrame) -> bool:
    payers = frame["nameOrig"].iloc[:: max(1, len(frame) // SAMPLE)]
    ours = [
        number is not None and number < MOST_CUSTOMERS for number in map(customer_index, payers)
    ]
    return float(np.mean(ours)) >= ENOUGH
