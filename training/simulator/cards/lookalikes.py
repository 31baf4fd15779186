"""Genuine payments that resemble frauds: shopping sprees, sales, cards that wake after a pause."""

from typing import Final

import numpy as np

from training.simulator.cards.categories import usual_amounts
from training.simulator.cards.customers import Customers
from training.simulator.cards.payments import HOUR, Typology
from training.simulator.cards.world import World
from training.simulator.columns import group_sizes

SHARES: Final = {Typology.SHOPPING_SPREE: 0.008, Typology.SALE: 0.005}
"""Shares of the genuine payments; the others are `GENUINE` here."""

SPREES: Final = (2, 6)
SPREE_S: Final = 2 * HOUR
ON_UNKNOWN_DEVICE: Final = 0.2
"""Fewest and most payments of a spree, its seconds, and the share on an unknown device."""

SALES: Final = (6, 30)
SALE_S: Final = HOUR // 2
CHEAP: Final = 0.25
CHEAPEST, CHEAP_UNTIL = 0.5, 8.0
SAME_PRICE: Final = 0.15
"""Fewest and most payments of a sale, its seconds, the share of cheap sales and their prices, and
the spread of a sale's amounts."""


def draw_groups(random: np.random.Generator, rows: int) -> np.ndarray:
    """The typology of each payment that belongs to a spree or to a sale; `GENUINE` of others."""
    shares = [1 - sum(SHARES.values()), *SHARES.values()]
    return random.choice([Typology.GENUINE, *SHARES], rows, p=shares)


def group_sales(
    random: np.random.Generator, world: World, typology: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give each sale half an hour, in place.

    Returns
    -------
    merchant, amount : ndarray of shape (n_payments_in_sales,)
        One online merchant for each sale, of any popularity, and about one price.
    """
    rows = np.flatnonzero(typology == Typology.SALE)
    sizes = group_sizes(random, len(rows), *SALES)
    start = np.repeat(second[rows[: len(sizes)]], sizes)
    second[rows] = np.minimum(start + random.integers(0, SALE_S, len(rows)), world.end - 1)
    n_online = len(world.merchants.category) - world.merchants.first_online
    merchant = world.merchants.first_online + random.integers(0, n_online, len(sizes))
    price = usual_amounts(random, world.merchants.category[merchant])
    cheap = CHEAPEST * (CHEAP_UNTIL / CHEAPEST) ** random.random(len(sizes))
    price = np.where(random.random(len(sizes)) < CHEAP, cheap, price)
    spread = np.exp(SAME_PRICE * random.normal(size=len(rows)))
    return np.repeat(merchant, sizes), np.repeat(price, sizes) * spread


def group_sprees(
    random: np.random.Generator,
    world: World,
    typology: np.ndarray,
    customer: np.ndarray,
    second: np.ndarray,
) -> np.ndarray:
    """Give each shopping spree one customer and two hours, in place.

    Returns
    -------
    ndarray of shape (n_payments,), int
        The same number for all payments of a spree on an unknown device; -1 elsewhere.
    """
    rows = np.flatnonzero(typology == Typology.SHOPPING_SPREE)
    sizes = group_sizes(random, len(rows), *SPREES)
    first = np.repeat(rows[np.cumsum(sizes) - sizes], sizes) if len(rows) else rows
    customer[rows] = customer[first]
    later = random.integers(0, SPREE_S, len(rows))
    second[rows] = np.minimum(second[first] + later, world.end - 1)
    unknown = random.random(len(sizes)) < ON_UNKNOWN_DEVICE
    numbers = np.full(len(second), -1)
    numbers[rows] = np.where(np.repeat(unknown, sizes), first, -1)
    return numbers


def first_after_pause(people: Customers, customer: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mask of each sleeper's first payment after the pause."""
    woken = np.flatnonzero(~people.regular[customer] & (second >= people.wakes_at[customer]))
    woken = woken[np.argsort(second[woken], kind="stable")]
    _, first = np.unique(customer[woken], return_index=True)
    mask = np.zeros(len(second), dtype=bool)
    mask[woken[first]] = True
    return mask
