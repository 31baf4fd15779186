"""The leaky baseline: the columns of tutorials, for comparison in a report, never served.

It takes the columns that are known only after the payment, which do not exist when the decision is
due, and the time itself. Its last column is a ratio that tutorials compute in one way for training
and in another in their client. The Lambda image cannot compute these columns.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.schema import Attribute, Kind, Schema
from fraud_api_lambda.features.feature import Input, Measure
from training.errors import InputError
from training.option_values import LEAKY
from training.reading.dataset import Dataset

RATIO: Final = "amt_ratio_orig"


def has_leaky_columns(dataset: Dataset) -> bool:
    """Whether the data has a number in every row of the columns that the leaky baseline needs."""
    return bool(dataset.schema.roles.after) and not _absent(dataset)


def require_leaky_columns(path: Path, dataset: Dataset) -> None:
    """Raise `InputError` unless the leaky baseline can be fitted on a file."""
    if not dataset.schema.roles.after:
        raise InputError(f"{path}: {LEAKY} needs a schema with columns under `after`")
    if absent := _absent(dataset):
        raise InputError(f"{path}: {LEAKY} needs a number in every row of {', '.join(absent)}")


def leaky_columns(dataset: Dataset) -> tuple[Input, ...]:
    """The columns: time, amount, balances and numbers of afterwards, types, and the ratio."""
    roles = dataset.schema.roles
    names = [roles.time.column, roles.amount, *_numbers(dataset)]
    inputs = [Input(name, Measure.NUMBER) for name in names]
    for attribute, level in _levels(dataset.schema):
        inputs.append(Input(f"{attribute.name}_{level}", Measure.FLAG))
    if roles.balance is not None:
        inputs.append(Input(RATIO, Measure.NUMBER))
    return tuple(inputs)


def leaky_matrix(frame: pd.DataFrame, steps: np.ndarray, dataset: Dataset) -> np.ndarray:
    """The columns, shape (n_transactions, n_columns), float64."""
    roles = dataset.schema.roles
    columns = [steps, frame[roles.amount], *(frame[name] for name in _numbers(dataset))]
    for attribute, level in _levels(dataset.schema):
        columns.append(frame[attribute.columns[0]] == level)
    if roles.balance is not None:
        columns.append(frame[roles.amount] / (frame[roles.balance] + 1e-6))
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])


def _wanted(schema: Schema) -> list[str]:
    roles = schema.roles
    balances = (roles.balance, roles.payee_balance)
    return [*(name for name in balances if name is not None), *roles.after]


def _absent(dataset: Dataset) -> list[str]:
    return [name for name in _wanted(dataset.schema) if name not in dataset.frame]


def _numbers(dataset: Dataset) -> list[str]:
    """The numbers in the order of the file."""
    wanted = set(_wanted(dataset.schema))
    return [name for name in dataset.frame if name in wanted]


def _levels(schema: Schema) -> list[tuple[Attribute, str]]:
    """The levels of each category that lists them, but the first."""
    categories = (each for each in schema.attributes.values() if each.kind is Kind.CATEGORY)
    return [(each, level) for each in categories for level in each.levels[1:]]
