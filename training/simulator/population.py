"""The simulated population: customers with their habits, payees and balances, and merchants."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

CUSTOMERS_PER_ROW: Final = 0.06
MERCHANTS_PER_ROW: Final = 0.004
MULES_PER_ROW: Final = 0.00035
MULE_DAYS: Final = 8
"""Days for which thieves use a mule, about."""

COLLECTING_MULES: Final = 0.15
"""Share of mules that receive many genuine payments."""

ACTIVITY_SIGMA: Final = 1.1
CIRCLE_SIZES: Final = (3, 12)
OPENED_LATE: Final = 0.05
"""Share of accounts that open during the simulated days and have no earlier row."""

HOLDERS: Final = 0.41
"""Share of customers who keep money here; payouts of the others exceed their balance."""

BALANCE_MEDIAN: Final = 450_000.0
BALANCE_SIGMA: Final = 1.5

COLLECTORS: Final = 0.05
"""Share of customers who receive most transfers: landlords, shops and suppliers."""

TO_COLLECTORS: Final = 0.8

SLEEPERS: Final = 0.04
"""Share of customers who pay nothing for a third of the days or longer."""

ROBBED_SLEEPERS: Final = 0.5
SAVINGS_MEDIAN: Final = 1_200_000.0
SAVINGS_SIGMA: Final = 0.7
"""Share of sleepers whom thieves look for, and the balances of all of them."""

N_REACHABLE: Final = 40
"""Number of customers among whom a thief can choose a victim."""


class Typology(IntEnum):
    """The typology of a transaction; frauds come last."""

    GENUINE = 0
    EMPTYING = 1
    PAYDAY = 2
    TRIPLE = 3
    RENT = 4
    BILLS = 5
    COLLECTION = 6
    PASSING_ON = 7
    WAKING = 8
    TAKE_OVER = 9
    SMALL_REPEATS = 10
    MULE_CHAIN = 11
    SCAM = 12
    DORMANT_ACCOUNT = 13


@dataclass(frozen=True, slots=True)
class Population:
    """Customers by index, merchants after them.

    Attributes
    ----------
    days : int
    n_customers, n_merchants, n_collectors : int
        The first customers are collectors.
    activity : ndarray of shape (n_customers,)
        Relative number of transactions a day.
    holds : ndarray of shape (n_customers,), bool
        Whether the customer keeps money here.
    balances : ndarray of shape (n_customers,)
        At the start.
    circles : ndarray of shape (n_customers, 12)
        The customer's usual payees: the first `circle_size` of the row.
    circle_size : ndarray of shape (n_customers,)
    habits : ndarray of shape (n_customers,)
        The customer's preferred time of day, from 0 to 1.
    opened : ndarray of shape (n_customers,)
        The day on which the account opens; 0 if it was open before the start.
    quiet_from : ndarray of shape (n_customers,)
        The day from which the account pays nothing; the number of days unless it is a sleeper.
    mules : ndarray
        Customers with old accounts who pass on money from thieves, in the order of their use.
    robbed, waking : ndarray
        Sleepers whom thieves look for, and sleepers who wake by themselves.
    """

    days: int
    n_customers: int
    n_merchants: int
    n_collectors: int
    activity: np.ndarray
    holds: np.ndarray
    balances: np.ndarray
    circles: np.ndarray
    circle_size: np.ndarray
    habits: np.ndarray
    opened: np.ndarray
    quiet_from: np.ndarray
    mules: np.ndarray
    robbed: np.ndarray
    waking: np.ndarray

    def wake_from(self, sleepers: np.ndarray) -> np.ndarray:
        """The first day on which each sleeper can wake."""
        return np.asarray(np.minimum(self.quiet_from[sleepers] + self.days // 3, self.days - 1))


@dataclass(frozen=True, slots=True)
class Victims:
    """The customers whom thieves can reach, by slot; a slot is one victim to be chosen.

    Attributes
    ----------
    reachable : ndarray of shape (n_slots, N_REACHABLE), int
        Indices of customers.
    target : ndarray of shape (n_slots,), float
        The balance that the thief looks for.
    """

    reachable: np.ndarray
    target: np.ndarray


def populate(random: np.random.Generator, rows: int, days: int) -> Population:
    """The customers and merchants behind `rows` transactions of `days` days."""
    n = max(60, round(rows * CUSTOMERS_PER_ROW))
    n_collectors = max(20, round(n * COLLECTORS))
    opened = _openings(random, n, days)
    mules, sleepers = _recruit(random, rows, opened, n_collectors)
    n_robbed = max(1, round(ROBBED_SLEEPERS * len(sleepers)))
    holds = (random.random(n) < HOLDERS) | (np.arange(n) < n_collectors)
    holds[np.concatenate([mules, sleepers])] = True
    balances = _balances(random, holds, opened)
    savings = SAVINGS_MEDIAN * random.lognormal(0, SAVINGS_SIGMA, len(sleepers))
    balances[sleepers] = np.round(savings, 2)
    quiet_from = np.full(n, days)
    quiet_from[sleepers] = 1 + random.integers(0, max(1, days // 3), len(sleepers))
    return Population(
        days=days,
        n_customers=n,
        n_merchants=max(10, round(rows * MERCHANTS_PER_ROW)),
        n_collectors=n_collectors,
        activity=random.lognormal(0, ACTIVITY_SIGMA, n),
        holds=holds,
        balances=balances,
        circles=_circles(random, n, n_collectors),
        circle_size=random.integers(CIRCLE_SIZES[0], CIRCLE_SIZES[1] + 1, n),
        habits=random.random(n),
        opened=opened,
        quiet_from=quiet_from,
        mules=mules,
        robbed=sleepers[:n_robbed],
        waking=sleepers[n_robbed:],
    )


def _recruit(
    random: np.random.Generator, rows: int, opened: np.ndarray, n_collectors: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mules and sleepers: different customers, with accounts that were open before the start."""
    n_mules, n_sleepers = max(3, round(rows * MULES_PER_ROW)), max(2, round(SLEEPERS * len(opened)))
    old = random.permutation(np.flatnonzero(opened == 0))
    others, collectors = old[old >= n_collectors], old[old < n_collectors]
    n_collecting = round(COLLECTING_MULES * n_mules)
    mules = np.concatenate([collectors[:n_collecting], others[: n_mules - n_collecting]])
    return random.permutation(mules), others[n_mules : n_mules + n_sleepers]


