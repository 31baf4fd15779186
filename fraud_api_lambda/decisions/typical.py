"""Typical values of genuine payments, by type; reasons compare payments with them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fraud_api_lambda.domain.checks import check_fields, check_number
from fraud_api_lambda.domain.transaction import MAX_AMOUNT, TYPES


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day from `first` to `last`, both included; may include midnight.

    Raises
    ------
    ValueError
        If an end is not an integer from 0 to 23.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        for end in (self.first, self.last):
            if type(end) is not int or not 0 <= end <= 23:
                raise ValueError("hours do not begin and end with an hour from 0 to 23")

    def __contains__(self, hour: int) -> bool:
        return (hour - self.first) % 24 <= (self.last - self.first) % 24


@dataclass(frozen=True, slots=True)
class Typical:
    """Typical values of genuine payments.

    Attributes
    ----------
    values : dict of dict
        For each feature and type: the median, or the busiest hour.
    hours : dict of Hours
        The hours of nine in ten payments of a type; the whole day if no hours are quiet.
    risky_types : tuple of str
        The types with a higher fraud rate than all payments together.

    Raises
    ------
    ValueError
        If a type is missing or unknown, or a value is not a number from 0 to `MAX_AMOUNT`.
    """

    values: Mapping[str, Mapping[str, float]]
    hours: Mapping[str, Hours]
    risky_types: tuple[str, ...]

    def __post_init__(self) -> None:
        for feature, by_type in self.values.items():
            check_fields(feature, by_type, TYPES)
            for kind, value in by_type.items():
                check_number(f"{feature}.{kind}", value, 0.0, MAX_AMOUNT)
        check_fields("hours", self.hours, TYPES)
        if not all(kind in TYPES for kind in self.risky_types):
            raise ValueError("risky_types has a type that is unknown")

    def __getitem__(self, feature: str) -> Mapping[str, float]:
        """The feature's typical values by type."""
        return self.values[feature]

    @classmethod
    def from_dict(cls, value: object, features: Sequence[str]) -> "Typical":
        """Read the typical values of these features that `as_dict` wrote."""
        given = check_fields("it", value, ("values", "hours", "risky_types"))
        values = check_fields("values", given["values"], features)
        ends = check_fields("hours", given["hours"], TYPES)
        hours = {kind: Hours(*_list(f"hours.{kind}", pair, 2)) for kind, pair in ends.items()}
        return cls(values, hours, tuple(_list("risky_types", given["risky_types"])))

    def as_dict(self) -> dict[str, object]:
        """Plain data, as bundles hold it."""
        return {
            "values": {feature: dict(by_type) for feature, by_type in self.values.items()},
            "hours": {kind: [hours.first, hours.last] for kind, hours in self.hours.items()},
            "risky_types": list(self.risky_types),
        }


def _list(name: str, value: object, length: int | None = None) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        raise ValueError(f"{name} is not a list{f' of {length}' if length else ''}")
    return value
