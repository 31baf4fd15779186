"""The ledger: settles events in time order, so that each balance follows from the earlier ones.

Amounts are settled here, because they depend on the payer's balance at that moment.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import log
from typing import Final

import numpy as np

from training.simulator.events import CASH_IN, CASH_OUT, TRANSFER, Event, Events, Plan
from training.simulator.population import Victims

WELL_FILLED: Final = 200_000.0
"""Genuine cash-outs take most of a balance below this, genuine transfers most of one above it."""

HOLDER_RANK: Final = 0.7
"""A payer whose balance exceeds more than this share of recent amounts counts as a holder, who
keeps money here, even if the plan is `ABOVE_BALANCE`."""

TOLERANCE: Final = 1.25
"""Factor by which an amount may differ from the intended one."""

MAX_FRAUD: Final = 9_999_999.0
"""PaySim has no fraud above 10 million."""

CHUNK: Final = 100_000
"""Number of events that exist as Python objects at one time."""

BALANCES: Final = ("payer_before", "payer_after", "payee_before", "payee_after")
SETTLED: Final = ("payer", "emptying", "amount", *BALANCES)


@dataclass(slots=True)
class Book:
    """All balances at one moment, and the amounts and shares that wait for a suitable payer.

    Attributes
    ----------
    held : list of float
        The balance of each customer.
    pools : dict of int to list of float
        Sorted amounts by type: the next payout takes one of them.
    victims : Victims
    active : bytearray
        1 for customers with an earlier transaction.
    emptying : list of float
        Shares of a balance that later payouts are still to take.
    chosen : dict of int to int
        The victim of each slot.
    received : dict of int to float
        The money that each mule chain has received.
    """

    held: list[float]
    pools: dict[int, list[float]]
    victims: Victims
    active: bytearray
    emptying: list[float] = field(default_factory=list)
    chosen: dict[int, int] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)

    def payer(self, event: Event) -> int:
        """The payer. In a theft: the reachable customer closest to the thief's target balance."""
        if event.slot < 0:
            return event.payer
        if event.slot not in self.chosen:
            target = log(self.victims.target[event.slot])
            reachable: list[int] = self.victims.reachable[event.slot].tolist()
            # Victims need a history and enough money.
            suitable = [one for one in reachable if self.active[one] and self.held[one] > 1_000]
            nearest = min(
                suitable or reachable, key=lambda one: abs(log(self.held[one] + 1) - target)
            )
            self.chosen[event.slot] = nearest
        return self.chosen[event.slot]

    def amount(self, event: Event, before: float) -> tuple[float, bool]:
        """The amount, and whether it is a genuine payout of 95 to 100 % of the balance."""
        if event.plan == Plan.FIXED:
            return event.amount * event.scale, False
        if event.plan == Plan.SHARE:
            return min(event.share * before, MAX_FRAUD), False
        if event.plan == Plan.SHARE_OF_CHAIN:
            return min(event.share * self.received[event.chain], MAX_FRAUD), False
        if event.share:
            self.emptying.append(event.share)
        return self._payout(event, before)

    def _payout(self, event: Event, before: float) -> tuple[float, bool]:
        pool, held = self.pools[event.kind], before / event.scale
        insort(pool, event.amount)
        beyond = bisect_right(pool, held)
        if event.plan == Plan.ABOVE_BALANCE and beyond <= HOLDER_RANK * len(pool):
            chosen = pool.pop(beyond + int(event.draw * (len(pool) - beyond)))
            return chosen * event.scale, False
        takes_most = (event.kind == TRANSFER) == (before >= WELL_FILLED)
        takes_most ^= event.plan == Plan.UNUSUAL
        # Accounts are emptied by cash-out; only small ones are emptied by transfer.
        closes = event.kind == CASH_OUT or before < WELL_FILLED
        if closes and self.emptying:
            place = _nearest(pool, self.emptying[-1] * held)
            if place is not None:
                pool.pop(place)
                return self.emptying.pop() * before, True
        place = _nearest(pool, _share(event.draw, takes_most=takes_most) * held)
        chosen = pool.pop(int(event.draw * len(pool)) if place is None else place)
        return chosen * event.scale, False

    def credit(self, event: Event, amount: float) -> tuple[float, float]:
        """The payee's balance before and after. Only transfers reach a simulated account."""
        if event.kind != TRANSFER:
            return 0.0, 0.0
        before = self.held[event.payee]
        after = self.held[event.payee] = round(before + amount, 2)
        if event.chain >= 0:
            self.received[event.chain] = self.received.get(event.chain, 0.0) + amount
        return before, after


def _share(draw: float, *, takes_most: bool) -> float:
    """A share of the balance: 50 to 94 %, or 3 to 30 %."""
    return 0.5 + 0.44 * draw if takes_most else 0.03 * 10.0**draw


def _nearest(pool: list[float], wanted: float) -> int | None:
    """The index of the amount closest to `wanted`; None if it differs by more than `TOLERANCE`."""
    place = bisect_left(pool, wanted)
    beside = [at for at in (place - 1, place) if 0 <= at < len(pool)]
    best = min(beside, key=lambda at: abs(pool[at] - wanted))
    return best if wanted / TOLERANCE <= pool[best] <= wanted * TOLERANCE else None


def settle(
    events: Events,
    balances: np.ndarray,
    pools: dict[int, list[float]],
    victims: Victims,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, np.ndarray]:
    """Settle the amount of each event, and both balances before and after.

    Parameters
    ----------
    events : Events
        In time order.
    balances : ndarray of shape (n_customers,), float
        At the start. Merchants have no simulated balance.
    pools : dict of int to list of float
        Sorted amounts by type for the first payouts. Changed in place.
    victims : Victims
        The possible victims of each slot.
    progress : callable
        Called before every `CHUNK` events.

    Returns
    -------
    dict of ndarray of shape (n_events,)
        The columns `SETTLED`, without negative money. In a theft `payer` is the victim; `emptying`
        is 1 for a genuine payout of 95 to 100 % of the balance.
    """
    book = Book(balances.tolist(), pools, victims, bytearray(len(balances)))
    settled = np.fromiter(
        _entries(_one_by_one(events, progress), book), dtype=np.dtype((float, len(SETTLED)))
    )
    return dict(zip(SETTLED, settled.T, strict=True))


def _entries(events: Iterator[Event], book: Book) -> Iterator[tuple[float, ...]]:
    for event in events:
        payer = book.payer(event)
        before = book.held[payer]
        intended, empties = book.amount(event, before)
        amount = max(round(intended, 2), 0.01)
        moved = amount if event.kind == CASH_IN else -amount
        after = book.held[payer] = max(round(before + moved, 2), 0.0)
        book.active[payer] = 1
        yield payer, empties, amount, before, after, *book.credit(event, amount)


def _one_by_one(events: Events, progress: Callable[[], None]) -> Iterator[Event]:
    for start in range(0, len(events.step), CHUNK):
        progress()
        chunk = (getattr(events, name)[start : start + CHUNK].tolist() for name in Event._fields)
        yield from map(Event, *chunk)
