"""Genuine transactions that resemble frauds: in bursts, to one payee, passed on, after a pause."""

from typing import Final

import numpy as np

from training.simulator.columns import group_sizes
from training.simulator.events import CASH_OUT, PAYMENT, TRANSFER, Events, Plan
from training.simulator.population import Population, Typology, established_customers

PAYDAY_SHARE: Final = 0.06
RENT_SHARE: Final = 0.03
BILLS_SHARE: Final = 0.01
COLLECTION_SHARE: Final = 0.01
"""Shares of the transfers."""

TRIPLES_SHARE: Final = 0.01
"""Share of cash-outs, payments and transfers that come in threes by one payer in one hour."""

PASSED_ON: Final = 0.12
"""Cash-outs of collected money, relative to the transfers that bring it."""

BILLS: Final = (4, 8)
COLLECTION: Final = (4, 10)
"""Fewest and most transfers of a burst, and of a collection."""

COLLECTED_WITHIN: Final = 3
FIRST_HOUR, LAST_HOUR = 1, 18
"""Hours of a collection; it begins early enough to be passed on the same day."""


def draw_typologies(
    random: np.random.Generator, people: Population, kind: np.ndarray
) -> np.ndarray:
    """The typology of each genuine row, by its type."""
    typology = np.full(len(kind), Typology.GENUINE)
    transfers = random.permutation(np.flatnonzero(kind == TRANSFER))
    n = {
        Typology.PAYDAY: round(PAYDAY_SHARE * len(transfers)),
        Typology.RENT: round(RENT_SHARE * len(transfers)),
        Typology.BILLS: round(BILLS_SHARE * len(transfers)),
        Typology.COLLECTION: round(COLLECTION_SHARE * len(transfers)),
        Typology.WAKING: len(people.waking),
    }
    codes = np.repeat(list(n), list(n.values()))[: len(transfers)]
    typology[transfers[: len(codes)]] = codes
    cash_outs = random.permutation(np.flatnonzero(kind == CASH_OUT))
    typology[cash_outs[: round(PASSED_ON * n[Typology.COLLECTION])]] = Typology.PASSING_ON
    for code in (CASH_OUT, PAYMENT, TRANSFER):
        free = np.flatnonzero((kind == code) & (typology == Typology.GENUINE))
        typology[free[: 3 * round(TRIPLES_SHARE * len(free) / 3)]] = Typology.TRIPLE
    return typology


def group_by_payer(
    random: np.random.Generator, typology: np.ndarray, kind: np.ndarray, *columns: np.ndarray
) -> None:
    """Give each burst, of three payments or of several bills, one payer, day and hour, in place."""
    for code in (CASH_OUT, PAYMENT, TRANSFER):
        triples = np.flatnonzero((typology == Typology.TRIPLE) & (kind == code))
        _copy_first(triples, np.full(len(triples) // 3, 3), *columns)
    bills = np.flatnonzero(typology == Typology.BILLS)
    _copy_first(bills, group_sizes(random, len(bills), *BILLS), *columns)


def _copy_first(rows: np.ndarray, sizes: np.ndarray, *columns: np.ndarray) -> None:
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    for column in columns:
        column[rows] = column[rows[first]]


def group_by_payee(random: np.random.Generator, people: Population, events: Events) -> None:
    """Give each collection one payee and a few hours, in place; every other one is passed on."""
    rows = np.flatnonzero(events.typology == Typology.COLLECTION)
    sizes = group_sizes(random, len(rows), *COLLECTION)
    group = np.repeat(np.arange(len(sizes)), sizes)
    day, hour = np.divmod(events.step[rows[np.cumsum(sizes) - sizes]], 24)
    start = 24 * np.minimum(day, people.days - 1) + np.clip(hour, FIRST_HOUR, LAST_HOUR)
    passed_on = np.arange(len(sizes)) % 2 == 0
    payee = np.where(passed_on, *_payees(random, people, len(sizes)))
    events.step[rows] = start[group] + random.integers(0, COLLECTED_WITHIN, len(rows))
    events.payee[rows] = payee[group]
    events.payer[rows] = _contributors(random, people, payee[group])
    holds = people.holds[events.payer[rows]]
    events.plan[rows] = np.where(holds, Plan.USUAL, Plan.ABOVE_BALANCE)
    events.chain[rows] = np.where(passed_on, np.arange(len(sizes)), -1)[group]
    _pass_on(random, people, events, start[passed_on], payee[passed_on])


def _payees(
    random: np.random.Generator, people: Population, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Payees who pass on what they collect, few and used again, and payees who collect daily."""
    regular = _regular(people)
    daily = regular[regular < people.n_collectors]
    treasurers = random.choice(regular[regular >= people.n_collectors], max(1, count // 4))
    return random.choice(treasurers, count), random.choice(daily, count)


def _contributors(random: np.random.Generator, people: Population, payee: np.ndarray) -> np.ndarray:
    """Draw a payer for each payee by activity."""
    regular = _regular(people)
    weight = people.activity[regular]
    place = random.choice(len(regular), len(payee), p=weight / weight.sum())
    payer = regular[place]
    return np.where(payer == payee, regular[(place + 1) % len(regular)], payer)


def _regular(people: Population) -> np.ndarray:
    """The customers whose accounts are in use on all days."""
    return np.flatnonzero((people.opened == 0) & (people.quiet_from == people.days))


def _pass_on(
    random: np.random.Generator,
    people: Population,
    events: Events,
    start: np.ndarray,
    payee: np.ndarray,
) -> None:
    """Let the payees of collections cash out most of the money, later on the same day."""
    rows = np.flatnonzero(events.typology == Typology.PASSING_ON)
    group = random.permutation(np.arange(len(rows)) % len(start))
    delay = np.minimum(random.exponential(1.5, len(rows)).astype(int), 23 - LAST_HOUR - 3)
    events.step[rows] = start[group] + COLLECTED_WITHIN + delay
    events.payer[rows] = payee[group]
    events.payee[rows] = established_customers(random, people, payee[group])
    events.plan[rows] = Plan.SHARE_OF_CHAIN
    share = random.uniform(0.6, 0.95, len(start))[group]
    events.share[rows] = share / np.bincount(group, minlength=len(start))[group]
    events.chain[rows] = 2 * group
