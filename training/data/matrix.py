"""Matrices: the inputs that SMOTE interpolates, and the features that the booster takes."""

from array import array
from collections.abc import Sequence

import numpy as np

from fraud_api_lambda.domain.elementwise import Value
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.features.feature import Input, Measure
from fraud_api_lambda.features.plan import Plan
from training.data.elementwise import COLUMNS


def input_matrix(facts: Facts, plan: Plan) -> np.ndarray:
    """SMOTE's input, shape (n_transactions, n_inputs), float64."""
    return _stacked(plan.encode(facts, COLUMNS)).astype(np.float64)


def feature_matrix(facts: Facts, plan: Plan) -> np.ndarray:
    """The booster's input, shape (n_transactions, n_features), float32."""
    return _features(plan.encode(facts, COLUMNS), plan)


def derive(matrix: np.ndarray, plan: Plan) -> np.ndarray:
    """The booster's input from SMOTE's: float32, shape (n_transactions, n_features)."""
    return _features(list(repaired(matrix, plan.inputs).T), plan)


def feature_columns(facts: Facts, plan: Plan) -> np.ndarray:
    """Features before they are rounded to float32, shape (n_transactions, n_features)."""
    return _stacked(_derived(plan.encode(facts, COLUMNS), plan)).astype(np.float64)


def packed(matrix: np.ndarray) -> "array[float]":
    """A float32 matrix in the form that the serving booster takes."""
    return array("f", matrix.tobytes())


def repaired(matrix: np.ndarray, inputs: Sequence[Input]) -> np.ndarray:
    """Inputs with discrete ones rounded to a valid value; real rows stay as they are.

    A row has the level of a category that is at least one half. None is, where SMOTE went from a
    row without any known level.
    """
    valid = matrix.copy()
    for index, each in enumerate(inputs):
        if each.measure is Measure.FLAG:
            valid[:, index] = matrix[:, index] >= 0.5
        elif each.measure in {Measure.HOUR, Measure.COUNT}:
            valid[:, index] = np.rint(matrix[:, index])
    for columns in level_columns(inputs).values():
        levels = matrix[:, columns]
        nearest = levels.argmax(axis=1)[:, np.newaxis] == np.arange(len(columns))
        valid[:, columns] = nearest & (levels >= 0.5)
    return valid


def level_columns(inputs: Sequence[Input]) -> dict[str, list[int]]:
    """The positions of the levels of each category."""
    found: dict[str, list[int]] = {}
    for index, each in enumerate(inputs):
        if each.measure is Measure.LEVEL:
            found.setdefault(each.attribute, []).append(index)
    return found


def _features(inputs: list[Value], plan: Plan) -> np.ndarray:
    return _stacked(_derived(inputs, plan)).astype(np.float32)


def _derived(inputs: list[Value], plan: Plan) -> list[Value]:
    # A balance of 1e-300 overflows the share, which is capped afterwards.
    with np.errstate(over="ignore"):
        return plan.derive(inputs, COLUMNS)


def _stacked(columns: list[Value]) -> np.ndarray:
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
