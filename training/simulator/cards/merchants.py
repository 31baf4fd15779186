"""Merchants: shops of each category in each city, and online merchants of each category."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from fraud_api_lambda.features.places import Place
from training.simulator.cards.categories import CATEGORIES, drawn
from training.simulator.cards.places import CITIES, RESIDENTS, VISITS, places_in

SHOPS_PER_ROW: Final = 0.003
ONLINE_PER_ROW: Final = 0.0012
FEWEST_ONLINE: Final = 8
POPULARITY: Final = 0.8
"""The merchant of rank r has a share of the payments in proportion to `r ** -POPULARITY`."""


@dataclass(frozen=True, slots=True)
class Merchants:
    """Merchants by index: shops by city and category, then online merchants by category.

    Attributes
    ----------
    n_shops : int
        Shops of one category in one city.
    n_online : int
        Online merchants of one category.
    category, city : ndarray of shape (n_merchants,), int
    place : Place of shape (n_merchants,)
        The shop, or the seat of an online merchant.
    """

    n_shops: int
    n_online: int
    category: np.ndarray
    city: np.ndarray
    place: Place

    @property
    def first_online(self) -> int:
        """The index of the first online merchant."""
        return len(CITIES) * len(CATEGORIES) * self.n_shops

    def shops(
        self, random: np.random.Generator, city: np.ndarray, category: np.ndarray
    ) -> np.ndarray:
        """Draw a shop of each category in each city, by popularity."""
        return self.shop(city, category, _ranks(random, len(city), self.n_shops))

    def shop(self, city: np.ndarray, category: np.ndarray, rank: np.ndarray) -> np.ndarray:
        """The shop of each rank among those of the category in the city."""
        return np.asarray((city * len(CATEGORIES) + category) * self.n_shops + rank % self.n_shops)

    def online(self, random: np.random.Generator, category: np.ndarray) -> np.ndarray:
        """Draw an online merchant of each category, by popularity."""
        return self._online(category, _ranks(random, len(category), self.n_online))

    def any_online(self, random: np.random.Generator, category: np.ndarray) -> np.ndarray:
        """Draw an online merchant of each category, whether popular or not."""
        return self._online(category, random.integers(0, self.n_online, len(category)))

    def _online(self, category: np.ndarray, rank: np.ndarray) -> np.ndarray:
        return np.asarray(self.first_online + category * self.n_online + rank)


def found_merchants(random: np.random.Generator, rows: int) -> Merchants:
    """The merchants behind `rows` payments."""
    cells = len(CITIES) * len(CATEGORIES)
    n_shops = max(1, round(rows * SHOPS_PER_ROW / cells))
    n_online = max(FEWEST_ONLINE, round(rows * ONLINE_PER_ROW / len(CATEGORIES)))
    kinds = np.arange(len(CATEGORIES))
    seats = drawn(random, len(kinds) * n_online, RESIDENTS + VISITS)
    city = np.concatenate([np.repeat(np.arange(len(CITIES)), len(kinds) * n_shops), seats])
    in_shops = np.tile(np.repeat(kinds, n_shops), len(CITIES))
    return Merchants(
        n_shops=n_shops,
        n_online=n_online,
        category=np.concatenate([in_shops, np.repeat(kinds, n_online)]),
        city=city,
        place=places_in(random, city),
    )


def _ranks(random: np.random.Generator, count: int, most: int) -> np.ndarray:
    return drawn(random, count, np.arange(1, most + 1) ** -POPULARITY)
