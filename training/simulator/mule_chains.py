"""Mule chains: several victims pay one mule, who passes most of the money on within hours."""

from typing import Final

import numpy as np

from training.simulator.columns import group_sizes
from training.simulator.events import CASH_OUT, TRANSFER, Plan
from training.simulator.population import Population, Typology, established_customers, mules
from training.simulator.thefts import HIGH, LOW, Thefts, starts, thefts, victims

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


def mule_chains(random: np.random.Generator, people: Population, count: int) -> Thefts:
    """Mule chain: several victims pay one mule, who cashes most of it out within hours."""
    n_in, n_out = _chain_sizes(random, count)
    chain_in, chain_out = (np.repeat(np.arange(len(n)), n) for n in (n_in, n_out))
    rich = random.random(n_in.sum()) < RICH_PAYERS
    lost = np.where(
        rich, random.uniform(0.05, 0.3, len(rich)), random.uniform(0.6, 0.95, len(rich))
    )
    passed_on = random.uniform(0.6, 0.95, len(n_out)) / n_out
    start = starts(random, people, len(n_in))
    events = thefts(
        random,
        people,
        Typology.MULE_CHAIN,
        step=_chain_steps(random, start, chain_in, chain_out),
        kind=np.repeat([TRANSFER, CASH_OUT], [n_in.sum(), n_out.sum()]),
        share=np.concatenate([lost, passed_on[chain_out]]),
        slot=np.concatenate([np.arange(n_in.sum()), np.full(n_out.sum(), -1)]),
    )
    mule, cashed = mules(random, people, start), slice(n_in.sum(), None)
    events.chain[:] = np.concatenate([chain_in, chain_out])
    events.payee[: n_in.sum()] = mule[chain_in]
    events.payer[cashed] = mule[chain_out]
    events.payee[cashed] = established_customers(random, people, mule[chain_out])
    events.plan[cashed] = Plan.SHARE_OF_CHAIN
    return Thefts(events, victims(random, people, np.where(rich, HIGH, LOW)))


def _chain_sizes(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of payers and of cash-outs of each chain."""
    sizes = group_sizes(random, count, *CHAIN)
    most = np.clip(sizes - PAYERS[0], 1, MAX_CASH_OUTS)
    n_out = 1 + (FEW_CASH_OUTS * most * random.random(len(sizes))).astype(int)
    n_out = np.maximum(n_out, sizes - PAYERS[1])
    return sizes - n_out, n_out


def _chain_steps(
    random: np.random.Generator, start: np.ndarray, chain_in: np.ndarray, chain_out: np.ndarray
) -> np.ndarray:
    """Steps of the payments to each mule, then of the mule's cash-outs, all of them later."""
    step_in = start[chain_in] + random.integers(0, IN_WITHIN, len(chain_in))
    delay = np.minimum(random.exponential(1.5, len(chain_out)), OUT_WITHIN - 1).astype(int)
    step_out = start[chain_out] + IN_WITHIN + delay
    return np.concatenate([step_in, step_out])
