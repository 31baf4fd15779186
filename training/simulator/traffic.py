"""Genuine traffic: payers, payees, times and amounts that match PaySim's totals.

The tables are totals and quantiles of the published PaySim file (Lopez-Rojas, Elmir and Axelsson,
EMSS 2016), days 1, 2 and 6 to 13: later days thin out, days 3 to 5 are nearly empty.
"""

from typing import Final

import numpy as np

from fraud_api_lambda.transaction import TYPES
from training.simulator.events import CASH_OUT, PAYMENT, TRANSFER, Events, Plan
from training.simulator.ledger import WELL_FILLED
from training.simulator.population import (
    Population,
    Typology,
    active_customers,
    established_customers,
)

TYPE_SHARES: Final = np.array([0.21955, 0.35617, 0.00607, 0.33563, 0.08258])
MEAN_AMOUNTS: Final = np.array([167_874.0, 175_799.0, 5_736.0, 12_367.0, 845_809.0])

# Rows by hour from midnight, per mille: of all types but payments, then of payments.
# fmt: off
HOURLY: Final = np.array([
    [4.7, 2.5, 1.1, 0.2, 0.2, 0.1, 0.1, 0.9, 4.0, 44.1, 71.3, 76.4,
     76.0, 77.1, 72.4, 67.9, 72.8, 75.7, 90.3, 110.0, 83.7, 35.2, 21.0, 12.3],
    [13.9, 8.3, 1.8, 0.1, 0.1, 0.2, 0.6, 2.7, 4.2, 46.3, 67.0, 71.0,
     76.6, 65.0, 65.8, 64.8, 65.5, 64.0, 77.8, 97.4, 85.2, 51.2, 39.4, 31.2],
])

# Money by hour from midnight, per mille, for the types in the order of `TYPES`.
MONEY_BY_HOUR: Final = np.array([
    [5.4, 3.1, 1.4, 0.2, 0.1, 0.2, 0.3, 1.0, 4.1, 50.1, 74.8, 80.5,
     82.9, 79.5, 74.7, 71.2, 74.2, 74.9, 85.1, 98.4, 72.0, 31.0, 21.4, 13.4],
    [3.8, 1.8, 0.7, 0.3, 0.3, 0.3, 0.3, 0.9, 4.4, 48.8, 76.6, 83.7,
     86.9, 83.3, 77.1, 71.7, 75.4, 77.3, 87.5, 96.1, 70.6, 26.3, 16.1, 9.6],
    [18.2, 17.8, 5.4, 0.8, 0.1, 0.3, 0.5, 2.6, 3.4, 32.4, 56.0, 83.9,
     118.1, 108.9, 40.9, 47.9, 64.3, 78.3, 60.0, 92.3, 58.5, 40.0, 38.1, 31.4],
    [13.0, 5.7, 1.1, 0.2, 0.1, 0.1, 0.7, 1.6, 4.7, 54.8, 80.3, 86.2,
     87.7, 81.8, 66.5, 63.2, 64.2, 68.8, 76.8, 78.9, 71.0, 37.8, 31.8, 23.0],
    [7.1, 2.7, 0.7, 0.6, 0.3, 0.2, 0.4, 1.6, 5.6, 56.0, 84.5, 72.7,
     77.3, 74.0, 66.3, 71.5, 118.8, 95.5, 60.5, 76.2, 58.0, 29.0, 24.1, 16.7],
])

# Natural logarithms of the amounts at these quantiles of a type's rows. The top quantiles of
# transfers are lower than in our sample, where two rows of fifty million set them.
QUANTILES: Final = (0, .001, .01, .05, .1, .25, .5, .75, .9, .95, .975, .99, .999, 1)
LOG_AMOUNTS: Final = np.array([
    [4.634, 6.146, 8.012, 9.568, 10.273, 11.188, 11.883,
     12.390, 12.742, 12.936, 13.071, 13.203, 13.488, 13.735],
    [2.584, 5.851, 7.931, 9.624, 10.313, 11.189, 11.895,
     12.429, 12.784, 12.963, 13.115, 13.267, 13.506, 13.925],
    [2.895, 3.197, 4.159, 5.475, 6.262, 7.191, 7.952,
     8.582, 9.045, 9.324, 9.664, 10.628, 11.472, 11.566],
    [0.039, 2.525, 5.136, 6.684, 7.379, 8.315, 9.090,
     9.696, 10.206, 10.496, 10.731, 10.966, 11.355, 11.606],
    [5.280, 7.935, 9.323, 10.809, 11.470, 12.337, 13.079,
     13.696, 14.234, 14.552, 14.935, 15.850, 17.150, 17.761],
])
# fmt: on

