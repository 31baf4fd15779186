"""The ledger: plays events in time order, so that every balance follows from the ones before.

How much moves is settled here, because it depends on what the payer holds at that moment.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import IntEnum
from math import log
from typing import Final, NamedTuple

import numpy as np

from fraud_api_lambda.transaction import TYPES
from training.simulator.population import Victims

CASH_IN, CASH_OUT, DEBIT, PAYMENT, TRANSFER = range(len(TYPES))

WELL_FILLED: Final = 200_000.0
"""Below, people cash out most of what they hold; above, they transfer most and cash out little."""

KEEPS_NOTHING: Final = 0.7
"""Who holds more than this share of the amounts meant lately does keep money here, after all."""

TOLERANCE: Final = 1.25
"""A payment may differ from the intended one by this factor."""

MAX_FRAUD: Final = 9_999_999.0
"""PaySim has no fraud above 10 million."""

CHUNK: Final = 100_000
"""Events that are Python objects at one time."""

BALANCES: Final = ("payer_before", "payer_after", "payee_before", "payee_after")
PLAYED: Final = ("payer", "emptying", "amount", *BALANCES)


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


@dataclass(slots=True)
class Book:
    """What everybody holds at the moment, and what is on the way.

    `pools` are the sorted amounts, by type, among which the next payout chooses; `active` says who
    had a transaction before; `emptying` are the shares that somebody is still to take of his
    balance; `chosen` are the victims by slot; `came_in` is the money of each mule chain.
    """

    held: list[float]
    pools: dict[int, list[float]]
    victims: Victims
    active: bytearray
    emptying: list[float] = field(default_factory=list)
    chosen: dict[int, int] = field(default_factory=dict)
    came_in: dict[int, float] = field(default_factory=dict)

    def payer(self, event: Event) -> int:
        """Who pays. Of those whom a thief can reach, who holds nearly what he looks for."""
        if event.slot < 0:
            return event.payer
        if event.slot not in self.chosen:
            aim = log(self.victims.aim[event.slot])
            reached: list[int] = self.victims.reached[event.slot].tolist()
            # Victims have a history, and something to take.
            worth = [one for one in reached if self.active[one] and self.held[one] > 1_000]
            nearest = min(worth or reached, key=lambda one: abs(log(self.held[one] + 1) - aim))
            self.chosen[event.slot] = nearest
        return self.chosen[event.slot]

    def amount(self, event: Event, before: float) -> tuple[float, bool]:
        """How much moves, and whether it is a genuine payout that takes 95 to 100 %."""
        if event.plan == Plan.FIXED:
            return event.amount * event.scale, False
        if event.plan == Plan.SHARE:
            return min(event.share * before, MAX_FRAUD), False
        if event.plan == Plan.CASHED:
            return min(event.share * self.came_in[event.scheme], MAX_FRAUD), False
        if event.share:
            self.emptying.append(event.share)
        return self._payout(event, before)

    def _payout(self, event: Event, before: float) -> tuple[float, bool]:
        pool, held = self.pools[event.kind], before / event.scale
        insort(pool, event.amount)
        beyond = bisect_right(pool, held)
        if event.plan == Plan.ELSEWHERE and beyond <= KEEPS_NOTHING * len(pool):
            chosen = pool.pop(beyond + int(event.whim * (len(pool) - beyond)))
            return chosen * event.scale, False
        takes_most = (event.kind == TRANSFER) == (before >= WELL_FILLED)
        takes_most ^= event.plan == Plan.UNUSUAL
        # Who empties an account cashes it out; he transfers the rest of a small one only.
        closes = event.kind == CASH_OUT or before < WELL_FILLED
        if closes and self.emptying:
            place = _nearest(pool, self.emptying[-1] * held)
            if place is not None:
                pool.pop(place)
                return self.emptying.pop() * before, True
        place = _nearest(pool, _share(event.whim, takes_most=takes_most) * held)
        chosen = pool.pop(int(event.whim * len(pool)) if place is None else place)
        return chosen * event.scale, False

    def credit(self, event: Event, amount: float) -> tuple[float, float]:
        """What the payee held before and holds now. Only transfers reach an account that we see."""
        if event.kind != TRANSFER:
            return 0.0, 0.0
        before = self.held[event.payee]
        after = self.held[event.payee] = round(before + amount, 2)
        if event.scheme >= 0:
            self.came_in[event.scheme] = self.came_in.get(event.scheme, 0.0) + amount
        return before, after


def _share(whim: float, *, takes_most: bool) -> float:
    """Of the balance: half to nearly all, or three to thirty per cent."""
    return 0.5 + 0.44 * whim if takes_most else 0.03 * 10.0**whim


def _nearest(pool: list[float], wanted: float) -> int | None:
    """The place of the amount next to `wanted`, if it is near."""
    place = bisect_left(pool, wanted)
    beside = [at for at in (place - 1, place) if 0 <= at < len(pool)]
    best = min(beside, key=lambda at: abs(pool[at] - wanted))
    return best if wanted / TOLERANCE <= pool[best] <= wanted * TOLERANCE else None


def play(
    events: Events, balances: np.ndarray, pools: dict[int, list[float]], victims: Victims
) -> dict[str, np.ndarray]:
    """The money of each event: its amount, and both balances before and after.

    Parameters
    ----------
    events : Events
        In time order.
    balances : ndarray of shape (n_customers,), float
        At the start. Merchants hold none that we see.
    pools : dict of int to list of float
        By type sorted amounts for the first payouts to choose among. Used up.
    victims : Victims
        What the slots of the events stand for.

    Returns
    -------
    dict of ndarray of shape (n_events,)
        The columns `PLAYED`, money never negative: `payer` with the victims filled in, `emptying`
        1 where a genuine payout was made to take 95 to 100 % of the balance.
    """
    book = Book(balances.tolist(), pools, victims, bytearray(len(balances)))
    played = np.fromiter(_entries(events, book), dtype=np.dtype((float, len(PLAYED))))
    return dict(zip(PLAYED, played.T, strict=True))


def _entries(events: Events, book: Book) -> Iterator[tuple[float, ...]]:
    for event in _each(events):
        payer = book.payer(event)
        before = book.held[payer]
        meant, empties = book.amount(event, before)
        amount = max(round(meant, 2), 0.01)
        moved = amount if event.kind == CASH_IN else -amount
        after = book.held[payer] = max(round(before + moved, 2), 0.0)
        book.active[payer] = 1
        yield payer, empties, amount, before, after, *book.credit(event, amount)


def _each(events: Events) -> Iterator[Event]:
    for start in range(0, len(events.step), CHUNK):
        chunk = (getattr(events, name)[start : start + CHUNK].tolist() for name in Event._fields)
        yield from map(Event, *chunk)
