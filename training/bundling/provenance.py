"""The origin of a model's data: the simulator, or the user.

Simulated data has two marks: its account ids, which survive dropped columns and selected rows, and
the column `typology`. Data without either mark counts as the user's own.
"""

from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.decisions.bundle import Bundle
from training.reading.columns import TYPOLOGY
from training.simulator.by_schema import SIMULATORS, Simulator

SIMULATED: Final = "simulated"
PROVIDED: Final = "provided"

SAMPLE: Final = 10_000
"""Rows whose payers are checked, spread over the file."""

ENOUGH: Final = 0.1
"""The share of simulator ids among payers that marks simulated data; random ids have 0.01."""


def origin_of(frame: pd.DataFrame, payer: str | None) -> str:
    """Return `SIMULATED` or `PROVIDED` for the rows of a file.

    A mixture counts as simulated if a tenth of its rows are.

    Parameters
    ----------
    frame : DataFrame
    payer : str or None
        The column with the payer.
    """
    is_ours = _has_our_typologies(frame) or (payer is not None and _are_ours(frame[payer]))
    return SIMULATED if is_ours else PROVIDED


def is_trained_on_simulated(bundle: Bundle) -> bool:
    """Whether a model was trained on simulated data, according to its bundle."""
    return bool(bundle.trained_on.get("data") == SIMULATED)


def _has_our_typologies(frame: pd.DataFrame) -> bool:
    if TYPOLOGY not in frame:
        return False
    found = set(frame[TYPOLOGY].dropna().astype("str").unique())
    return bool(found) and any(found <= set(each.typologies) for each in SIMULATORS.values())


def _are_ours(payers: pd.Series) -> bool:
    sample = payers.iloc[:: max(1, len(payers) // SAMPLE)]
    return any(_share_of(each, sample) >= ENOUGH for each in SIMULATORS.values())


def _share_of(simulator: Simulator, accounts: pd.Series) -> float:
    """The share of accounts that a simulator may have made."""
    most = simulator.ids // 100
    numbers = [simulator.index(account) for account in accounts]
    return float(np.mean([number is not None and number < most for number in numbers]))