HOLDERS_BY_TYPE: Final = np.array([0.75, 0.25, 0.40, 0.40, 0.30])
"""Share of a type's rows whose payer keeps money here."""

UNUSUAL_SHARE: Final = 0.065
NEW_PAYEE_SHARE: Final = 0.15
RHYTHM_SPREAD: Final = 0.15
"""Standard deviation of the time around a customer's habit, as a share of a day's traffic."""

EMPTYING_SHARE: Final = 0.015
EXACTLY_ALL: Final = 0.4
"""Of the payouts of 95 to 100 % of the balance, the share that takes exactly all of it."""

PAYDAY_SHARE: Final = 0.06
WAGES_PER_PAYDAY: Final = 20
RENT_SHARE: Final = 0.03
"""Shares of the transfers."""

TRIPLES_SHARE: Final = 0.01
"""Share of cash-outs, payments and transfers that come in threes by one payer in one hour."""

RESERVE: Final = 500
"""Number of amounts from which a payout takes a suitable one."""


def traffic(random: np.random.Generator, people: Population, rows: int, days: int) -> Events:
    """Genuine transactions, not yet in time order; the ledger settles their amounts."""
    kind = np.repeat(np.arange(len(TYPES)), _apportioned(rows * TYPE_SHARES))
    typology = _typologies(random, kind)
    payer = _payers(random, people, kind, typology)
    day = _days(random, people, payer, typology, days)
    hour = _hours(random, kind, day, people.habits[payer])
    _group_triples(typology == Typology.TRIPLE, kind, payer, day, hour)
    step = 24 * day + hour
    step[step == 0] = 24 * days  # PaySim's clock starts at 1
    return Events(
        step=step,
        kind=kind,
        payer=payer,
        payee=_payees(random, people, kind, payer, typology=typology, day=day),
        amount=amounts(random, kind),
        scale=_scales()[kind, hour],
        plan=_plans(random, people, kind, payer),
        share=_emptying(random, kind, typology),
        draw=random.random(rows),
        slot=np.full(rows, -1),
        chain=np.full(rows, -1),
        typology=typology,
    )


