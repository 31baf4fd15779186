"""The features of the amount, the hour and the attributes, one class for each kind of column. Pure.

Each class makes inputs of facts (`encode`) and features of inputs (`derive`). `at` is the position
of its first input among all inputs. A missing number has a typical value as its input, because
SMOTE refuses NaN, and a second input that tells so; its feature is NaN.
"""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

from fraud_api_lambda.domain.elementwise import Arithmetic, Value, is_missing
from fraud_api_lambda.domain.learned import Rates
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.features.feature import Feature, Input, Measure, missing


class Fact(NamedTuple):
    """A number that every payment has: the amount or the hour.

    Attributes
    ----------
    position : int
        Its position in `Facts`.
    """

    at: int
    name: str
    measure: Measure
    position: int

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The number."""
        return (Input(self.name, self.measure),)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The number."""
        return (Feature(self.name, self.measure),)

    def encode(self, facts: Facts, arithmetic: Arithmetic) -> Sequence[Value]:
        """The number."""
        del arithmetic
        return (facts[self.position],)

    def derive(self, inputs: Sequence[Value], arithmetic: Arithmetic) -> Sequence[Value]:
        """The number."""
        del arithmetic
        return (inputs[self.at],)


class Levels(NamedTuple):
    """A category, as one feature for each of its values; all are 0 for any other value."""

    at: int
    attribute: str
    position: int
    levels: tuple[str, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Whether the category has each value."""
        return tuple(Input(each.name, Measure.LEVEL, self.attribute) for each in self.features)

    @property
    def features(self) -> tuple[Feature, ...]:
        """Whether the category has each value."""
        name = self.attribute
        return tuple(Feature(f"{name}_{it}", Measure.LEVEL, name, it) for it in self.levels)

    def encode(self, facts: Facts, arithmetic: Arithmetic) -> Sequence[Value]:
        """Whether the category has each value."""
        del arithmetic
        value = facts.attributes[self.position]
        return [value == level for level in self.levels]

    def derive(self, inputs: Sequence[Value], arithmetic: Arithmetic) -> Sequence[Value]:
        """Whether the category has each value."""
        del arithmetic
        return inputs[self.at : self.at + len(self.levels)]


class Number(NamedTuple):
    """A number or a flag.

    Attributes
    ----------
    fill : float or None
        The input of a missing one; None if it is never missing.
    """

    at: int
    attribute: str
    position: int
    measure: Measure
    fill: float | None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The number and, if it can be missing, whether it is."""
        number = Input(self.attribute, self.measure, self.attribute)
        return (number,) if self.fill is None else (number, missing(self.attribute))

    @property
    def features(self) -> tuple[Feature, ...]:
        """The number."""
        derived = self.fill is not None
        return (Feature(self.attribute, self.measure, self.attribute, derived=derived),)

    def encode(self, facts: Facts, arithmetic: Arithmetic) -> Sequence[Value]:
        """The number and, if it can be missing, whether it is."""
        return _filled(facts.attributes[self.position], self.fill, arithmetic)

    def derive(self, inputs: Sequence[Value], arithmetic: Arithmetic) -> Sequence[Value]:
        """The number, NaN if it is missing."""
        return (_with_missing(inputs, self.at, self.fill, arithmetic),)


class Rate(NamedTuple):
    """A category with many values, as the fraud rate of its value."""

    at: int
    attribute: str
    position: int
    rates: Rates
    fill: float | None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The rate and, if the category can be missing, whether it is."""
        rate = Input(f"{self.attribute}_rate", Measure.RATE, self.attribute)
        return (rate,) if self.fill is None else (rate, missing(self.attribute))

    @property
    def features(self) -> tuple[Feature, ...]:
        """The rate."""
        derived, name = self.fill is not None, f"{self.attribute}_rate"
        return (Feature(name, Measure.RATE, self.attribute, derived=derived),)

    def encode(self, facts: Facts, arithmetic: Arithmetic) -> Sequence[Value]:
        """The rate and, if the category can be missing, whether it is."""
        value = facts.attributes[self.position]
        rate = arithmetic.look(value, self.rates.by_value, self.rates.overall)
        return _filled(rate, self.fill, arithmetic)

    def derive(self, inputs: Sequence[Value], arithmetic: Arithmetic) -> Sequence[Value]:
        """The rate, NaN if the category is missing."""
        return (_with_missing(inputs, self.at, self.fill, arithmetic),)


def _filled(value: Value, fill: float | None, arithmetic: Arithmetic) -> Sequence[Value]:
    if fill is None:
        return (value,)
    is_absent = is_missing(value)
    return (arithmetic.where(is_absent, fill, value), is_absent)


def _with_missing(
    inputs: Sequence[Value], at: int, fill: float | None, arithmetic: Arithmetic
) -> Value:
    value = inputs[at]
    return value if fill is None else arithmetic.where(inputs[at + 1] >= 0.5, nan, value)
