"""Customers: where they live, what they own, when they travel."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from fraud_api_lambda.features.places import Place
from training.simulator.cards.categories import drawn
from training.simulator.cards.payments import DAY
from training.simulator.cards.places import RESIDENTS, VISITS, places_in

CUSTOMERS_PER_ROW: Final = 0.03
FEWEST: Final = 30
ACTIVITY_SIGMA: Final = 0.8
SPENDING_SIGMA: Final = 0.3

NIGHT_WORKERS: Final = 0.04
PAY_BY_TELEPHONE: Final = 0.45

TRIPS_PER_DAY: Final = 0.006
TRIP_DAYS: Final = (2, 9)
NEW_TELEPHONES_PER_DAY: Final = 0.003
"""Share of the customers who begin a trip, or buy a telephone, on a day; once at most."""

SLEEPERS: Final = 0.08
FEWEST_SLEEPERS: Final = 2
ROBBED_SLEEPERS: Final = 0.7
"""Share of cards that pay nothing for a third of the days or longer, the fewest of them, and the
share of them that thieves find."""

CARD, TELEPHONE, COMPUTER, NEW_TELEPHONE = range(4)
DEVICES: Final = 4
"""Devices of a customer: customer n owns numbers 4n to 4n + 3."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers by index, with one card each; columns of shape (n_customers,).

    Attributes
    ----------
    city : int
    home : Place
    activity : float
        Relative number of payments.
    spending : float
        Factor of the amounts.
    likes_online : float
        Factor of the probability to buy online.
    works_at_night : bool
    pays_by_telephone : bool
        Whether contactless payments are made with the telephone.
    new_telephone : int
        The second from which a new telephone is used; after the end if there is none.
    trip_start, trip_end : int
        Seconds; after the end if there is no trip.
    destination : int
        The city of the trip.
    quiet_from : int
        The second from which the card pays nothing; the end unless it is a sleeper.
    wakes_at : int
        The second from which a sleeper pays again; the end for others and if a thief has the card.
    """

    city: np.ndarray
    home: Place
    activity: np.ndarray
    spending: np.ndarray
    likes_online: np.ndarray
    works_at_night: np.ndarray
    pays_by_telephone: np.ndarray
    new_telephone: np.ndarray
    trip_start: np.ndarray
    trip_end: np.ndarray
    destination: np.ndarray
    quiet_from: np.ndarray
    wakes_at: np.ndarray

    def active(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Draw customers by activity."""
        return drawn(random, count, self.activity)

    def sleep(self, customer: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Whether each customer's card is silent at a second."""
        return np.asarray(
            (self.quiet_from[customer] <= second) & (second < self.wakes_at[customer])
        )

    @property
    def regular(self) -> np.ndarray:
        """Mask of the customers whose cards are never silent for long."""
        return np.asarray(self.quiet_from == self.wakes_at)

    @property
    def robbed(self) -> np.ndarray:
        """Mask of the sleepers whose cards thieves find."""
        return np.asarray(~self.regular & (self.wakes_at == self.wakes_at.max()))


def populate(random: np.random.Generator, rows: int, days: int) -> Customers:
    """The customers behind `rows` payments of `days` days."""
    n = max(FEWEST, round(rows * CUSTOMERS_PER_ROW))
    city = drawn(random, n, RESIDENTS)
    trip_start = _moments(random, n, days, TRIPS_PER_DAY)
    quiet_from, wakes_at = _pauses(random, n, days)
    length = random.integers(TRIP_DAYS[0] * DAY, TRIP_DAYS[1] * DAY, n)
    return Customers(
        city=city,
        home=places_in(random, city),
        activity=random.lognormal(0, ACTIVITY_SIGMA, n),
        spending=random.lognormal(0, SPENDING_SIGMA, n),
        likes_online=random.uniform(0.4, 1.6, n),
        works_at_night=random.random(n) < NIGHT_WORKERS,
        pays_by_telephone=random.random(n) < PAY_BY_TELEPHONE,
        new_telephone=_moments(random, n, days, NEW_TELEPHONES_PER_DAY),
        trip_start=trip_start,
        trip_end=trip_start + length,
        destination=_abroad(random, city),
        quiet_from=quiet_from,
        wakes_at=wakes_at,
    )


def _pauses(random: np.random.Generator, n: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """The seconds at which each card falls silent and pays again; the end for most."""
    end = days * DAY
    quiet_from, wakes_at = np.full(n, end), np.full(n, end)
    sleepers = random.permutation(n)[: max(FEWEST_SLEEPERS, round(SLEEPERS * n))]
    waking = sleepers[round(ROBBED_SLEEPERS * len(sleepers)) :]
    quiet_from[sleepers] = min(DAY // 2, end // 6) + random.integers(0, end // 3, len(sleepers))
    wakes_at[waking] = random.integers(quiet_from[waking] + end // 3, end)
    return quiet_from, wakes_at


def _moments(random: np.random.Generator, n: int, days: int, per_day: float) -> np.ndarray:
    """A second for each customer to whom something happens within the days, else a later one."""
    happens = random.random(n) < 1 - (1 - per_day) ** days
    return np.where(happens, random.integers(0, days * DAY, n), days * DAY)


def _abroad(random: np.random.Generator, city: np.ndarray) -> np.ndarray:
    """Another city for each customer, by the number of visits."""
    chosen, second = drawn(random, len(city), VISITS), drawn(random, len(city), VISITS)
    return np.where(
        chosen == city, np.where(second == city, (city + 1) % len(VISITS), second), chosen
    )