def _openings(random: np.random.Generator, n: int, days: int) -> np.ndarray:
    """The day on which each account opens; never day 0, which stands for accounts opened before."""
    late = random.random(n) < OPENED_LATE
    return np.where(late & (days > 1), random.integers(1, max(2, days), n), 0)


def _balances(random: np.random.Generator, holds: np.ndarray, opened: np.ndarray) -> np.ndarray:
    balances = BALANCE_MEDIAN * random.lognormal(0, BALANCE_SIGMA, len(holds))
    return np.where(holds & (opened == 0), np.round(balances, 2), 0.0)


def _circles(random: np.random.Generator, n: int, n_collectors: int) -> np.ndarray:
    shape = (n, CIRCLE_SIZES[1])
    collectors = random.integers(0, n_collectors, shape)
    anyone = random.integers(0, n, shape)
    circles = np.where(random.random(shape) < TO_COLLECTORS, collectors, anyone)
    # Customers do not pay themselves.
    return np.where(circles == np.arange(n)[:, None], (circles + 1) % n, circles)


def active_customers(
    random: np.random.Generator, people: Population, *, keep_money: np.ndarray
) -> np.ndarray:
    """Draw a payer for each row by activity, among customers who keep money here or the others."""
    days_open = people.quiet_from - people.opened
    chosen = np.empty(len(keep_money), dtype=int)
    for holds in (True, False):
        weight = people.activity * days_open * (people.holds == holds)
        rows = keep_money == holds
        chosen[rows] = random.choice(people.n_customers, rows.sum(), p=weight / weight.sum())
    return chosen


def established_customers(
    random: np.random.Generator, people: Population, payer: np.ndarray
) -> np.ndarray:
    """Draw another customer for each payer, among those whose account was open before the start."""
    old = np.flatnonzero(people.opened == 0)
    place = random.integers(0, len(old), len(payer))
    chosen = old[place]
    return np.where(chosen == payer, old[(place + 1) % len(old)], chosen)


def mules(random: np.random.Generator, people: Population, step: np.ndarray) -> np.ndarray:
    """Draw a mule for each step: one of those in use, each for `MULE_DAYS` or less."""
    since = step / 24 - MULE_DAYS * random.random(len(step))
    place = (since + MULE_DAYS) / (people.days + MULE_DAYS) * len(people.mules)
    return np.asarray(people.mules[np.minimum(place.astype(int), len(people.mules) - 1)])
