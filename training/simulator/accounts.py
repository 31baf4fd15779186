"""Account ids of the simulated customers and merchants."""

import re
from typing import Final

import numpy as np

from training.simulator.population import Population

STRIDE: Final = 7_777_777
"""Odd, so that the mapping of indices to ids is one to one; large, so that neighbours differ."""

FIRST_CUSTOMER: Final = 1_234_567
FIRST_MERCHANT: Final = 7_654_321
IDS: Final = 2**31


def account_ids(people: Population) -> np.ndarray:
    """Account ids by index, customers first."""
    customers = [f"C{(STRIDE * n + FIRST_CUSTOMER) % IDS}" for n in range(people.n_customers)]
    merchants = [f"M{(STRIDE * n + FIRST_MERCHANT) % IDS}" for n in range(people.n_merchants)]
    return np.array(customers + merchants, dtype=object)


def customer_index(account: str) -> int | None:
    """The index, below `IDS`, of the customer with this id; None for an id of another form.

    The inverse of `account_ids`. Ids of the same form from other sources map to indices spread
    evenly below `IDS`.
    """
    match = re.fullmatch(r"C(0|[1-9][0-9]{0,9})", account)
    if match is None or int(match[1]) >= IDS:
        return None
    return (int(match[1]) - FIRST_CUSTOMER) * pow(STRIDE, -1, IDS) % IDS
