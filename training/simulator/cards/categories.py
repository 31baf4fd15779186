"""Categories of purchases: how common, how expensive, how often online."""

from typing import Final, NamedTuple

import numpy as np


class Category(NamedTuple):
    """A category of purchases.

    Attributes
    ----------
    name : str
    share : float
        Share of all genuine payments.
    median : float
        Median amount.
    sigma : float
        Standard deviation of the amount's logarithm.
    online : float
        Share of the payments that are online.
    for_goods : float
        Relative number of purchases by thieves who resell what they buy.
    for_tests : float
        Relative number of thieves who test cards there.
    """

    name: str
    share: float
    median: float
    sigma: float
    online: float
    for_goods: float = 0.0
    for_tests: float = 0.0


CATEGORIES: Final = (
    Category("groceries", 0.28, 32, 0.8, 0.06, for_goods=1.5),
    Category("fuel", 0.08, 48, 0.4, 0.02, for_goods=1.0),
    Category("restaurants", 0.16, 22, 0.7, 0.15, for_goods=0.4, for_tests=0.3),
    Category("transport", 0.10, 9, 0.8, 0.45, for_tests=2.0),
    Category("health", 0.05, 24, 0.7, 0.10),
    Category("clothing", 0.07, 48, 0.7, 0.40, for_goods=2.0, for_tests=0.6),
    Category("electronics", 0.03, 130, 0.9, 0.50, for_goods=2.6),
    Category("household", 0.06, 55, 0.9, 0.25, for_goods=1.0),
    Category("leisure", 0.06, 28, 0.7, 0.50, for_goods=0.5, for_tests=2.0),
    Category("travel", 0.03, 190, 0.8, 0.80, for_goods=1.2),
    Category("digital", 0.07, 9, 0.8, 1.00, for_goods=1.2, for_tests=5.0),
    Category("jewellery", 0.01, 150, 0.9, 0.35, for_goods=0.8),
)

NAMES: Final = np.array([category.name for category in CATEGORIES], dtype=object)
SHARE: Final = np.array([category.share for category in CATEGORIES])
MEDIAN: Final = np.array([category.median for category in CATEGORIES])
SIGMA: Final = np.array([category.sigma for category in CATEGORIES])
ONLINE: Final = np.array([category.online for category in CATEGORIES])
FOR_GOODS: Final = np.array([category.for_goods for category in CATEGORIES])
FOR_TESTS: Final = np.array([category.for_tests for category in CATEGORIES])


def drawn(random: np.random.Generator, count: int, weights: np.ndarray) -> np.ndarray:
    """Draw indices of weights, in proportion to them."""
    return random.choice(len(weights), count, p=weights / weights.sum())


def usual_amounts(random: np.random.Generator, category: np.ndarray) -> np.ndarray:
    """Draw an amount for each category, log-normally distributed."""
    return np.asarray(
        MEDIAN[category] * np.exp(SIGMA[category] * random.normal(size=len(category)))
    )
