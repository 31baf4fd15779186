"""The events of a simulation, as columns for NumPy and as tuples for the ledger."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final, NamedTuple

import numpy as np

from training.simulator.columns import Columns

TYPES: Final = ("CASH_IN", "CASH_OUT", "DEBIT", "PAYMENT", "TRANSFER")
"""The five kinds of mobile-money payment, in the order of their codes."""

CASH_IN, CASH_OUT, DEBIT, PAYMENT, TRANSFER = range(len(TYPES))


class Plan(IntEnum):
    """How the ledger settles the amount of an event.

    FIXED leaves it unchanged. ABOVE_BALANCE takes an amount above the payer's balance, USUAL and
    UNUSUAL one that is a usual or an unusual share of it. SHARE takes the event's `share` of the
    balance, SHARE_OF_CHAIN that of the money that the chain has received.
    """

    FIXED = 0
    ABOVE_BALANCE = 1
    USUAL = 2
    UNUSUAL = 3
    SHARE = 4
    SHARE_OF_CHAIN = 5


@dataclass(frozen=True, slots=True)
class Events(Columns):
    """Payments to be settled, as columns of shape (n_events,).

    Attributes
    ----------
    step : int
        Hour, from 1.
    kind : int
        Index into `TYPES`.
    payer, payee : int
        Indices: customers from 0, then merchants. In a CASH_IN the payer's balance grows.
    amount : float
        The amount as drawn. Genuine payouts swap amounts with recent ones, so that each suits its
        payer's balance and the distribution of all amounts stays as drawn.
    scale : float
        Factor of the amounts at that hour.
    plan : int
        A `Plan`.
    share : float
        The share that `plan` takes. On a genuine payout, a share above 0 waits for the next payer
        with a suitable balance, who pays out that share of it.
    draw : float
        A uniform random number from 0 to 1, for the ledger's choices.
    slot : int
        Index into `Victims` if the payer is a victim to be chosen, or -1.
    chain : int
        Number of the mule chain or of the collection that is passed on, or -1.
    typology : int
        A `Typology`.
    """

    TIME: ClassVar[str] = "step"

    step: np.ndarray
    kind: np.ndarray
    payer: np.ndarray
    payee: np.ndarray
    amount: np.ndarray
    scale: np.ndarray
    plan: np.ndarray
    share: np.ndarray
    draw: np.ndarray
    slot: np.ndarray
    chain: np.ndarray
    typology: np.ndarray


class Event(NamedTuple):
    """One event, with the columns that the ledger reads."""

    kind: int
    payer: int
    payee: int
    amount: float
    scale: float
    plan: int
    share: float
    draw: float
    slot: int
    chain: int
