"""Genuine traffic: payers, payees, times and amounts that match PaySim's totals."""

from typing import Final

import numpy as np

from training.simulator.events import CASH_OUT, PAYMENT, TRANSFER, TYPES, Events, Plan
from training.simulator.ledger import WELL_FILLED
from training.simulator.lookalikes import (
    COLLECTION_SHARE,
    RENT_SHARE,
    draw_typologies,
    group_by_payee,
    group_by_payer,
)
from training.simulator.paysim_totals import (
    HOURLY,
    LOG_AMOUNTS,
    MEAN_AMOUNTS,
    MONEY_BY_HOUR,
    QUANTILES,
    TYPE_SHARES,
)
from training.simulator.population import (
    Population,
    Typology,
    active_customers,
    established_customers,
)

HOLDERS_BY_TYPE: Final = np.array([0.75, 0.25, 0.40, 0.40, 0.30])
"""Share of a type's rows whose payer keeps money here."""

UNUSUAL_SHARE: Final = 0.04
UNUSUAL_BILLS: Final = 0.15
NEW_PAYEE_SHARE: Final = 0.15
MULES_AMONG_NEW: Final = 0.03
"""Share of new payees who are mules, to whom others pay for goods or work."""

RHYTHM_SPREAD: Final = 0.15
"""Standard deviation of the time around a customer's habit, as a share of a day's traffic."""

EMPTYING_SHARE: Final = 0.015
EXACTLY_ALL: Final = 0.4
"""Of the payouts of 95 to 100 % of the balance, the share that takes exactly all of it."""

WAGES_PER_PAYDAY: Final = 20

RESERVE: Final = 500
"""Number of amounts from which a payout takes a suitable one."""


def traffic(random: np.random.Generator, people: Population, rows: int) -> Events:
    """Genuine transactions, not yet in time order; the ledger settles their amounts."""
    kind = np.repeat(np.arange(len(TYPES)), _apportioned(rows * TYPE_SHARES))
    typology = draw_typologies(random, people, kind)
    payer = _payers(random, people, kind, typology)
    day = _days(random, people, payer, typology)
    hour = _hours(random, kind, day, people.habits[payer])
    group_by_payer(random, typology, kind, payer, day, hour)
    step = 24 * day + hour
    step[step == 0] = 24 * people.days  # PaySim's clock starts at 1
    events = Events(
        step=step,
        kind=kind,
        payer=payer,
        payee=_payees(random, people, kind, payer, typology=typology, day=day),
        amount=amounts(random, kind),
        scale=np.ones(rows),
        plan=_plans(random, people, kind, payer, typology),
        share=_emptying(random, kind, typology),
        draw=random.random(rows),
        slot=np.full(rows, -1),
        chain=np.full(rows, -1),
        typology=typology,
    )
    group_by_payee(random, people, events)
    events.scale[:] = _scales()[kind, events.step % 24]
    return events


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
    waking = np.flatnonzero(typology == Typology.WAKING)
    payer[waking] = people.waking[: len(waking)]
    return payer


def _days(
    random: np.random.Generator, people: Population, payer: np.ndarray, typology: np.ndarray
) -> np.ndarray:
    """The day of each row, from 0, while the payer's account is in use; some days are busier."""
    days, waking = people.days, typology == Typology.WAKING
    until = np.concatenate([[0], np.cumsum(random.uniform(0.8, 1.2, days))])
    start = until[np.where(waking, people.wake_from(payer), people.opened[payer])]
    end = until[np.where(waking, days, people.quiet_from[payer])]
    at = start + random.random(len(payer)) * (end - start)
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
    others = NEW_PAYEE_SHARE - RENT_SHARE - COLLECTION_SHARE
    new = (random.random(rows) < others) | (typology == Typology.RENT)
    new |= people.opened[familiar] > day
    strangers = established_customers(random, people, payer)
    for_goods = random.random(rows) < MULES_AMONG_NEW
    strangers[for_goods] = random.choice(people.mules, for_goods.sum())
    customers = np.where(new & (strangers != payer), strangers, familiar)
    return np.where(kind == PAYMENT, people.n_customers + merchants, customers)


def _plans(
    random: np.random.Generator,
    people: Population,
    kind: np.ndarray,
    payer: np.ndarray,
    typology: np.ndarray,
) -> np.ndarray:
    share = np.where(typology == Typology.BILLS, UNUSUAL_BILLS, UNUSUAL_SHARE)
    unusual = (random.random(len(kind)) < share) & (typology != Typology.WAKING)
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
