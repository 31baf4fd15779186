"""Places, and the distance between two of them.

Sine and arctangent are polynomials: the last bits of a library's functions differ between
machines, and between Python and NumPy.
"""

from collections.abc import Sequence
from math import factorial, nan, pi
from typing import Final, NamedTuple

from fraud_api_lambda.domain.elementwise import Arithmetic, Value, is_missing
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.features.feature import Feature, Input, Measure, missing

EARTH_RADIUS_KM: Final = 6371.0

_RADIANS: Final = pi / 180

_SINE: Final = tuple((-1) ** n / factorial(2 * n + 1) for n in range(8, -1, -1))
"""Taylor coefficients, the highest power first: a relative error below 1e-13 up to 90 degrees."""

_ARCTANGENT: Final = (
    0.0028662257,
    -0.0161657367,
    0.0429096138,
    -0.0752896400,
    0.1065626393,
    -0.1420889944,
    0.1999355085,
    -0.3333314528,
    1.0,
)
"""M. Abramowitz, I. Stegun: Handbook of Mathematical Functions, 4.4.49. A relative error below
2e-8 from 0 to 1."""


class Place(NamedTuple):
    """A point on the earth, or a column of them, in degrees.

    `latitude` is between -90 and 90, `longitude` between -180 and 180; either may be NaN.
    """

    latitude: Value
    longitude: Value


class Places(NamedTuple):
    """The places of a payment: the distance of each two.

    Coordinates are no features: the place of a home names its owner, and a model memorises it.

    Attributes
    ----------
    fills : tuple of tuple of float or None
        For each place, the inputs of a missing one; None if it is never missing.
    """

    at: int
    attributes: tuple[str, ...]
    indices: tuple[int, ...]
    fills: tuple[tuple[float, ...] | None, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The coordinates of each place and, if it can be missing, whether it is."""
        found: list[Input] = []
        for name, fill in zip(self.attributes, self.fills, strict=True):
            axes = (f"{name}_latitude", f"{name}_longitude")
            found += [Input(axis, Measure.COORDINATE, name) for axis in axes]
            found += [] if fill is None else [missing(name)]
        return tuple(found)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The distances in kilometres."""
        return tuple(
            Feature(f"{one}_{other}_km", Measure.DISTANCE, one, other=other, derived=True)
            for one, other in _pairs(self.attributes)
        )

    def encode(self, facts: Facts, arithmetic: Arithmetic) -> Sequence[Value]:
        """The coordinates of each place and, if it can be missing, whether it is."""
        found: list[Value] = []
        for index, fill in zip(self.indices, self.fills, strict=True):
            latitude, longitude = facts.attributes[index]
            if fill is None:
                found += (latitude, longitude)
            else:
                is_absent = is_missing(latitude) | is_missing(longitude)
                found += [
                    arithmetic.where(is_absent, typical, value)
                    for typical, value in zip(fill, (latitude, longitude), strict=True)
                ]
                found.append(is_absent)
        return found

    def derive(self, inputs: Sequence[Value], arithmetic: Arithmetic) -> Sequence[Value]:
        """The distances; NaN if a place is missing."""
        places, at = [], self.at
        for fill in self.fills:
            point = inputs[at : at + 2]
            if fill is not None:
                point = [arithmetic.where(inputs[at + 2] >= 0.5, nan, each) for each in point]
            places.append(Place(*point))
            at += 2 if fill is None else 3
        return [distance_km(one, other, arithmetic) for one, other in _pairs(places)]


def distance_km(one: Place, other: Place, arithmetic: Arithmetic) -> Value:
    """The great-circle distance in kilometres, on a sphere; NaN if a coordinate is.

    It is the haversine formula, to a relative error of 1e-7, or 10 m near antipodes. The distance
    is symmetric to the last bit, and exactly 0 between equal places.
    """
    where, sqrt, _ = arithmetic
    north = _sine((one.latitude - other.latitude) / 2)
    half_turn = abs(one.longitude - other.longitude) / 2
    east = _sine(where(half_turn > 90, 180 - half_turn, half_turn))
    parallels = _sine(90 - abs(one.latitude)) * _sine(90 - abs(other.latitude))
    haversine = north * north + parallels * (east * east)
    rest = where(haversine < 1, 1 - haversine, 0.0)  # rounding exceeds 1 at some antipodes
    quarter = _odd(_ARCTANGENT, sqrt(haversine) / (1 + sqrt(rest)))
    return 4 * EARTH_RADIUS_KM * quarter


def _sine(degrees: Value) -> Value:
    """The sine of an angle between -90 and 90 degrees."""
    return _odd(_SINE, degrees * _RADIANS)


def _odd(coefficients: Sequence[float], x: Value) -> Value:
    """A polynomial with odd powers only, by Horner's rule."""
    square, value = x * x, coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * square + coefficient
    return value * x


def _pairs[T](items: Sequence[T]) -> list[tuple[T, T]]:
    return [(one, other) for index, one in enumerate(items) for other in items[index + 1 :]]
