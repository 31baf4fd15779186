"""Amounts have no more decimal places than their schema says, up to binary rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.reading.decimals import decimals_fault

FIVE = "round it, or set decimals = 5"
AT_MOST = "round it to at most 6, and set decimals to as many"


@given(cents=st.lists(st.integers(0, 10**14), min_size=1), decimals=st.integers(2, 6))
def test_any_number_of_cents_fits(cents: list[int], decimals: int) -> None:
    assert decimals_fault(np.array(cents) / 100, decimals) is None


@pytest.mark.parametrize(
    "amounts",
    [np.array([0.1 + 0.2, 1.1 * 3]), np.array([100.13, 7.77], dtype=np.float32)],
    ids=["sums", "32 bits"],
)
def test_binary_rounding_is_no_decimal_place(amounts: np.ndarray) -> None:
    assert decimals_fault(amounts, 2) is None


@pytest.mark.parametrize(
    ("amounts", "decimals", "words"),
    [
        ([1.0, 1.5], 0, "1.5 has more than 0 decimal places; round it, or set decimals = 1"),
        ([1.25], 1, "1.25 has more than 1 decimal place; round it, or set decimals = 2"),
        (
            [0.001, 0.00001, 2.0, 0.5],
            2,
            f"0.001 has more than 2 decimal places; {FIVE} (1 more row has this)",
        ),
        (
            [1 / 3] * 3,
            2,
            f"{1 / 3} has more than 2 decimal places; {AT_MOST} (2 more rows have this)",
        ),
    ],
)
def test_the_first_amount_with_more_is_shown_with_the_number_that_fits_all(
    amounts: list[float], decimals: int, words: str
) -> None:
    fault = decimals_fault(np.array(amounts), decimals)

    assert fault is not None
    assert fault[1] == words
