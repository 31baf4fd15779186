"""The ledger: plays events in time order, so that every balance follows from the ones before."""

from dataclasses import dataclass, fields
from math import isnan

import numpy as np

from fraud_api_lambda.transaction import TYPES

CASH_IN, CASH_OUT, DEBIT, PAYMENT, TRANSFER = range(len(TYPES))


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
        What is meant to move.
    share : float
        If a number: this share of the payer's balance moves instead.
    follows : int
        Index of the event whose amount `share` is taken of, or -1.
    is_fraud : bool
    """

    step: np.ndarray
    kind: np.ndarray
    payer: np.ndarray
    payee: np.ndarray
    amount: np.ndarray
    share: np.ndarray
    follows: np.ndarray
    is_fraud: np.ndarray

    @classmethod
    def merged(cls, first: "Events", second: "Events") -> "Events":
        """Both in time order; what a later event `follows` stays the same event."""
        offset = len(first.step)
        follows = np.where(second.follows >= 0, second.follows + offset, -1)
        joined = {
            field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)])
            for field in fields(cls)
        }
        joined["follows"] = np.concatenate([first.follows, follows])
        order = np.argsort(joined["step"], kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        follows = joined["follows"][order]
        joined = {name: column[order] for name, column in joined.items()}
        joined["follows"] = np.where(follows >= 0, place[follows], -1)
        return cls(**joined)


def play(events: Events, balances: np.ndarray) -> dict[str, np.ndarray]:
    """The money of each event: its amount, and both balances before and after.

    Parameters
    ----------
    events : Events
        In time order.
    balances : ndarray of shape (n_customers,), float
        At the start. Merchants hold none that we see.

    Returns
    -------
    dict of ndarray of shape (n_events,)
        `amount`, `payer_before`, `payer_after`, `payee_before`, `payee_after`, never negative.
    """
    held = balances.tolist()
    n_customers = len(held)
    rows: list[tuple[float, float, float, float, float]] = []
    columns = (events.kind, events.payer, events.payee, events.amount, events.share, events.follows)
    for kind, payer, payee, meant, share, follows in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        before = held[payer]
        amount = meant
        if not isnan(share):
            base = rows[follows][0] if follows >= 0 else before
            # An account that holds nothing is asked for what was meant, which it cannot pay.
            amount = round(share * base, 2) or meant
        after = round(before + amount if kind == CASH_IN else max(before - amount, 0.0), 2)
        held[payer] = after
        if payee >= n_customers or kind != TRANSFER:
            rows.append((amount, before, after, 0.0, 0.0))
            continue
        payee_before = held[payee]
        held[payee] = payee_after = round(payee_before + amount, 2)
        rows.append((amount, before, after, payee_before, payee_after))
    names = ("amount", "payer_before", "payer_after", "payee_before", "payee_after")
    return dict(zip(names, np.array(rows).T, strict=True))
