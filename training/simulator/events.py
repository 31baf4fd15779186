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
    """What is to happen, as columns of shape (n_events,).

    Attributes
    ----------
    step : int
        Hour, from 1.
    kind : int
        Index into `TYPES`.
    payer, payee : int
        Customers from 0, merchants after them. The payer of a CASH_IN receives.
    amount : float
        What is meant to move. Genuine payouts choose among the amounts meant lately, so that
        all together stay the amounts that were drawn.
    scale : float
        How much larger amounts are at that hour than over the day.
    plan : int
        A `Plan`: the amount as it is; more than the payer holds; his usual share of the balance or
        an unusual one; `share` of the balance; `share` of what came in to `scheme`.
    share : float
        Where the plan asks for one. On genuine payouts, if not 0: somebody with a plausible balance
        is to take this share of it, the next one to pay out.
    whim : float
        Uniform from 0 to 1: settles what is left to chance.
    slot : int
        Whose victim the payer is to be, an index into the `Victims`, or -1.
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
        """All in time order; events of one step stay in the order given."""
        order = np.argsort(np.concatenate([part.step for part in parts]), kind="stable")
        names = (column.name for column in fields(cls))
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts])[order] for name in names)
        )


class Event(NamedTuple):
    """One of the `Events`, as far as the ledger reads it."""

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
