"""The decimal places of amounts: no more than the schema says, so that sums in cents are exact."""

from typing import Final

import numpy as np

MOST: Final = 6
"""The most decimal places that a schema may have."""

ROUNDING: Final = 4
"""Tolerated errors in units of the last place, as sums of binary fractions have them."""


def decimals_fault(amounts: np.ndarray, decimals: int) -> tuple[int, str] | None:
    """The index of the first amount with more decimal places than `decimals`, and the words for it.

    Parameters
    ----------
    amounts : ndarray of shape (n_transactions,)
        Floats as in the file: those of 32 bits are rounded more coarsely.
    decimals : int
        0 to `MOST`.

    Returns
    -------
    tuple or None
        None if there is no such amount.
    """
    is_faulty = ~_fit(amounts, decimals)
    if not is_faulty.any():
        return None
    first, others = int(is_faulty.argmax()), int(is_faulty.sum()) - 1
    more = f" ({others:,} more {'row has' if others == 1 else 'rows have'} this)" if others else ""
    places = f"{decimals} decimal place{'' if decimals == 1 else 's'}"
    return first, f"{amounts[first]} has more than {places}; {_advice(amounts, decimals)}{more}"


def _advice(amounts: np.ndarray, decimals: int) -> str:
    enough = [more for more in range(decimals + 1, MOST + 1) if _fit(amounts, more).all()]
    if enough:
        return f"round it, or set decimals = {enough[0]}"
    return f"round it to at most {MOST}, and set decimals to as many"


def _fit(amounts: np.ndarray, decimals: int) -> np.ndarray:
    """Mask of the amounts that have at most `decimals` decimal places, up to binary rounding."""
    tolerance = ROUNDING * np.finfo(amounts.dtype).eps * amounts
    fits: np.ndarray = np.abs(amounts - np.round(amounts, decimals)) <= tolerance
    return fits
