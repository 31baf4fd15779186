"""Checked columns as the facts of payments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.reading import flag_text
from fraud_api_lambda.domain.schema import Attribute, Kind, Schema
from training.errors import InputError

WHOLE: Final = r"0|-?[1-9][0-9]{0,18}"
"""A whole number as JSON writes it, and as every reader keeps it."""


@dataclass(frozen=True, slots=True)
class FileProperties:
    """Properties of the columns of a whole file, as `Learned` has them.

    Attributes
    ----------
    flags : dict of tuple of str
    missing : frozenset of str
        The attributes that are missing somewhere.
    digits : tuple of str
    """

    flags: Mapping[str, tuple[str, str]]
    missing: frozenset[str]
    digits: tuple[str, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, schema: Schema) -> "FileProperties":
        """The properties of checked columns.

        Raises
        ------
        InputError
            If a flag has more than two values.
        """
        attributes = schema.attributes.values()
        flags = [each for each in attributes if each.kind is Kind.FLAG and each.prefix is None]
        return cls(
            flags={each.name: _two_values(each, frame[each.columns[0]]) for each in flags},
            missing=frozenset(
                each.name
                for each in attributes
                if any(frame[column].hasnans for column in each.columns)
            ),
            digits=tuple(str(name) for name in frame if have_digits(frame[name])),
        )

    @classmethod
    def from_learned(cls, learned: Learned) -> "FileProperties":
        """The properties that a model was trained with."""
        return cls(learned.flags, frozenset(learned.fills), learned.digits)


def facts_of(
    frame: pd.DataFrame, schema: Schema, hours: np.ndarray, properties: FileProperties
) -> Facts:
    """The facts of checked columns, each of shape (n_transactions,)."""
    roles = schema.roles
    balance = 0.0 if roles.balance is None else frame[roles.balance].to_numpy(dtype=np.float64)
    return Facts(
        amount=frame[roles.amount].to_numpy(dtype=np.float64),
        hour=hours,
        balance=balance,
        attributes=tuple(
            _fact(frame, attribute, properties) for attribute in schema.attributes.values()
        ),
    )


def _fact(frame: pd.DataFrame, attribute: Attribute, properties: FileProperties) -> Any:
    column = frame[attribute.columns[0]]
    match attribute.kind:
        case Kind.FLAG if attribute.prefix is not None:
            return _flag(column.str.startswith(attribute.prefix), column)
        case Kind.FLAG:
            true = properties.flags[attribute.name][1]
            return _flag(_by_value(column, lambda value: flag_text(value) == true), column)
        case Kind.CATEGORY:
            return as_category(column, attribute)
        case Kind.PLACE:
            other = frame[attribute.columns[1]]
            return (column.to_numpy(dtype=np.float64), other.to_numpy(dtype=np.float64))
    return column.to_numpy(dtype=np.float64)


def as_category(column: pd.Series, attribute: Attribute) -> pd.Categorical:
    """A category's texts; its categories are the listed levels, or sorted."""
    if isinstance(column.array, pd.Categorical):
        return column.array
    return pd.Categorical(column, categories=list(attribute.levels) or None)


def _flag(is_true: pd.Series, column: pd.Series) -> np.ndarray:
    """A flag as bool, or as float with NaN where it is missing."""
    if not column.hasnans:
        return is_true.to_numpy(dtype=bool)
    return np.where(column.isna(), np.nan, is_true.to_numpy(dtype=np.float64))


def _by_value(column: pd.Series, of: Any) -> pd.Series:
    """A function of each distinct value, applied to the column."""
    values = {value: of(value) for value in column.dropna().unique()}
    return column.map(values)


def _two_values(attribute: Attribute, column: pd.Series) -> tuple[str, str]:
    """The two values of a flag, sorted; the other of a single one is invented."""
    found = sorted({flag_text(value) for value in column.dropna().unique()})
    if len(found) > 2:
        shown = ", ".join(found[:4])
        raise InputError(
            f"column {attribute.columns[0]}: {len(found):,} values, such as {shown}, and a flag "
            f'has two; make it a category: {attribute.name} = "category"'
        )
    others = (value for value in ("0", "1") if value not in found)
    first, second = sorted([*found, *others][:2])
    return first, second


def have_digits(column: pd.Series) -> bool:
    """Whether a cell of a text column is a whole number."""
    texts = column.array.categories if isinstance(column.array, pd.Categorical) else column
    if not isinstance(texts.dtype, pd.StringDtype):
        return False
    return bool(pd.Series(texts).str.fullmatch(WHOLE).any())
