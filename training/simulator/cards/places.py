"""Cities where cardholders live and travel, and distances between them."""

from typing import Final, NamedTuple

import numpy as np

from fraud_api_lambda.domain.elementwise import SINGLE
from fraud_api_lambda.features.places import Place
from fraud_api_lambda.features.places import distance_km as distance_of

NEAR: Final = 0.05
"""Standard deviation of a place around the centre of its city, in degrees."""


class City(NamedTuple):
    """A city, with the relative number of cardholders and of visits by travellers."""

    country: str
    lat: float
    long: float
    residents: float
    visits: float


CITIES: Final = (
    City("DE", 52.52, 13.40, 3.6, 2.0),
    City("DE", 53.55, 9.99, 1.8, 1.2),
    City("DE", 48.14, 11.58, 1.5, 1.5),
    City("DE", 50.94, 6.96, 1.1, 1.0),
    City("FR", 48.86, 2.35, 3.4, 3.0),
    City("FR", 45.76, 4.84, 1.2, 0.8),
    City("FR", 43.30, 5.37, 1.1, 1.2),
    City("ES", 40.42, -3.70, 3.2, 1.6),
    City("ES", 41.39, 2.17, 2.0, 2.5),
    City("IT", 41.90, 12.50, 2.6, 2.5),
    City("IT", 45.46, 9.19, 1.8, 1.5),
    City("NL", 52.37, 4.90, 1.4, 1.8),
    City("BE", 50.85, 4.35, 1.2, 0.9),
    City("AT", 48.21, 16.37, 1.7, 1.4),
    City("PT", 38.72, -9.14, 1.2, 1.6),
    City("IE", 53.35, -6.26, 1.1, 0.8),
    City("FI", 60.17, 24.94, 0.9, 0.5),
    City("GR", 37.98, 23.73, 1.2, 1.8),
    City("GB", 51.51, -0.13, 0.0, 2.4),
    City("US", 40.71, -74.01, 0.0, 1.6),
    City("TR", 41.01, 28.98, 0.0, 1.2),
    City("TH", 13.76, 100.50, 0.0, 0.8),
)

COUNTRY: Final = np.array([city.country for city in CITIES], dtype=object)
LAT: Final = np.array([city.lat for city in CITIES])
LONG: Final = np.array([city.long for city in CITIES])
RESIDENTS: Final = np.array([city.residents for city in CITIES])
VISITS: Final = np.array([city.visits for city in CITIES])


def places_in(random: np.random.Generator, city: np.ndarray) -> Place:
    """A place in each city, rounded to 4 decimals."""
    lat, long = (random.normal(0, NEAR, len(city)) for _ in range(2))
    return Place(np.round(LAT[city] + lat, 4), np.round(LONG[city] + long, 4))


def take(places: Place, index: np.ndarray) -> Place:
    """The places with these indices."""
    return Place(places.latitude[index], places.longitude[index])


def distance_km(one: Place, other: Place) -> np.ndarray:
    """The distance between the two places of each pair."""
    return np.asarray(distance_of(one, other, SINGLE._replace(where=np.where, sqrt=np.sqrt)))


def neighbours(count: int) -> np.ndarray:
    """The nearest cities of each city, of shape (n_cities, count)."""
    rows, columns = Place(LAT[:, None], LONG[:, None]), Place(LAT[None, :], LONG[None, :])
    return np.argsort(distance_km(rows, columns), axis=1, kind="stable")[:, 1 : count + 1]
