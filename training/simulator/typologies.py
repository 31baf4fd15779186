"""Frauds of four typologies; only a combination of facts separates them from genuine rows.

Genuine cash-outs take most of a small balance or little of a large one; genuine transfers do the
reverse. Thieves take much of any balance, so their share is unusual for the type of payment.
"""

from typing import Final

import numpy as np

from training.simulator.columns import group_sizes
from training.simulator.events import CASH_OUT, TRANSFER, Events, Plan
from training.simulator.paysim_totals import HOURLY
from training.simulator.population import (
    Population,
    Typology,
    Victims,
    established_customers,
    victims,
)

FRAUD_RATE: Final = 0.0013
MIN_FRAUDS: Final = 12
SHARES: Final = {Typology.TAKE_OVER: 0.30, Typology.SMALL_REPEATS: 0.25, Typology.MULE_CHAIN: 0.30}
"""Shares of the fraud rows; the remaining frauds are scams."""

MIN_ROWS: Final = {Typology.TAKE_OVER: 3, Typology.SMALL_REPEATS: 3, Typology.MULE_CHAIN: 4}

ANY_HOUR: Final = 0.03
"""Share of frauds at a uniformly random hour."""

TAKE_OVER_BY_CASH_OUT: Final = 0.55
NEARLY_ALL: Final = 0.3
EXACTLY_ALL: Final = 0.14
"""Shares of take-overs: by cash-out, by transfer of 95 to 100 %, by transfer of all."""

REPEATS: Final = (3, 8)
"""Fewest and most transfers in a series."""

PAYERS: Final = (3, 10)
MAX_CASH_OUTS: Final = 3
CHAIN: Final = (PAYERS[0] + 1, PAYERS[1] + MAX_CASH_OUTS)
"""Fewest and most payers of a mule chain, and rows of it."""

FEW_CASH_OUTS: Final = 0.8
"""Factor below 1 on the drawn number of cash-outs, so that the largest number is the rarest."""

IN_WITHIN: Final = 3
OUT_WITHIN: Final = 8
"""Hours in which victims pay a mule, and in which the mule then cashes out."""

RICH_PAYERS: Final = 0.5
"""Share of a chain's payers who lose little of a large balance; others lose most of a small one."""

QUIET_DAYS: Final = 2
"""Days without fraud at the start, so that customers have a history."""

LOW, MEDIUM, HIGH, HIGHEST = 70_000.0, 450_000.0, 1_500_000.0, 1_800_000.0
TARGET_SIGMA: Final = 0.7
"""Medians and spread of the balances that thieves look for, log-normally distributed."""


def count_frauds(rows: int) -> int:
    """The number of frauds among `rows` transactions."""
    return max(MIN_FRAUDS, round(rows * FRAUD_RATE))


def frauds(
    random: np.random.Generator, people: Population, rows: int, days: int
) -> tuple[Events, Victims]:
    """The frauds among `rows` transactions, and the possible victims of each slot."""
    total = count_frauds(rows)
    count = {
        typology: max(MIN_ROWS[typology], round(share * total))
        for typology, share in SHARES.items()
    }
    parts = [
        _take_overs(random, people, count[Typology.TAKE_OVER], days),
        _small_repeats(random, people, count[Typology.SMALL_REPEATS], days),
        _mule_chains(random, people, count[Typology.MULE_CHAIN], days),
        _scams(random, people, total - sum(count.values()), days),
    ]
    events, targets, first = [], [], 0
    for part, target in parts:
        part.slot[part.slot >= 0] += first
        first += len(target)
        events.append(part)
        targets.append(target)
    return Events.merged(*events), victims(random, people, np.concatenate(targets))


def _take_overs(
    random: np.random.Generator, people: Population, count: int, days: int
) -> tuple[Events, np.ndarray]:
    """Account take-over: the thief takes nearly all of the balance."""
    place = random.permutation(count) / count
    by_cash, nearly_all = place >= 1 - TAKE_OVER_BY_CASH_OUT, place < NEARLY_ALL
    share = np.where(nearly_all, random.uniform(0.95, 1, count), random.uniform(0.8, 1, count))
    events = _events(
        random,
        people,
        step=_starts(random, count, days),
        kind=np.where(by_cash, CASH_OUT, TRANSFER),
        share=np.where(place < EXACTLY_ALL, 1.0, share),
        slot=np.arange(count),
        typology=Typology.TAKE_OVER,
    )
    return events, _targets(random, np.select([by_cash, nearly_all], [HIGHEST, MEDIUM], LOW))


def _small_repeats(
    random: np.random.Generator, people: Population, count: int, days: int
) -> tuple[Events, np.ndarray]:
    """Small repeats: several small transfers from a rich victim within two hours."""
    sizes = group_sizes(random, count, *REPEATS)
    step = np.repeat(_starts(random, len(sizes), days), sizes) + random.integers(0, 2, count)
    events = _events(
        random,
        people,
        step=np.minimum(step, 24 * days),
        kind=np.full(count, TRANSFER),
        share=random.uniform(0.05, 0.3, count),
        slot=np.repeat(np.arange(len(sizes)), sizes),
        typology=Typology.SMALL_REPEATS,
    )
    return events, _targets(random, np.full(len(sizes), HIGH))


