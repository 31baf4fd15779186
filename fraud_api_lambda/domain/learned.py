"""Properties of the columns that the data showed, which the schema's author did not write. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rates:
    """The fraud rate by value of a category with many values.

    Attributes
    ----------
    overall : float
        The rate of all payments, for values that are not listed.
    by_value : dict of float
    """

    overall: float
    by_value: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Learned:
    """Properties of the columns of the training data.

    Attributes
    ----------
    levels : dict of tuple of str
        The values of each category that has a feature for each of them.
    rates : dict of Rates
        By category, for the others.
    flags : dict of tuple of str
        The two values of each flag without a prefix, as text; the second counts as true.
    fills : dict of tuple of float
        Typical values of each attribute that was ever missing, one for each of its numbers. An
        attribute that is not listed was never missing.
    digits : tuple of str
        Text columns in which a whole number stands for its digits.
    histories : tuple of str
        The account histories that a payment sees: names of `accounts_of`.
    """

    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rates: Mapping[str, Rates] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    fills: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    digits: tuple[str, ...] = ()
    histories: tuple[str, ...] = ()

    def values_of(self, category: str) -> frozenset[str]:
        """The known values of a category."""
        if category in self.levels:
            return frozenset(self.levels[category])
        return frozenset(self.rates[category].by_value)
