"""The events of a simulation, as columns for NumPy and one by one for the ledger."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from fraud_api_lambda.transaction import TYPES

CASH_IN, CASH_OUT, DEBIT, PAYMENT, TRANSFER = range(len(TYPES))


class Plan(IntEnum):
    """How the amount of an event is settled."""

    FIXED = 0
    ELSEWHERE = 1
    USUAL = 2
    UNUSUAL = 3
    SHARE = 4
    CASHED = 5


@dataclass(frozen=True, slots=True)
class Events:
    """Payments to be settled, as columns of shape (n_events,).

    Attributes
    ----------
    step : int
        Hour, from 1.
    kind : int
        Index into `TYPES`.
    payer, payee : int
        Customers from 0, merchants after them. The payer of a CASH_IN receives.
    amount : float
        The intended amount. Genuine payouts exchange their amounts with recent ones, so that the
        distribution of all amounts stays the drawn one.
    scale : float
        Factor of the amounts at that hour.
    plan : int
        A `Plan`: the amount unchanged; more than the payer's balance; a usual or an unusual share
        of the balance; `share` of the balance; `share` of the money that `scheme` received.
    share : float
        Share of a balance, for the plans with one. On a genuine payout, if not 0: the next payer
        with a suitable balance takes this share of it.
    whim : float
        A uniform random number from 0 to 1, for the ledger's choices.
    slot : int
        Index into `Victims` if the payer is a victim to be chosen, or -1.
    scheme : int
        Number of the mule chain, or -1.
    story : int
        A `Story`.
    """

    step: np.ndarray
    kind: np.ndarray
    payer: np.ndarray
    payee: np.ndarray
    amount: np.ndarray
    scale: np.ndarray
    plan: np.ndarray
    share: np.ndarray
    whim: np.ndarray
    slot: np.ndarray
    scheme: np.ndarray
    story: np.ndarray

    @classmethod
    def merged(cls, *parts: "Events") -> "Events":
        """All events in time order; events of one step stay in the given order."""
        order = np.argsort(np.concatenate([part.step for part in parts]), kind="stable")
        names = (column.name for column in fields(cls))
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts])[order] for name in names)
        )


class Event(NamedTuple):
    """One event, with the columns that the ledger reads."""

    kind: int
    payer: int
    payee: int
    amount: float
    scale: float
    plan: int
    share: float
    whim: float
    slot: int
    scheme: int
