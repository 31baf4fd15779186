"""The false alarms of a quiet week, shared among its tests. Pure."""

from typing import Final

QUIET: Final = 0.01
"""The largest probability that a quiet week gives an alarm, over all tests."""

HISTOGRAMS: Final = 0.005
"""Of the indices of all numbers together."""

CONSTANTS: Final = 0.0005
"""Of the numbers that have become constant."""

SHARES: Final = 0.0015
"""Of decisions, missing values, unknown values and limited answers."""

OUTCOMES: Final = 0.003
"""Of the share of frauds, and of observed over expected ones."""
