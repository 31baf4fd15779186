"""The features of a schema: which there are, and how a payment becomes a row of them. Pure.

A plan serves one payment and a column of payments by the same expressions, so both give the same
bits. They use ``+ - * /``, comparisons and the given `Arithmetic` in binary64.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from typing import Final

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.elementwise import SINGLE, Arithmetic, Value
from fraud_api_lambda.domain.fields import Field, fields_of
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.reading import PaymentReader
from fraud_api_lambda.domain.schema import Attribute, Kind, Schema
from fraud_api_lambda.features.account_history import AccountHistory
from fraud_api_lambda.features.attributes import Fact, Levels, Number, Rate
from fraud_api_lambda.features.balance import Balance
from fraud_api_lambda.features.feature import Family, Feature, Input, Measure
from fraud_api_lambda.features.places import Places

type Coder = Fact | Levels | Number | Rate | Places | Balance | AccountHistory

HISTORY: Final = "history"
"""The feature set with account histories."""

FEATURE_SETS: Final[dict[str, tuple[Family, ...]]] = {
    "decision-time": (Family.PAYMENT, Family.CLOCK, Family.BALANCE),
    "strict+hour": (Family.PAYMENT, Family.CLOCK),
    "strict": (Family.PAYMENT,),
    HISTORY: (Family.PAYMENT, Family.CLOCK, Family.BALANCE, Family.HISTORY),
}
"""The families of each feature set that can be served."""

WITHOUT_HISTORY: Final = "decision-time"
"""The feature set of the second model in the bundle of a model with `history`."""


@dataclass(frozen=True)
class Plan:
    """The features of one feature set, for the columns of a schema.

    Attributes
    ----------
    schema : Schema
    learned : Learned
        From the rows that the booster is fitted on.
    feature_set : str
        A key of `FEATURE_SETS`.
    """

    schema: Schema
    learned: Learned
    feature_set: str

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields of a payment, by name."""
        return {field.name: field for field in fields_of(self.schema, self.learned)}

    @cached_property
    def reader(self) -> PaymentReader:
        """The reader of a payment's fields."""
        return PaymentReader(self.schema, self.learned)

    @cached_property
    def coders(self) -> tuple[Coder, ...]:
        """The parts, in the order of their inputs and features."""
        return tuple(_Builder(self.schema, self.learned).coders(FEATURE_SETS[self.feature_set]))

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The numbers that SMOTE interpolates."""
        return tuple(each for coder in self.coders for each in coder.inputs)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features, in the booster's order, with unique names; those of roles keep theirs."""
        made = [each for coder in self.coders for each in coder.features]
        taken = {each.name for each in made if not each.attribute}
        return tuple(
            each._replace(name=_free_name(each.name, taken)) if each.attribute else each
            for each in made
        )

    @property
    def needs_histories(self) -> bool:
        """Whether features are made of account histories."""
        return Family.HISTORY in FEATURE_SETS[self.feature_set]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the features."""
        return tuple(each.name for each in self.features)

    def encode(self, facts: Facts, arithmetic: Arithmetic) -> list[Value]:
        """The inputs of facts, still in binary64."""
        inputs: list[Value] = []
        for coder in self.coders:
            inputs += coder.encode(facts, arithmetic)
        return inputs

    def derive(self, inputs: Sequence[Value], arithmetic: Arithmetic) -> list[Value]:
        """The features of inputs, still in binary64."""
        features: list[Value] = []
        for coder in self.coders:
            features += coder.derive(inputs, arithmetic)
        return features

    def row(self, facts: Facts) -> list[float]:
        """The features of one payment, in order; flags are bool."""
        return self.derive(self.encode(facts, SINGLE), SINGLE)


def _free_name(name: str, taken: set[str]) -> str:
    """The name, changed where XGBoost does not take it or another feature has it, is now taken."""
    plain = re.sub(r"[\[\]<]", "_", name)
    candidates = chain([plain], (f"{plain}_{number}" for number in count(2)))
    free = next(each for each in candidates if each not in taken)
    taken.add(free)
    return free


class _Builder:
    """Builds coders, each with the position of its first input."""

    def __init__(self, schema: Schema, learned: Learned) -> None:
        self._schema, self._learned = schema, learned
        self._attributes = list(enumerate(schema.attributes.values()))
        self._built: list[Coder] = []
        self._at = 0

    def coders(self, families: Sequence[Family]) -> list[Coder]:
        """The coders of some families, in the order of the features."""
        for index, attribute in self._attributes:
            if attribute.kind is Kind.CATEGORY:
                self._add(self._category(index, attribute))
        amount_at = self._at
        self._add(self._fact("amount", Measure.AMOUNT))
        for index, attribute in self._attributes:
            if attribute.kind in {Kind.NUMBER, Kind.FLAG}:
                self._add(self._number(index, attribute))
        places = self._places()
        if places.features:
            self._add(places)
        if Family.CLOCK in families and self._schema.roles.time.has_hours:
            self._add(self._fact("hour", Measure.HOUR))
        if Family.BALANCE in families and self._schema.roles.balance is not None:
            self._add(Balance(self._at, amount_at, self._incoming_at()))
        if Family.HISTORY in families:
            self._add_histories(amount_at)
        return self._built

    def _add_histories(self, amount_at: int) -> None:
        unit, accounts = 10.0**self._schema.decimals, accounts_of(self._schema)
        for position, name in enumerate(self._learned.histories):
            has_partners = accounts[name].partner is not None
            self._add(AccountHistory(self._at, amount_at, name, position, unit, has_partners))

    def _add(self, coder: Coder) -> None:
        self._built.append(coder)
        self._at += len(coder.inputs)

    def _fact(self, name: str, measure: Measure) -> Fact:
        return Fact(self._at, name, measure, Facts._fields.index(name))

    def _category(self, index: int, attribute: Attribute) -> Levels | Rate:
        name = attribute.name
        if name in self._learned.levels:
            return Levels(self._at, name, index, self._learned.levels[name])
        return Rate(self._at, name, index, self._learned.rates[name], self._fill(name))

    def _number(self, index: int, attribute: Attribute) -> Number:
        measure = Measure.FLAG if attribute.kind is Kind.FLAG else Measure.NUMBER
        return Number(self._at, attribute.name, index, measure, self._fill(attribute.name))

    def _places(self) -> Places:
        places = [(i, each.name) for i, each in self._attributes if each.kind is Kind.PLACE]
        return Places(
            self._at,
            tuple(name for _, name in places),
            tuple(index for index, _ in places),
            tuple(self._learned.fills.get(name) for _, name in places),
        )

    def _fill(self, name: str) -> float | None:
        fills = self._learned.fills.get(name)
        return None if fills is None else fills[0]

    def _incoming_at(self) -> tuple[int, ...]:
        incoming = self._schema.incoming
        levels = [each for each in self._built if isinstance(each, Levels)]
        return tuple(
            coder.at + coder.levels.index(value)
            for coder in levels
            if incoming is not None and coder.attribute == incoming.attribute
            for value in incoming.values
        )
