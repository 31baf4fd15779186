"""Reports of frauds: how long after a payment its label is known, if ever."""

from typing import Final

import numpy as np

DELAY_MEDIAN: Final = 72.0
DELAY_SIGMA: Final = 0.8
"""Hours until a fraud is reported, log-normally distributed."""

NEVER_REPORTED: Final = 0.03
DISPUTED: Final = 0.0002
"""Share of frauds without a report, and of genuine rows that the payer reports as fraud."""


def report_delays(random: np.random.Generator, is_fraud: np.ndarray) -> np.ndarray:
    """Whole hours until each payment is reported as a fraud; NaN if it never is."""
    probability = np.where(is_fraud, 1 - NEVER_REPORTED, DISPUTED)
    reported = random.random(len(is_fraud)) < probability
    delay = np.ceil(DELAY_MEDIAN * random.lognormal(0, DELAY_SIGMA, len(is_fraud)))
    return np.where(reported, delay, np.nan)
