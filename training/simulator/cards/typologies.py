"""Frauds of five typologies; only a combination of columns separates them from genuine rows."""

from typing import Final

import numpy as np

from training.simulator.cards.categories import FOR_GOODS, FOR_TESTS, drawn, usual_amounts
from training.simulator.cards.categories import ONLINE as ONLINE_SHARE
from training.simulator.cards.customers import CARD, COMPUTER, DEVICES
from training.simulator.cards.merchant_frauds import RAISED, copied_cards, fraudulent_merchants
from training.simulator.cards.payments import (
    CHIP,
    CONTACTLESS,
    DAY,
    HOUR,
    ONLINE,
    ONLINE_HOURS,
    SHOP_HOURS,
    Payments,
    Typology,
)
from training.simulator.cards.places import distance_km, take
from training.simulator.cards.world import World
from training.simulator.columns import group_sizes

FRAUD_RATE: Final = 0.0045
MIN_FRAUDS: Final = 12
SHARES: Final = {
    Typology.TAKE_OVER: 0.28,
    Typology.CARD_TESTING: 0.18,
    Typology.FRAUDULENT_MERCHANT: 0.15,
    Typology.DORMANT_CARD: 0.10,
}
"""Shares of the fraud rows; the remaining frauds follow from compromised merchants."""

QUIET_DAYS: Final = 2
"""Days without fraud at the start, so that customers have a history."""

ANY_HOUR: Final = 0.25
"""Share of take-overs and tests at a uniformly random hour."""

SPREES: Final = (2, 6)
SPREE_S: Final = 2 * HOUR
"""Fewest and most payments of a take-over, and the seconds within which they happen."""

FROM_OWN_DEVICE: Final = 0.2
"""Share of take-overs through the victim's own computer."""

BURSTS: Final = (6, 20)
BURST_S: Final = 15 * 60
LOWEST_TEST: Final = 0.5
HIGHEST_TEST: Final = 6.0
"""Fewest and most cards in a burst of tests, its seconds, the lowest and highest amount."""

SPENDING: Final = (2, 5)
SPENT: Final = 3.0
"""Fewest and most payments with a dormant card, within a spree's seconds, and their factor of the
usual amount."""


def count_frauds(rows: int) -> int:
    """The number of frauds among `rows` payments."""
    return max(MIN_FRAUDS, round(rows * FRAUD_RATE))


def frauds(random: np.random.Generator, world: World, genuine: Payments, count: int) -> Payments:
    """`count` frauds; the genuine payments show which cards a merchant could copy."""
    n_taken, n_tested, n_charged, n_dormant = (round(share * count) for share in SHARES.values())
    n_copied = count - n_taken - n_tested - n_charged - n_dormant
    first = DEVICES * len(world.customers.city) + len(genuine.second)
    return Payments.merged(
        _take_overs(random, world, n_taken, first),
        _card_tests(random, world, n_tested, first + n_taken),
        copied_cards(random, world, genuine, n_copied, first + n_taken + n_tested),
        fraudulent_merchants(random, world, genuine, n_charged),
        _dormant_cards(random, world, n_dormant),
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
    merchant = world.merchants.any_online(random, drawn(random, len(sizes), FOR_TESTS))
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


def _dormant_cards(random: np.random.Generator, world: World, count: int) -> Payments:
    """Dormant card: after weeks without a payment, expensive goods in shops of the home city."""
    people = world.customers
    sizes = group_sizes(random, count, *SPENDING)
    victim = drawn(random, len(sizes), people.activity * people.robbed)
    start = random.integers(people.quiet_from[victim] + world.end // 3, world.end)
    start = start // DAY * DAY + HOUR * drawn(random, len(sizes), SHOP_HOURS)
    victim, second = np.repeat(victim, sizes), np.repeat(start, sizes)
    second += random.integers(0, SPREE_S, count)
    category = drawn(random, count, FOR_GOODS * (1 - ONLINE_SHARE))
    return Payments(
        second=np.minimum(second, world.end - 1),
        customer=victim,
        merchant=world.merchants.shops(random, people.city[victim], category),
        amount=SPENT * usual_amounts(random, category),
        channel=random.choice([CHIP, CONTACTLESS], count),
        device=DEVICES * victim + CARD,
        device_is_known=np.ones(count, dtype=bool),
        typology=np.full(count, Typology.DORMANT_CARD),
    )


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
