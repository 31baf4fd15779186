"""The customers and merchants of a simulation, and its days."""

from dataclasses import dataclass

import numpy as np

from training.simulator.cards.customers import Customers, populate
from training.simulator.cards.merchants import Merchants, found_merchants
from training.simulator.cards.payments import DAY


@dataclass(frozen=True, slots=True)
class World:
    """Customers and merchants, and the number of simulated days."""

    customers: Customers
    merchants: Merchants
    days: int

    @property
    def end(self) -> int:
        """The second after the last day."""
        return self.days * DAY


def create_world(random: np.random.Generator, rows: int, days: int) -> World:
    """The customers and merchants behind `rows` payments of `days` days."""
    return World(populate(random, rows, days), found_merchants(random, rows), days)
