"""From rows to the matrices of a model: by its plan, or the columns of the leaky baseline."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.feature import Feature, Input
from fraud_api_lambda.features.plan import Plan
from training.data.leaky_baseline import leaky_columns, leaky_matrix
from training.data.learning import learn, relearned, time_blocks
from training.data.matrix import derive, feature_matrix, input_matrix
from training.option_values import LEAKY

if TYPE_CHECKING:
    from training.data.rows import Rows


class Encoder(Protocol):
    """Makes the matrices of a model."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The columns of `matrix`."""
        ...

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns of the booster's matrix."""
        ...

    @property
    def schema(self) -> Schema:
        """The schema of the rows."""
        ...

    @property
    def has_histories(self) -> bool:
        """Whether features are made of account histories."""
        ...

    def matrix(self, rows: "Rows") -> np.ndarray:
        """The input of the pipeline, shape (n_transactions, n_inputs), float64.

        For the rows that taught the encoder; `encoded` serves all others.
        """
        ...

    def derive(self, matrix: np.ndarray) -> np.ndarray:
        """The input of the booster, shape (n_transactions, n_features), float32."""
        ...

    def encoded(self, rows: "Rows") -> np.ndarray:
        """The input of the booster for real rows."""
        ...


@dataclass(frozen=True, slots=True)
class PlanEncoder:
    """The matrices of a model that can be served."""

    plan: Plan

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The plan's inputs."""
        return self.plan.inputs

    @property
    def features(self) -> tuple[Feature, ...]:
        """The plan's features."""
        return self.plan.features

    @property
    def schema(self) -> Schema:
        """The plan's schema."""
        return self.plan.schema

    @property
    def has_histories(self) -> bool:
        """Whether the plan needs histories."""
        return self.plan.needs_histories

    def matrix(self, rows: "Rows") -> np.ndarray:
        """The input of the pipeline: a row's fraud rates are those of the other blocks of time."""
        matrix = input_matrix(rows.facts, self.plan)
        for block in time_blocks(rows.steps) if self.plan.learned.rates else ():
            if not block.all():
                plan = replace(self.plan, learned=relearned(self.plan.learned, rows[~block]))
                matrix[block] = input_matrix(rows[block].facts, plan)
        return matrix

    def derive(self, matrix: np.ndarray) -> np.ndarray:
        """The input of the booster."""
        return derive(matrix, self.plan)

    def encoded(self, rows: "Rows") -> np.ndarray:
        """The input of the booster for real rows."""
        return feature_matrix(rows.facts, self.plan)


@dataclass(frozen=True, slots=True)
class LeakyEncoder:
    """The matrices of the leaky baseline, in which every input is a feature."""

    schema: Schema
    inputs: tuple[Input, ...]
    features: tuple[Feature, ...]
    has_histories = False

    def matrix(self, rows: "Rows") -> np.ndarray:
        """The columns."""
        return leaky_matrix(rows.frame, rows.steps, rows.dataset)

    def derive(self, matrix: np.ndarray) -> np.ndarray:
        """The same, as float32."""
        return matrix.astype(np.float32)

    def encoded(self, rows: "Rows") -> np.ndarray:
        """The columns as float32."""
        return self.derive(self.matrix(rows))


def encoder_of(rows: "Rows", feature_set: str) -> Encoder:
    """The encoder of a feature set, with what these rows teach about their columns."""
    if feature_set == LEAKY:
        inputs = leaky_columns(rows.dataset)
        features = tuple(Feature(each.name, each.measure, each.attribute) for each in inputs)
        return LeakyEncoder(rows.dataset.schema, inputs, features)
    return PlanEncoder(Plan(rows.dataset.schema, learn(rows), feature_set))
