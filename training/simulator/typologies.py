"""Frauds of five typologies; only a combination of facts separates them from genuine rows.

Genuine cash-outs take most of a small balance or little of a large one; genuine transfers do the
reverse. Thieves take much of any balance, so their share is unusual for the type of payment.
"""

from typing import Final

import numpy as np

from training.simulator.columns import group_sizes
from training.simulator.events import CASH_OUT, TRANSFER, Events
from training.simulator.mule_chains import mule_chains
from training.simulator.population import (
    Population,
    Typology,
    Victims,
)
from training.simulator.thefts import (
    HIGH,
    HIGHEST,
    LOW,
    MEDIUM,
    Thefts,
    reachable_sleepers,
    starts,
    thefts,
    victims,
)

FRAUD_RATE: Final = 0.0013
MIN_FRAUDS: Final = 12
SHARES: Final = {
    Typology.TAKE_OVER: 0.32,
    Typology.SMALL_REPEATS: 0.24,
    Typology.MULE_CHAIN: 0.26,
    Typology.DORMANT_ACCOUNT: 0.08,
}
"""Shares of the fraud rows; the remaining frauds are scams."""

MIN_ROWS: Final = {
    Typology.TAKE_OVER: 3,
    Typology.SMALL_REPEATS: 3,
    Typology.MULE_CHAIN: 4,
    Typology.DORMANT_ACCOUNT: 1,
}

TAKE_OVER_BY_CASH_OUT: Final = 0.55
NEARLY_ALL: Final = 0.3
EXACTLY_ALL: Final = 0.14
"""Shares of take-overs: by cash-out, by transfer of 95 to 100 %, by transfer of all."""

REPEATS: Final = (3, 8)
"""Fewest and most transfers in a series."""


def count_frauds(rows: int) -> int:
    """The number of frauds among `rows` transactions."""
    return max(MIN_FRAUDS, round(rows * FRAUD_RATE))


def frauds(random: np.random.Generator, people: Population, rows: int) -> tuple[Events, Victims]:
    """The frauds among `rows` transactions, and the possible victims of each slot."""
    total = count_frauds(rows)
    count = {
        typology: max(MIN_ROWS[typology], round(share * total))
        for typology, share in SHARES.items()
    }
    parts = [
        _take_overs(random, people, count[Typology.TAKE_OVER]),
        _small_repeats(random, people, count[Typology.SMALL_REPEATS]),
        mule_chains(random, people, count[Typology.MULE_CHAIN]),
        _drained(random, people, count[Typology.DORMANT_ACCOUNT]),
        _scams(random, people, total - sum(count.values())),
    ]
    first = 0
    for events, sought in parts:
        events.slot[events.slot >= 0] += first
        first += len(sought.target)
    return Events.merged(*(part.events for part in parts)), Victims(
        np.concatenate([part.victims.reachable for part in parts]),
        np.concatenate([part.victims.target for part in parts]),
    )


def _take_overs(random: np.random.Generator, people: Population, count: int) -> Thefts:
    """Account take-over: the thief takes nearly all of the balance."""
    place = random.permutation(count) / count
    by_cash, nearly_all = place >= 1 - TAKE_OVER_BY_CASH_OUT, place < NEARLY_ALL
    share = np.where(nearly_all, random.uniform(0.95, 1, count), random.uniform(0.8, 1, count))
    events = thefts(
        random,
        people,
        Typology.TAKE_OVER,
        step=starts(random, people, count),
        kind=np.where(by_cash, CASH_OUT, TRANSFER),
        share=np.where(place < EXACTLY_ALL, 1.0, share),
        slot=np.arange(count),
    )
    median = np.select([by_cash, nearly_all], [HIGHEST, MEDIUM], LOW)
    return Thefts(events, victims(random, people, median))


def _small_repeats(random: np.random.Generator, people: Population, count: int) -> Thefts:
    """Small repeats: several small transfers from a rich victim within two hours."""
    sizes = group_sizes(random, count, *REPEATS)
    start = np.repeat(starts(random, people, len(sizes)), sizes)
    events = thefts(
        random,
        people,
        Typology.SMALL_REPEATS,
        step=start + random.integers(0, 2, count),
        kind=np.full(count, TRANSFER),
        share=random.uniform(0.05, 0.3, count),
        slot=np.repeat(np.arange(len(sizes)), sizes),
    )
    return Thefts(events, victims(random, people, np.full(len(sizes), HIGH)))


def _drained(random: np.random.Generator, people: Population, count: int) -> Thefts:
    """Dormant account: the thief transfers most of the savings of an account long unused."""
    first = people.wake_from(random.choice(people.robbed, count))
    day = random.integers(first, people.days)
    step = 24 * day + starts(random, people, count) % 24
    events = thefts(
        random,
        people,
        Typology.DORMANT_ACCOUNT,
        step=np.maximum(1, step),
        kind=np.full(count, TRANSFER),
        share=random.uniform(0.75, 1, count),
        slot=np.arange(count),
    )
    sought = victims(random, people, np.full(count, HIGH))
    return Thefts(events, Victims(reachable_sleepers(random, people, day), sought.target))


def _scams(random: np.random.Generator, people: Population, count: int) -> Thefts:
    """Scam: the customers themselves send a large transfer to a new payee."""
    events = thefts(
        random,
        people,
        Typology.SCAM,
        step=starts(random, people, count),
        kind=np.full(count, TRANSFER),
        share=random.uniform(0.2, 0.9, count),
        slot=np.arange(count),
    )
    return Thefts(events, victims(random, people, np.full(count, HIGHEST)))
