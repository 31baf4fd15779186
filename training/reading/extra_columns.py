"""Columns that no model needs: of reports, and of requests only."""

import pandas as pd

from fraud_api_lambda.domain.payment import MAX_AMOUNT
from fraud_api_lambda.domain.schema import Schema
from training.reading.cells import Rule, checked
from training.reading.columns import TYPOLOGY


def unread_texts(schema: Schema) -> list[str]:
    """Text columns that a request may have and no model needs."""
    return [] if schema.roles.id is None else [schema.roles.id]


def reported_columns(schema: Schema) -> list[str]:
    """Columns for reports: those that only the leaky baseline uses, and the typology."""
    balance = schema.roles.payee_balance
    leaky = [*schema.roles.after, *([] if balance is None else [balance])]
    return [*leaky, *([TYPOLOGY] if TYPOLOGY in schema.ignore else [])]


def usable(name: str, column: pd.Series) -> pd.Series | None:
    """A column for reports, as numbers unless it is the typology; None if a cell is not one."""
    if name == TYPOLOGY:
        return column
    rule = Rule(name, False, lambda cells: (cells >= 0) & (cells <= MAX_AMOUNT), "")
    numbers, faults = checked(column.to_frame(), [rule])
    return None if faults else numbers[name].astype("float64")
