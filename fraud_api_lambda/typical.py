"""What is usual: medians of genuine payments, which reasons compare a payment with. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fraud_api_lambda.checks import check_fields, check_number
from fraud_api_lambda.transaction import MAX_AMOUNT, TYPES


@dataclass(frozen=True, slots=True)
class Typical:
    """Medians of genuine rows: of each feature, by type.

    Raises
    ------
    ValueError
        If a type is missing, or a median is not a number from 0 to `MAX_AMOUNT`.
    """

    medians: Mapping[str, Mapping[str, float]]

    def __post_init__(self) -> None:
        for feature, by_type in self.medians.items():
            check_fields(feature, by_type, TYPES)
            for kind, median in by_type.items():
                check_number(f"{feature}.{kind}", median, 0.0, MAX_AMOUNT)

    def __getitem__(self, feature: str) -> Mapping[str, float]:
        """The feature's medians by type."""
        return self.medians[feature]

    @classmethod
    def from_dict(cls, value: Any, features: Sequence[str]) -> "Typical":
        """The typical values of these features that `as_dict` wrote."""
        return cls(check_fields("it", value, features))

    def as_dict(self) -> dict[str, dict[str, float]]:
        """Plain data, as bundles hold it."""
        return {feature: dict(by_type) for feature, by_type in self.medians.items()}
