"""Where a model's data came from: our simulator, or whoever trained it.

Two marks of the simulator are looked for: its account ids, which outlive dropped columns and
chosen rows, and its column `typology`. A file without both passes for the user's own.
"""

from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.bundle import Bundle
from training.simulator.population import IDS, customer_index
from training.simulator.simulate import TYPOLOGIES

SIMULATED: Final = "simulated"
PROVIDED: Final = "provided"

SAMPLE: Final = 10_000
"""Rows whose payers are looked at, spread over the file."""

ENOUGH: Final = 0.1
"""Share of rows whose payer has an id of the simulator; with random ids of that form, 0.01."""

MOST_CUSTOMERS: Final = IDS // 100


def origin_of(frame: pd.DataFrame) -> str:
    """`SIMULATED` or `PROVIDED`, for rows that `read_transactions` gave.

    Rows of both kinds count as simulated where a tenth of them are.
    """
    return SIMULATED if _has_our_typologies(frame) or _has_our_accounts(frame) else PROVIDED


def is_of_simulated(bundle: Bundle) -> bool:
    """Whether a model was trained on simulated data, by its own word."""
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
