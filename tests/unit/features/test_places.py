"""The distance between two places, for a payment and for a column."""

import math
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fraud_api_lambda.domain.elementwise import SINGLE
from fraud_api_lambda.features.places import EARTH_RADIUS_KM, Place, distance_km
from training.data.elementwise import COLUMNS

NAN = math.nan
HALF_WAY_ROUND = math.pi * EARTH_RADIUS_KM


def places() -> st.SearchStrategy[Place]:
    return st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))


def close_places() -> st.SearchStrategy[tuple[Place, Place]]:
    """Two places up to about 100 km apart."""
    return st.builds(
        lambda latitude, longitude, north, east: (
            Place(latitude, longitude),
            Place(latitude + north, longitude + east),
        ),
        st.floats(-89, 89),
        st.floats(-179, 179),
        st.floats(-1, 1),
        st.floats(-1, 1),
    )


def antipodes() -> st.SearchStrategy[tuple[Place, Place]]:
    """Two places almost opposite on the earth."""
    return close_places().map(lambda pair: (pair[0], opposite(pair[1])))


def opposite(place: Place) -> Place:
    return Place(-place.latitude, place.longitude + (180 if place.longitude < 0 else -180))


def pairs() -> st.SearchStrategy[tuple[Place, Place]]:
    return st.tuples(places(), places()) | close_places() | antipodes()


def distance(one: Place, other: Place) -> float:
    value: float = distance_km(one, other, SINGLE)
    return value


def by_library(one: Place, other: Place) -> float:
    """Haversine formula in its form for all distances, by the functions of `math`."""
    (south, west), (north, east) = (map(math.radians, place) for place in (one, other))
    turn = abs(east - west)
    y = math.hypot(
        math.cos(north) * math.sin(turn),
        math.cos(south) * math.sin(north) - math.sin(south) * math.cos(north) * math.cos(turn),
    )
    x = math.sin(south) * math.sin(north) + math.cos(south) * math.cos(north) * math.cos(turn)
    return EARTH_RADIUS_KM * math.atan2(y, x)


@given(rows=st.lists(pairs(), min_size=1, max_size=20))
def test_a_column_and_single_pairs_of_places_give_the_same_bits(
    rows: list[tuple[Place, Place]],
) -> None:
    columns = np.array([[*one, *other] for one, other in rows]).T

    column = distance_km(Place(*columns[:2]), Place(*columns[2:]), COLUMNS)

    singly = [distance(*row) for row in rows]
    assert column.tobytes() == struct.pack(f"{len(rows)}d", *singly)


@given(pair=pairs())
@example(pair=(Place(90, 17), Place(-90, -60)))
@example(pair=(Place(0, -180), Place(0, 180)))
@example(pair=(Place(10, 179.9), Place(10, -179.9)))
@example(pair=(Place(90, 0), Place(89.9, 180)))
def test_distance_is_the_great_circle_within_ten_metres(
    pair: tuple[Place, Place],
) -> None:
    expected = by_library(*pair)

    near_antipodes = expected > 0.99 * HALF_WAY_ROUND
    allowed = 0.01 if near_antipodes else 1e-7 * expected + 1e-9
    assert distance(*pair) == pytest.approx(expected, rel=0, abs=allowed)


@given(pair=pairs())
def test_distance_is_symmetric_to_the_last_bit(pair: tuple[Place, Place]) -> None:
    one, other = pair

    assert distance(one, other) == distance(other, one)


@given(place=places())
def test_equal_places_are_exactly_zero_apart(place: Place) -> None:
    assert distance(place, place) == 0


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param((Place(-12.5, -180), Place(-12.5, 180)), id="antimeridian"),
        pytest.param((Place(90, 3), Place(90, -77)), id="north pole"),
        pytest.param((Place(-90, 180), Place(-90, 0)), id="south pole"),
    ],
)
def test_two_names_of_one_place_are_exactly_zero_apart(pair: tuple[Place, Place]) -> None:
    assert distance(*pair) == 0


@given(place=places())
def test_no_distance_exceeds_half_way_round_the_earth(place: Place) -> None:
    assert distance(place, opposite(place)) <= HALF_WAY_ROUND * (1 + 1e-7)


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_coordinate_gives_nan_and_no_warning(missing: int) -> None:
    numbers = [52.5, 13.4, 48.9, 2.4]
    numbers[missing] = NAN
    columns = np.array([numbers]).T

    assert math.isnan(distance(Place(*numbers[:2]), Place(*numbers[2:])))
    assert np.isnan(distance_km(Place(*columns[:2]), Place(*columns[2:]), COLUMNS)).all()