def amounts(random: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    """Draw amounts by type, spread evenly over the type's quantiles, before `scale`."""
    drawn = np.empty(len(kind))
    for code in range(len(TYPES)):
        chosen = np.flatnonzero(kind == code)
        at = (random.permutation(len(chosen)) + random.random(len(chosen))) / max(1, len(chosen))
        drawn[chosen] = np.exp(np.interp(at, QUANTILES, LOG_AMOUNTS[code]))
    return np.asarray(drawn * (MEAN_AMOUNTS / _means())[kind])


def _means() -> np.ndarray:
    """The mean amount of each type, computed from its quantiles."""
    between = np.diff(np.exp(LOG_AMOUNTS)) / np.diff(LOG_AMOUNTS)
    return np.asarray(between @ np.diff(QUANTILES))


def reserves(random: np.random.Generator) -> dict[int, list[float]]:
    """Sorted amounts, by type, from which the first payouts take a suitable one."""
    payouts = (CASH_OUT, TRANSFER)
    return {kind: np.sort(amounts(random, np.full(RESERVE, kind))).tolist() for kind in payouts}


def _apportioned(wanted: np.ndarray) -> np.ndarray:
    """Whole numbers near `wanted` with the same sum."""
    return np.diff(np.rint(np.cumsum(wanted)).astype(int), prepend=0)


def _scales() -> np.ndarray:
    """Factor of the amounts by type and hour; 1 at night, for which PaySim has too few rows."""
    counts = HOURLY[(np.arange(len(TYPES)) == PAYMENT).astype(int)]
    money = MONEY_BY_HOUR / MONEY_BY_HOUR.sum(axis=1, keepdims=True)
    scales = money / (counts / counts.sum(axis=1, keepdims=True))
    # One amount in five follows the payer's balance at any hour; the others compensate.
    scales[TRANSFER] = 1 + 1.25 * (scales[TRANSFER] - 1)
    return np.asarray(np.where(counts < 2, 1.0, scales))


def _typologies(random: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    typology = np.full(len(kind), Typology.GENUINE)
    transfers = random.permutation(np.flatnonzero(kind == TRANSFER))
    n_payday, n_rent = (round(share * len(transfers)) for share in (PAYDAY_SHARE, RENT_SHARE))
    typology[transfers[:n_payday]] = Typology.PAYDAY
    typology[transfers[n_payday : n_payday + n_rent]] = Typology.RENT
    for code in (CASH_OUT, PAYMENT, TRANSFER):
        free = np.flatnonzero((kind == code) & (typology == Typology.GENUINE))
        typology[free[: 3 * round(TRIPLES_SHARE * len(free) / 3)]] = Typology.TRIPLE
    return typology


def _payers(
    random: np.random.Generator, people: Population, kind: np.ndarray, typology: np.ndarray
) -> np.ndarray:
    keep_money = random.random(len(kind)) < HOLDERS_BY_TYPE[kind]
    payer = active_customers(random, people, keep_money=keep_money)
    old = people.opened == 0
    wages, rent = typology == Typology.PAYDAY, typology == Typology.RENT
    n_employers = max(1, wages.sum() // (2 * WAGES_PER_PAYDAY))
    employers = random.choice(np.flatnonzero(old & ~people.holds), n_employers)
    payer[wages] = random.choice(employers, wages.sum())
    tenants = np.flatnonzero(old & (people.balances > WELL_FILLED))
    payer[rent] = random.choice(tenants, rent.sum(), replace=False)
    return payer


def _days(
    random: np.random.Generator,
    people: Population,
    payer: np.ndarray,
    typology: np.ndarray,
    days: int,
) -> np.ndarray:
    """The day of each row, from 0 and not before the payer's opening; some days are busier."""
    until = np.concatenate([[0], np.cumsum(random.uniform(0.8, 1.2, days))])
    start = until[people.opened[payer]]
    at = start + random.random(len(payer)) * (until[-1] - start)
    day = np.minimum(np.searchsorted(until, at, side="right") - 1, days - 1)
    paydays = np.array([days - 1 - days // 2, days - 1 - days // 15])
    paying = typology == Typology.PAYDAY
    day[paying] = random.choice(paydays, paying.sum())
    return np.asarray(day)


def _hours(
    random: np.random.Generator, kind: np.ndarray, day: np.ndarray, habit: np.ndarray
) -> np.ndarray:
    """Hours on the daily rhythm; within a day, early hours go to payers with early habits."""
    hour, paying = np.empty_like(day), (kind == PAYMENT).astype(int)
    for group, weights in enumerate(HOURLY):
        chosen = paying == group
        hour[chosen] = random.choice(24, chosen.sum(), p=weights / weights.sum())
    preferred = habit + random.normal(0, RHYTHM_SPREAD, len(day))
    dealt, table = np.empty_like(hour), 2 * day + paying
    dealt[np.lexsort((preferred, table))] = hour[np.lexsort((hour, table))]
    return dealt


def _group_triples(triple: np.ndarray, kind: np.ndarray, *columns: np.ndarray) -> None:
    """Give every three consecutive rows the payer, day and hour of the first, in place."""
    for code in (CASH_OUT, PAYMENT, TRANSFER):
        places = np.flatnonzero(triple & (kind == code)).reshape(-1, 3)
        for column in columns:
            column[places] = column[places[:, :1]]


def _payees(
    random: np.random.Generator,
    people: Population,
    kind: np.ndarray,
    payer: np.ndarray,
    *,
    typology: np.ndarray,
    day: np.ndarray,
) -> np.ndarray:
    """Indices of the payees: customers first, then merchants."""
    rows = len(kind)
    rank = 1 / np.arange(1, people.n_merchants + 1)
    merchants = random.choice(people.n_merchants, rows, p=rank / rank.sum())
    place = (random.random(rows) * people.circle_size[payer]).astype(int)
    familiar = people.circles[payer, place]
    new = (random.random(rows) < NEW_PAYEE_SHARE - RENT_SHARE) | (typology == Typology.RENT)
    new |= people.opened[familiar] > day
    customers = np.where(new, established_customers(random, people, payer), familiar)
    return np.where(kind == PAYMENT, people.n_customers + merchants, customers)


def _plans(
    random: np.random.Generator, people: Population, kind: np.ndarray, payer: np.ndarray
) -> np.ndarray:
    unusual = random.random(len(kind)) < UNUSUAL_SHARE
    for_holders = np.where(unusual, Plan.UNUSUAL, Plan.USUAL)
    payouts = np.where(people.holds[payer], for_holders, Plan.ABOVE_BALANCE)
    return np.where((kind == CASH_OUT) | (kind == TRANSFER), payouts, Plan.FIXED)


def _emptying(random: np.random.Generator, kind: np.ndarray, typology: np.ndarray) -> np.ndarray:
    """A share of 95 to 100 % of a balance for the next suitable payout; 0 for most rows."""
    payout = ((kind == CASH_OUT) | (kind == TRANSFER)) & (typology == Typology.GENUINE)
    probability = EMPTYING_SHARE * len(kind) * (TYPE_SHARES[CASH_OUT] + TYPE_SHARES[TRANSFER])
    empties = payout & (random.random(len(kind)) < probability / max(1, payout.sum()))
    most = np.where(random.random(len(kind)) < EXACTLY_ALL, 1.0, random.uniform(0.95, 1, len(kind)))
    return np.where(empties, most, 0.0)
