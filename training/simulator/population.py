"""The simulated population: customers with their habits, payees and balances, and merchants."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

CUSTOMERS_PER_ROW: Final = 0.06
MERCHANTS_PER_ROW: Final = 0.004
MULES_PER_ROW: Final = 0.0002

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

N_REACHABLE: Final = 40
"""Number of customers among whom a thief can choose a victim."""


class Typology(IntEnum):
    """The typology of a transaction; frauds come last."""

    GENUINE = 0
    EMPTYING = 1
    PAYDAY = 2
    TRIPLE = 3
    RENT = 4
    TAKE_OVER = 5
    SMALL_REPEATS = 6
    MULE_CHAIN = 7
    SCAM = 8


@dataclass(frozen=True, slots=True)
class Population:
    """Customers by index, merchants after them.

    Attributes
    ----------
    n_customers, n_merchants : int
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
    mules : ndarray
        Customers with old accounts who pass on money from thieves.
    """

    n_customers: int
    n_merchants: int
    activity: np.ndarray
    holds: np.ndarray
    balances: np.ndarray
    circles: np.ndarray
    circle_size: np.ndarray
    habits: np.ndarray
    opened: np.ndarray
    mules: np.ndarray


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
    holds = (random.random(n) < HOLDERS) | (np.arange(n) < n_collectors)
    opened = _openings(random, n, days)
    may_be_mule = holds & (opened == 0) & (np.arange(n) >= n_collectors)
    return Population(
        n_customers=n,
        n_merchants=max(10, round(rows * MERCHANTS_PER_ROW)),
        activity=random.lognormal(0, ACTIVITY_SIGMA, n),
        holds=holds,
        balances=_balances(random, holds, opened),
        circles=_circles(random, n, n_collectors),
        circle_size=random.integers(CIRCLE_SIZES[0], CIRCLE_SIZES[1] + 1, n),
        habits=random.random(n),
        opened=opened,
        mules=random.choice(
            np.flatnonzero(may_be_mule), max(3, round(rows * MULES_PER_ROW)), replace=False
        ),
    )


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
    days_open = 1 - people.opened / (people.opened.max() + 1)
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


def victims(random: np.random.Generator, people: Population, targets: np.ndarray) -> Victims:
    """Draw possible victims by activity: old accounts with money here that are not mules."""
    weight = people.activity * people.holds * (people.opened == 0)
    weight[people.mules] = 0
    shape = (len(targets), N_REACHABLE)
    return Victims(random.choice(people.n_customers, shape, p=weight / weight.sum()), targets)


STRIDE: Final = 7_777_777
"""Odd, so that the mapping of indices to ids is one to one; large, so that neighbours differ."""

FIRST_CUSTOMER: Final = 1_234_567
FIRST_MERCHANT: Final = 7_654_321
IDS: Final = 2**31


def account_ids(people: Population) -> np.ndarray:
    """Account ids by index, customers first."""
    customers = [f"C{(STRIDE * n + FIRST_CUSTOMER) % IDS}" for n in range(people.n_customers)]
    merchants = [f"M{(STRIDE * n + FIRST_MERCHANT) % IDS}" for n in range(people.n_merchants)]
    return np.array(customers + merchants, dtype=object)


def customer_index(account: str) -> int | None:
    """The index, below `IDS`, of the customer with this id; None for an id of another form.

    The inverse of `account_ids`. Ids of the same form from other sources map to indices spread
    evenly below `IDS`.
    """
    match = re.fullmatch(r"C(0|[1-9][0-9]{0,9})", account)
    if match is None or int(match[1]) >= IDS:
        return None
    return (int(match[1]) - FIRST_CUSTOMER) * pow(STRIDE, -1, IDS) % IDS