def _mule_chains(
    random: np.random.Generator, people: Population, count: int, days: int
) -> tuple[Events, np.ndarray]:
    """Mule chain: several victims pay one mule, who cashes most of it out within hours."""
    n_in, n_out = _chain_sizes(random, count)
    chain_in, chain_out = (np.repeat(np.arange(len(n)), n) for n in (n_in, n_out))
    rich = random.random(n_in.sum()) < RICH_PAYERS
    lost = np.where(
        rich, random.uniform(0.05, 0.3, len(rich)), random.uniform(0.6, 0.95, len(rich))
    )
    passed_on = random.uniform(0.6, 0.95, len(n_out)) / n_out
    events = _events(
        random,
        people,
        step=_chain_steps(random, chain_in, chain_out, days),
        kind=np.repeat([TRANSFER, CASH_OUT], [n_in.sum(), n_out.sum()]),
        share=np.concatenate([lost, passed_on[chain_out]]),
        slot=np.concatenate([np.arange(n_in.sum()), np.full(n_out.sum(), -1)]),
        typology=Typology.MULE_CHAIN,
    )
    mule, cashed = random.choice(people.mules, len(n_in)), slice(n_in.sum(), None)
    events.chain[:] = np.concatenate([chain_in, chain_out])
    events.payee[: n_in.sum()] = mule[chain_in]
    events.payer[cashed] = mule[chain_out]
    events.payee[cashed] = established_customers(random, people, mule[chain_out])
    events.plan[cashed] = Plan.SHARE_OF_CHAIN
    return events, _targets(random, np.where(rich, HIGH, LOW))


def _chain_sizes(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of payers and of cash-outs of each chain."""
    sizes = group_sizes(random, count, *CHAIN)
    most = np.clip(sizes - PAYERS[0], 1, MAX_CASH_OUTS)
    n_out = 1 + (FEW_CASH_OUTS * most * random.random(len(sizes))).astype(int)
    n_out = np.maximum(n_out, sizes - PAYERS[1])
    return sizes - n_out, n_out


def _chain_steps(
    random: np.random.Generator, chain_in: np.ndarray, chain_out: np.ndarray, days: int
) -> np.ndarray:
    """Steps of the payments to each mule, then of the mule's cash-outs, all of them later."""
    start = _starts(random, chain_in[-1] + 1, days)
    step_in = start[chain_in] + random.integers(0, IN_WITHIN, len(chain_in))
    delay = np.minimum(random.exponential(1.5, len(chain_out)), OUT_WITHIN - 1).astype(int)
    step_out = start[chain_out] + IN_WITHIN + delay
    return np.asarray(np.minimum(np.concatenate([step_in, step_out]), 24 * days))


def _scams(
    random: np.random.Generator, people: Population, count: int, days: int
) -> tuple[Events, np.ndarray]:
    """Scam: the customers themselves send a large transfer to a new payee."""
    events = _events(
        random,
        people,
        step=_starts(random, count, days),
        kind=np.full(count, TRANSFER),
        share=random.uniform(0.2, 0.9, count),
        slot=np.arange(count),
        typology=Typology.SCAM,
    )
    return events, _targets(random, np.full(count, HIGHEST))


def _events(
    random: np.random.Generator,
    people: Population,
    *,
    step: np.ndarray,
    kind: np.ndarray,
    share: np.ndarray,
    slot: np.ndarray,
    typology: Typology,
) -> Events:
    """Frauds that each send a share of a victim's balance to a mule."""
    count = len(step)
    return Events(
        step=step,
        kind=kind,
        payer=np.zeros(count, dtype=int),
        payee=random.choice(people.mules, count),
        amount=np.ones(count),
        scale=np.ones(count),
        plan=np.full(count, Plan.SHARE),
        share=share,
        draw=np.zeros(count),
        slot=slot,
        chain=np.full(count, -1),
        typology=np.full(count, typology),
    )


def _targets(random: np.random.Generator, median: np.ndarray) -> np.ndarray:
    return median * random.lognormal(0, TARGET_SIGMA, len(median))


def _starts(random: np.random.Generator, count: int, days: int) -> np.ndarray:
    """Start steps of frauds, most on the daily rhythm, after the quiet days at the start."""
    weights = HOURLY[0] / HOURLY[0].sum()
    hour = random.choice(24, count, p=ANY_HOUR / 24 + (1 - ANY_HOUR) * weights)
    day = random.integers(min(QUIET_DAYS, days - 1), days, count)
    return np.asarray(np.maximum(1, 24 * day + hour))
