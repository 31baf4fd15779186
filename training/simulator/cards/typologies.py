"""Frauds of three typologies; only a combination of columns separates them from genuine rows."""

from typing import Final

import numpy as np

from training.simulator.cards.categories import FOR_GOODS, FOR_TESTS, drawn, usual_amounts
from training.simulator.cards.categories import ONLINE as ONLINE_SHARE
from training.simulator.cards.customers import CARD, COMPUTER, DEVICES
from training.simulator.cards.payments import (
    DAY,
    HOUR,
    MAGSTRIPE,
    ONLINE,
    ONLINE_HOURS,
    SHOP_HOURS,
    Payments,
    Typology,
)
from training.simulator.cards.places import VISITS, distance_km, take
from training.simulator.cards.world import World
from training.simulator.columns import group_sizes

FRAUD_RATE: Final = 0.0045
MIN_FRAUDS: Final = 12
SHARES: Final = {Typology.TAKE_OVER: 0.35, Typology.CARD_TESTING: 0.25}
"""Shares of the fraud rows; the remaining frauds follow from compromised merchants."""

QUIET_DAYS: Final = 2
"""Days without fraud at the start, so that customers have a history."""

ANY_HOUR: Final = 0.25
"""Share of take-overs and tests at a uniformly random hour."""

SPREES: Final = (1, 4)
SPREE_S: Final = 2 * HOUR
"""Fewest and most payments of a take-over, and the seconds within which they happen."""

FROM_OWN_DEVICE: Final = 0.2
"""Share of take-overs through the victim's own computer."""

RAISED: Final = 2.2
"""Factor of the usual amount that a thief spends."""

BURSTS: Final = (3, 9)
BURST_S: Final = 15 * 60
LOWEST_TEST: Final = 0.5
HIGHEST_TEST: Final = 6.0
"""Fewest and most cards in a burst of tests, its seconds, the lowest and highest amount."""

CARDS_COPIED: Final = (5, 20)
"""Fewest and most frauds that follow from one compromised merchant."""

COPYING_S: Final = 4 * DAY
SALE_S: Final = 12 * DAY
"""Seconds for which a merchant's terminal copies cards, and within which these are used."""

COPIED_UNTIL: Final = 0.8
"""Share of the simulated time after which no merchant begins to copy cards."""

COPIES_ONLINE: Final = 0.3


def count_frauds(rows: int) -> int:
    """The number of frauds among `rows` payments."""
    return max(MIN_FRAUDS, round(rows * FRAUD_RATE))


def frauds(random: np.random.Generator, world: World, genuine: Payments, count: int) -> Payments:
    """`count` frauds; the genuine payments show which cards a merchant could copy."""
    n_taken, n_tested = (round(share * count) for share in SHARES.values())
    n_copied = count - n_taken - n_tested
    first = DEVICES * len(world.customers.city) + len(genuine.second)
    return Payments.merged(
        _take_overs(random, world, n_taken, first),
        _card_tests(random, world, n_tested, first + n_taken),
        _copied_cards(random, world, genuine, n_copied, first + n_taken + n_tested),
    )


def _take_overs(random: np.random.Generator, world: World, count: int, first: int) -> Payments:
    """Account take-over: expensive goods from far away online, mostly on a new device."""
    sizes = group_sizes(random, count, *SPREES)
    spree = np.repeat(np.arange(len(sizes)), sizes)
    victim = world.customers.active(random, len(sizes))[spree]
    from_own = (random.random(len(sizes)) < FROM_OWN_DEVICE)[spree]
    category = drawn(random, count, FOR_GOODS * ONLINE_SHARE)
    start = _starts(random, len(sizes), world)[spree]
    return Payments(
        second=np.minimum(start + random.integers(0, SPREE_S, count), world.end - 1),
        customer=victim,
        merchant=_far_online(random, world, victim, category),
        amount=RAISED * usual_amounts(random, category),
        channel=np.full(count, ONLINE),
        device=np.where(from_own, DEVICES * victim + COMPUTER, first + spree),
        device_is_known=from_own,
        typology=np.full(count, Typology.TAKE_OVER),
    )


def _card_tests(random: np.random.Generator, world: World, count: int, first: int) -> Payments:
    """Card testing: small payments with many cards from one device at one online merchant."""
    sizes = group_sizes(random, count, *BURSTS)
    burst = np.repeat(np.arange(len(sizes)), sizes)
    merchant = world.merchants.online(random, drawn(random, len(sizes), FOR_TESTS))
    start = _starts(random, len(sizes), world)[burst]
    return Payments(
        second=np.minimum(start + random.integers(0, BURST_S, count), world.end - 1),
        customer=world.customers.active(random, count),
        merchant=merchant[burst],
        amount=LOWEST_TEST * (HIGHEST_TEST / LOWEST_TEST) ** random.random(count),
        channel=np.full(count, ONLINE),
        device=first + burst,
        device_is_known=np.zeros(count, dtype=bool),
        typology=np.full(count, Typology.CARD_TESTING),
    )


def _copied_cards(
    random: np.random.Generator, world: World, genuine: Payments, count: int, first: int
) -> Payments:
    """Compromised merchant: cards copied there pay in shops of any city, or online."""
    sizes = group_sizes(random, count, *CARDS_COPIED)
    gang = np.repeat(np.arange(len(sizes)), sizes)
    copied = _copied(random, world, genuine, sizes)
    victim, copied_at = genuine.customer[copied], genuine.second[copied]
    online = random.random(count) < COPIES_ONLINE
    category = np.where(
        online,
        drawn(random, count, FOR_GOODS * ONLINE_SHARE),
        drawn(random, count, FOR_GOODS * (1 - ONLINE_SHARE)),
    )
    city = drawn(random, count, VISITS)
    return Payments(
        second=_used_at(random, world, copied_at),
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


def _far_online(
    random: np.random.Generator, world: World, victim: np.ndarray, category: np.ndarray
) -> np.ndarray:
    """An online merchant of each category: of two, the one farther from the victim's home."""
    home = take(world.customers.home, victim)
    one, other = (world.merchants.online(random, category) for _ in range(2))
    distances = (distance_km(home, take(world.merchants.place, seat)) for seat in (one, other))
    return np.where(np.greater(*distances), one, other)


def _starts(random: np.random.Generator, count: int, world: World) -> np.ndarray:
    """Start seconds of frauds, most at the hours of online payments, after the quiet days."""
    weights = ONLINE_HOURS / ONLINE_HOURS.sum()
    hour = drawn(random, count, ANY_HOUR / 24 + (1 - ANY_HOUR) * weights)
    day = random.integers(min(QUIET_DAYS, world.days - 1), world.days, count)
    return np.asarray(day * DAY + hour * HOUR + random.integers(0, HOUR, count))
