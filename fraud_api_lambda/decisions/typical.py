"""Typical values of genuine payments, by peer group; reasons compare payments with them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fraud_api_lambda.domain.checks import check_fields, check_number

ALL: Final = ""
"""The peer group of a payment that belongs to no other: all genuine payments."""


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
        For each peer group and feature: the median, or the busiest hour. `ALL` is a peer group.
    hours : dict of Hours
        The hours of nine in ten payments of a peer group; the whole day if no hours are quiet.
    risky : dict of tuple of str
        The values of each category with a higher fraud rate than all payments together.

    Raises
    ------
    ValueError
        If a peer group or a feature is missing, or a value is not a number.
    """

    values: Mapping[str, Mapping[str, float]]
    hours: Mapping[str, Hours]
    risky: Mapping[str, frozenset[str]]

    def __post_init__(self) -> None:
        check_fields("hours", self.hours, self.values)
        features = check_fields("values", self.values, {*self.values, ALL})[ALL]
        for peers, by_feature in self.values.items():
            check_fields(peers, by_feature, features)
            for feature, value in by_feature.items():
                check_number(f"{feature}.{peers}", value)

    @classmethod
    def from_dict(cls, value: object, features: Sequence[str]) -> "Typical":
        """Read the typical values of these features that `as_dict` wrote."""
        given = check_fields("it", value, ("features", "values", "hours", "risky"))
        if given["features"] != list(features):
            raise ValueError("features are not those of the model")
        rows = _dict("values", given["values"])
        values = {
            peers: dict(zip(features, _list(f"values.{peers}", row, len(features)), strict=True))
            for peers, row in rows.items()
        }
        ends = check_fields("hours", given["hours"], rows)
        hours = {peers: Hours(*_list(f"hours.{peers}", pair, 2)) for peers, pair in ends.items()}
        risky = {
            category: frozenset(_texts(f"risky.{category}", levels))
            for category, levels in _dict("risky", given["risky"]).items()
        }
        return cls(values, hours, risky)

    def as_dict(self) -> dict[str, object]:
        """Plain data, as bundles hold it."""
        return {
            "features": list(self.values[ALL]),
            "values": {peers: list(row.values()) for peers, row in self.values.items()},
            "hours": {peers: [hours.first, hours.last] for peers, hours in self.hours.items()},
            "risky": {category: sorted(levels) for category, levels in self.risky.items()},
        }


def _dict(name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError(f"{name} is not a dict")
    return value


def _list(name: str, value: object, length: int | None = None) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        raise ValueError(f"{name} is not a list{f' of {length}' if length else ''}")
    return value


def _texts(name: str, value: object) -> list[str]:
    texts = _list(name, value)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{name} is not a list of texts")
    return texts
