"""Genuine payments: habits, and exceptions that resemble fraud."""

from typing import Final

import numpy as np

from training.simulator.cards.categories import ONLINE as ONLINE_SHARE
from training.simulator.cards.categories import SHARE, drawn, usual_amounts
from training.simulator.cards.customers import (
    CARD,
    COMPUTER,
    DEVICES,
    NEW_TELEPHONE,
    TELEPHONE,
    Customers,
)
from training.simulator.cards.lookalikes import (
    draw_groups,
    first_after_pause,
    group_sales,
    group_sprees,
)
from training.simulator.cards.payments import (
    CHIP,
    CONTACTLESS,
    DAY,
    HOUR,
    MAGSTRIPE,
    ONLINE,
    ONLINE_HOURS,
    SHOP_HOURS,
    Payments,
    Typology,
)
from training.simulator.cards.places import neighbours
from training.simulator.cards.world import World

HABITUAL: Final = 0.6
"""Share of payments in shops of the home city that go to the customer's usual shop."""

DAY_TRIPS: Final = 0.04
NEIGHBOURS: Final = 3
"""Share of payments in one of the nearest cities, and the number of these."""

LARGE: Final = 0.006
LARGE_FACTOR: Final = (3.0, 12.0)
SPREE_FACTOR: Final = 1.5

SHIFT_H: Final = 10
"""Hours by which night workers pay later than others."""

SMALL: Final = 50.0
TAPPED: Final = (0.7, 0.2)
"""Shares of payments below and from `SMALL` that are contactless."""

SWIPED: Final = (0.02, 0.1)
"""Shares of payments by magnetic stripe, at home and on a trip."""

BY_TELEPHONE: Final = 0.6
BORROWED: Final = 0.03
"""Shares of online payments from the telephone, and from a device that is not the customer's."""

UNKNOWN_S: Final = 2 * DAY
"""Seconds for which a new telephone counts as unknown."""


def traffic(random: np.random.Generator, world: World, rows: int) -> Payments:
    """Genuine payments, not yet in time order."""
    people, merchants = world.customers, world.merchants
    customer = people.active(random, rows)
    category = drawn(random, rows, SHARE)
    online = random.random(rows) < ONLINE_SHARE[category] * people.likes_online[customer]
    second = _seconds(random, people, customer, online, world.days)
    typology = draw_groups(random, rows)
    online |= typology != Typology.GENUINE
    crowd = group_sales(random, world, typology, second)
    asleep = people.sleep(customer, second)
    customer[asleep] = drawn(random, asleep.sum(), people.activity * people.regular)
    unknown = group_sprees(random, world, typology, customer, second)
    on_trip = (people.trip_start[customer] <= second) & (second < people.trip_end[customer])
    large = random.random(rows) < LARGE
    amount = people.spending[customer] * usual_amounts(random, category)
    woken = first_after_pause(people, customer, second)
    amount = np.where(large | woken, random.uniform(*LARGE_FACTOR, rows) * amount, amount)
    amount = np.where(typology == Typology.SHOPPING_SPREE, SPREE_FACTOR * amount, amount)
    in_shops = _shops(random, world, customer, category, on_trip)
    channel = _channels(random, amount, online, on_trip)
    device, known = _devices(random, people, customer, channel, second)
    others = DEVICES * len(people.city) + unknown
    device, known = np.where(unknown < 0, device, others), known & (unknown < 0)
    conditions = {
        Typology.WAKING: woken,
        Typology.LARGE_PURCHASE: large,
        Typology.NEW_DEVICE: ~known,
        Typology.TRAVEL: on_trip & ~online,
        Typology.NIGHT_WORK: people.works_at_night[customer],
    }
    alone = np.select(list(conditions.values()), [*map(int, conditions)], Typology.GENUINE)
    merchant = np.where(online, merchants.online(random, category), in_shops)
    at_sale = typology == Typology.SALE
    merchant[at_sale], amount[at_sale] = crowd
    return Payments(
        second=second,
        customer=customer,
        merchant=merchant,
        amount=amount,
        channel=channel,
        device=device,
        device_is_known=known,
        typology=np.where(typology == Typology.GENUINE, alone, typology),
    )


def _seconds(
    random: np.random.Generator,
    people: Customers,
    customer: np.ndarray,
    online: np.ndarray,
    days: int,
) -> np.ndarray:
    """Moments on the daily rhythm of shops or of online merchants; some days are busier."""
    rows = len(customer)
    day = drawn(random, rows, random.uniform(0.8, 1.2, days))
    hour = np.where(online, drawn(random, rows, ONLINE_HOURS), drawn(random, rows, SHOP_HOURS))
    hour = np.where(people.works_at_night[customer], (hour + SHIFT_H) % 24, hour)
    return np.asarray(day * DAY + hour * HOUR + random.integers(0, HOUR, rows))


def _shops(
    random: np.random.Generator,
    world: World,
    customer: np.ndarray,
    category: np.ndarray,
    on_trip: np.ndarray,
) -> np.ndarray:
    """The shop of each payment: usually at home, sometimes in a city nearby or on a trip."""
    people, merchants, rows = world.customers, world.merchants, len(customer)
    home = people.city[customer]
    nearby = neighbours(NEIGHBOURS)[home, random.integers(0, NEIGHBOURS, rows)]
    away = np.where(random.random(rows) < DAY_TRIPS, nearby, home)
    city = np.where(on_trip, people.destination[customer], away)
    usual = merchants.shop(city, category, rank=customer + category)
    habitual = (city == home) & (random.random(rows) < HABITUAL)
    return np.where(habitual, usual, merchants.shops(random, city, category))


def _channels(
    random: np.random.Generator, amount: np.ndarray, online: np.ndarray, on_trip: np.ndarray
) -> np.ndarray:
    rows = len(amount)
    swiped = random.random(rows) < np.where(on_trip, SWIPED[1], SWIPED[0])
    tapped = random.random(rows) < np.where(amount < SMALL, *TAPPED)
    return np.select([online, swiped, tapped], [ONLINE, MAGSTRIPE, CONTACTLESS], CHIP)


def _devices(
    random: np.random.Generator,
    people: Customers,
    customer: np.ndarray,
    channel: np.ndarray,
    second: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The device of each payment, and whether the customer has paid with it before."""
    rows, online = len(customer), channel == ONLINE
    bought = people.new_telephone[customer]
    by_telephone = np.where(
        online,
        random.random(rows) < BY_TELEPHONE,
        (channel == CONTACTLESS) & people.pays_by_telephone[customer],
    )
    telephone = np.where(second < bought, TELEPHONE, NEW_TELEPHONE)
    own = np.where(by_telephone, telephone, np.where(online, COMPUTER, CARD))
    is_new = by_telephone & (bought <= second) & (second < bought + UNKNOWN_S)
    borrowed = online & (random.random(rows) < BORROWED)
    others = DEVICES * len(people.city) + np.arange(rows)
    return np.where(borrowed, others, DEVICES * customer + own), ~(is_new | borrowed)
