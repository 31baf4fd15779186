"""Thefts: payments of a share of a victim's balance to a mule, and when they happen."""

from typing import Final, NamedTuple

import numpy as np

from training.simulator.events import Events, Plan
from training.simulator.paysim_totals import HOURLY
from training.simulator.population import N_REACHABLE, Population, Typology, Victims, mules

ANY_HOUR: Final = 0.03
"""Share of frauds at a uniformly random hour."""

QUIET_DAYS: Final = 2
"""Days without fraud at the start, so that customers have a history."""

LOW, MEDIUM, HIGH, HIGHEST = 70_000.0, 450_000.0, 1_500_000.0, 1_800_000.0
TARGET_SIGMA: Final = 0.7
"""Medians and spread of the balances that thieves look for, log-normally distributed."""


class Thefts(NamedTuple):
    """Frauds of one typology, and the victims to choose for them; slots count from 0."""

    events: Events
    victims: Victims


def thefts(
    random: np.random.Generator,
    people: Population,
    typology: Typology,
    *,
    step: np.ndarray,
    kind: np.ndarray,
    share: np.ndarray,
    slot: np.ndarray,
) -> Events:
    """Frauds that each send a share of a victim's balance to a mule, one mule for each slot."""
    count = len(step)
    first = np.unique(slot, return_index=True, return_inverse=True)
    return Events(
        step=np.minimum(step, 24 * people.days),
        kind=kind,
        payer=np.zeros(count, dtype=int),
        payee=mules(random, people, step[first[1]])[first[2]],
        amount=np.ones(count),
        scale=np.ones(count),
        plan=np.full(count, Plan.SHARE),
        share=share,
        draw=np.zeros(count),
        slot=slot,
        chain=np.full(count, -1),
        typology=np.full(count, typology),
    )


def starts(random: np.random.Generator, people: Population, count: int) -> np.ndarray:
    """Start steps of frauds, most on the daily rhythm, after the quiet days at the start."""
    weights = HOURLY[0] / HOURLY[0].sum()
    hour = random.choice(24, count, p=ANY_HOUR / 24 + (1 - ANY_HOUR) * weights)
    day = random.integers(min(QUIET_DAYS, people.days - 1), people.days, count)
    return np.asarray(np.maximum(1, 24 * day + hour))


def victims(random: np.random.Generator, people: Population, median: np.ndarray) -> Victims:
    """Reachable customers for each slot, and the balance that the thief looks for."""
    target = median * random.lognormal(0, TARGET_SIGMA, len(median))
    return Victims(reachable(random, people, len(median)), target)


def reachable(random: np.random.Generator, people: Population, count: int) -> np.ndarray:
    """Draw possible victims by activity: old accounts with money here, neither mules nor sleepers.

    Returns
    -------
    ndarray of shape (count, N_REACHABLE), int
    """
    weight = people.activity * people.holds * (people.opened == 0)
    weight[np.concatenate([people.mules, people.robbed, people.waking])] = 0
    return random.choice(people.n_customers, (count, N_REACHABLE), p=weight / weight.sum())


def reachable_sleepers(
    random: np.random.Generator, people: Population, day: np.ndarray
) -> np.ndarray:
    """Draw possible victims among the sleepers who could have woken by each day.

    Returns
    -------
    ndarray of shape (n_days, N_REACHABLE), int
    """
    first = people.wake_from(people.robbed)
    order = np.argsort(first, kind="stable")
    asleep = np.searchsorted(first[order], day, side="right")
    place = random.random((len(day), N_REACHABLE)) * asleep[:, None]
    return np.asarray(people.robbed[order][place.astype(int)])
