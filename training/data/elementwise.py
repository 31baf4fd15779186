"""The arithmetic of features on NumPy columns."""

from typing import Final

import numpy as np

from fraud_api_lambda.domain.elementwise import Arithmetic

COLUMNS: Final = Arithmetic(np.where, np.sqrt)
"""Arithmetic on columns, bit for bit that of one payment."""
