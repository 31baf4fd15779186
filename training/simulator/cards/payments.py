"""Card payments as columns, and the time of day of payments."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

import numpy as np

from training.simulator.columns import Columns

HOUR: Final = 3_600
DAY: Final = 24 * HOUR

CHANNELS: Final = ("chip", "contactless", "magstripe", "online")
CHIP, CONTACTLESS, MAGSTRIPE, ONLINE = range(len(CHANNELS))

# Relative traffic by hour from midnight.
# fmt: off
SHOP_HOURS: Final = np.array([2, 1, 1, 1, 2, 5, 15, 35, 50, 55, 60, 70,
                              85, 75, 60, 60, 70, 85, 90, 75, 50, 30, 15, 6], dtype=float)
ONLINE_HOURS: Final = np.array([20, 10, 6, 4, 4, 6, 12, 25, 35, 45, 50, 50,
                                55, 50, 45, 45, 50, 55, 60, 70, 85, 90, 70, 40], dtype=float)
# fmt: on


class Typology(IntEnum):
    """The typology of a payment; frauds come last."""

    GENUINE = 0
    NIGHT_WORK = 1
    TRAVEL = 2
    NEW_DEVICE = 3
    LARGE_PURCHASE = 4
    SHOPPING_SPREE = 5
    SALE = 6
    WAKING = 7
    TAKE_OVER = 8
    CARD_TESTING = 9
    COMPROMISED_MERCHANT = 10
    FRAUDULENT_MERCHANT = 11
    DORMANT_CARD = 12


@dataclass(frozen=True, slots=True)
class Payments(Columns):
    """Card payments, of shape (n_payments,).

    Attributes
    ----------
    second : int
        Seconds since the start of the first day.
    customer, merchant : int
        Indices into `Customers` and `Merchants`.
    amount : float
        Not rounded yet.
    channel : int
        Index into `CHANNELS`.
    device : int
        Each customer owns four of them; see `customers`. Devices of others come after these.
    device_is_known : bool
        Whether the customer has paid with this device before.
    typology : int
        A `Typology`.
    """

    TIME: ClassVar[str] = "second"

    second: np.ndarray
    customer: np.ndarray
    merchant: np.ndarray
    amount: np.ndarray
    channel: np.ndarray
    device: np.ndarray
    device_is_known: np.ndarray
    typology: np.ndarray
