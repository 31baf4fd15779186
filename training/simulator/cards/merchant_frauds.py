"""Frauds with a merchant in common: where cards were copied, or where thieves charge cards."""

from typing import Final

import numpy as np

from training.simulator.cards.categories import FOR_GOODS, drawn, usual_amounts
from training.simulator.cards.categories import ONLINE as ONLINE_SHARE
from training.simulator.cards.customers import CARD, DEVICES
from training.simulator.cards.payments import (
    DAY,
    HOUR,
    MAGSTRIPE,
    ONLINE,
    SHOP_HOURS,
    Payments,
    Typology,
)
from training.simulator.cards.places import VISITS
from training.simulator.cards.world import World
from training.simulator.columns import group_sizes

RAISED: Final = 3.0
"""Factor of the usual amount that a thief spends."""

CARDS_COPIED: Final = (3, 10)
USES: Final = (3, 6)
USED_WITHIN_S: Final = 2 * HOUR
"""Fewest and most cards copied at one merchant, and uses of one card, within so many seconds."""

COPYING_S: Final = 4 * DAY
SALE_S: Final = 12 * DAY
"""Seconds for which a merchant's terminal copies cards, and within which these are used."""

COPIED_UNTIL: Final = 0.8
"""Share of the simulated time after which no merchant begins to copy cards."""

COPIES_ONLINE: Final = 0.3

CHARGED: Final = (8, 20)
"""Fewest and most frauds at one fraudulent merchant."""

CHARGED_FROM: Final = (0.07, 0.6)
CHARGING_S: Final = 20 * DAY
"""Between these shares of the simulated time a merchant begins; the seconds until it is closed."""

CHARGED_MORE: Final = 2.0
"""Factor of the usual amount that a fraudulent merchant charges."""


def copied_cards(
    random: np.random.Generator, world: World, genuine: Payments, count: int, first: int
) -> Payments:
    """Compromised merchant: cards copied there pay in shops of any city, or online."""
    uses = group_sizes(random, count, *USES)
    sizes = group_sizes(random, len(uses), *CARDS_COPIED)
    gang = np.repeat(np.repeat(np.arange(len(sizes)), sizes), uses)
    copied = _copied(random, world, genuine, sizes)
    used_at = np.repeat(_used_at(random, world, genuine.second[copied]), uses)
    victim = np.repeat(genuine.customer[copied], uses)
    online = np.repeat(random.random(len(uses)) < COPIES_ONLINE, uses)
    category = np.where(
        online,
        drawn(random, count, FOR_GOODS * ONLINE_SHARE),
        drawn(random, count, FOR_GOODS * (1 - ONLINE_SHARE)),
    )
    city = np.repeat(drawn(random, len(uses), VISITS), uses)
    return Payments(
        second=np.minimum(used_at + random.integers(0, USED_WITHIN_S, count), world.end - 1),
        customer=victim,
        merchant=np.where(
            online,
            world.merchants.online(random, category),
            world.merchants.shops(random, city, category),
        ),
        amount=RAISED * usual_amounts(random, category),
        channel=np.where(online, ONLINE, MAGSTRIPE),
        device=np.where(online, first + gang, DEVICES * victim + CARD),
        device_is_known=~online,
        typology=np.full(count, Typology.COMPROMISED_MERCHANT),
    )


def _copied(
    random: np.random.Generator, world: World, genuine: Payments, sizes: np.ndarray
) -> np.ndarray:
    """The genuine payments at which cards were copied, for the merchant of each group in turn."""
    in_shops = np.flatnonzero(genuine.channel != ONLINE)
    in_shops = in_shops[np.argsort(genuine.merchant[in_shops], kind="stable")]
    merchant, second = genuine.merchant[in_shops], genuine.second[in_shops]
    first = random.choice(np.flatnonzero(second < COPIED_UNTIL * world.end), len(sizes))
    copied = []
    for place, size in zip(first, sizes, strict=True):
        beside = np.arange(*np.searchsorted(merchant, [merchant[place], merchant[place] + 1]))
        late = second[beside] - second[place]
        copied.append(random.choice(beside[(late >= 0) & (late < COPYING_S)], size))
    return np.asarray(in_shops[np.concatenate(copied)])


def _used_at(random: np.random.Generator, world: World, copied_at: np.ndarray) -> np.ndarray:
    """A later moment for each copied card, at the hours of shops."""
    count = len(copied_at)
    left = np.minimum(SALE_S, world.end - copied_at)
    day = (copied_at + left * random.random(count)).astype(int) // DAY
    hour = drawn(random, count, SHOP_HOURS)
    used_at = day * DAY + hour * HOUR + random.integers(0, HOUR, count)
    return np.asarray(np.minimum(np.maximum(used_at, copied_at + HOUR), world.end - 1))


def fraudulent_merchants(
    random: np.random.Generator, world: World, genuine: Payments, count: int
) -> Payments:
    """Fraudulent merchant: for some days it charges its customers' cards, beside genuine sales."""
    sizes = group_sizes(random, count, *CHARGED)
    like = _customers_of(random, genuine, sizes)
    start = random.uniform(*CHARGED_FROM, len(sizes)) * world.end
    end = np.minimum(start + CHARGING_S, world.end)
    at = np.repeat(start, sizes) + np.repeat(end - start, sizes) * random.random(count)
    hour = drawn(random, count, SHOP_HOURS)
    second = at.astype(int) // DAY * DAY + hour * HOUR + random.integers(0, HOUR, count)
    merchant = genuine.merchant[like]
    usual = usual_amounts(random, world.merchants.category[merchant])
    return Payments(
        second=second,
        customer=genuine.customer[like],
        merchant=merchant,
        amount=CHARGED_MORE * usual,
        channel=genuine.channel[like],
        device=genuine.device[like],
        device_is_known=np.ones(count, dtype=bool),
        typology=np.full(count, Typology.FRAUDULENT_MERCHANT),
    )


def _customers_of(random: np.random.Generator, genuine: Payments, sizes: np.ndarray) -> np.ndarray:
    """Genuine payments with known devices at one small merchant for each group."""
    known = np.flatnonzero(genuine.device_is_known)
    known = known[np.argsort(genuine.merchant[known], kind="stable")]
    _, first, visits = np.unique(genuine.merchant[known], return_index=True, return_counts=True)
    most = np.quantile(visits, 0.15, method="lower")
    small = np.flatnonzero((most / 4 <= visits) & (visits <= most))
    chosen = np.repeat(random.choice(small, len(sizes)), sizes)
    place = first[chosen] + (random.random(len(chosen)) * visits[chosen]).astype(int)
    return np.asarray(known[place])
