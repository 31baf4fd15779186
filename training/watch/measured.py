"""The numbers of payments that are watched, made of facts by the plan of a model. Pure.

A category is one number, the position of its value among the known ones, in place of a feature for
each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fraud_api_lambda.decisions.reason_texts import value_in_words, words_of
from fraud_api_lambda.domain.elementwise import Arithmetic, Value
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.schema import Kind, Schema
from fraud_api_lambda.features.feature import Feature, Measure
from fraud_api_lambda.features.plan import Plan
from training.analysis.feature_words import feature_words


@dataclass(frozen=True, slots=True)
class Subject:
    """A number that is watched.

    Attributes
    ----------
    name : str
        Of a feature, or of a category.
    words : str
    account : str
        The account whose history it is of; empty for a number of the payment itself.
    can_be_missing : bool
        Whether a missing value is one that the caller did not send.
    follows_frauds : bool
        Whether it changes with each campaign of frauds, which is no shift of payments.
    levels : tuple of str
        The words for the known values of a category, in the order of their numbers.
    """

    name: str
    words: str
    account: str = ""
    can_be_missing: bool = False
    follows_frauds: bool = False
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the schema.

    Attributes
    ----------
    name : str
    words : str
    position : int
        In the facts.
    numbers : dict of int
        The number of each known value.
    is_open : bool
        Whether there may be values that the model does not know.
    """

    name: str
    words: str
    position: int
    numbers: dict[str, float]
    is_open: bool


@dataclass(frozen=True)
class Measuring:
    """The watched numbers of a model.

    Attributes
    ----------
    plan : Plan
    """

    plan: Plan

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """The categories, in the schema's order."""
        learned, attributes = self.plan.learned, self.plan.schema.attributes.values()
        return tuple(
            Category(each.name, _capital(words_of(each)), position, numbers, not each.levels)
            for position, each in enumerate(attributes)
            if each.kind is Kind.CATEGORY
            for known in (learned.levels.get(each.name) or sorted(learned.values_of(each.name)),)
            for numbers in ({value: float(number) for number, value in enumerate(known)},)
        )

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """The watched numbers, in the order of `values`."""
        schema = self.plan.schema
        of_features = (_subject(feature, schema) for _, feature in self._features)
        return (*of_features, *map(_category_subject, self._with_levels))

    @cached_property
    def _with_levels(self) -> tuple[Category, ...]:
        return tuple(each for each in self.categories if each.name in self.plan.learned.levels)

    @cached_property
    def _features(self) -> tuple[tuple[int, Feature], ...]:
        """The features that are no levels, with their positions."""
        features = enumerate(self.plan.features)
        return tuple(each for each in features if each[1].measure is not Measure.LEVEL)

    def values(self, facts: Facts, arithmetic: Arithmetic) -> list[Value]:
        """The watched numbers of one payment, or of columns; NaN is missing."""
        made = self.plan.derive(self.plan.encode(facts, arithmetic), arithmetic)
        numbers = [made[position] for position, _ in self._features]
        return numbers + [_number(each, facts, arithmetic) for each in self._with_levels]

    def unseen(self, facts: Facts, arithmetic: Arithmetic) -> list[Value]:
        """Whether each open category has a value that the model does not know."""
        return [
            _number(each, facts, arithmetic) == len(each.numbers) for each in self.open_categories
        ]

    @cached_property
    def open_categories(self) -> tuple[Category, ...]:
        """The categories that may have values that the model does not know."""
        return tuple(each for each in self.categories if each.is_open)


def _number(category: Category, facts: Facts, arithmetic: Arithmetic) -> Value:
    value = facts.attributes[category.position]
    return arithmetic.look(value, category.numbers, float(len(category.numbers)))


def _subject(feature: Feature, schema: Schema) -> Subject:
    return Subject(
        feature.name,
        feature_words(feature, schema),
        account=feature.account,
        can_be_missing=bool(feature.attribute),
        follows_frauds=feature.number.startswith("fraud_share"),
    )


def _category_subject(category: Category) -> Subject:
    return Subject(
        category.name,
        category.words,
        can_be_missing=True,
        levels=tuple(map(value_in_words, _known(category))),
    )


def _known(category: Category) -> Sequence[str]:
    return list(category.numbers)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
