"""The times at which labels became known."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.schema import Schema
from training.errors import InputError
from training.reading.moments import moments_of


def known_times(
    labels: pd.Series | None,
    seconds: np.ndarray,
    schema: Schema,
    name_of: Callable[[int], str] = str,
) -> np.ndarray:
    """When each label became known, shape (n_rows,), int64: the schema's delay if nothing says.

    Parameters
    ----------
    labels : Series of shape (n_rows,), optional
        The column `label_time`; empty cells say nothing.
    seconds : ndarray of shape (n_rows,), int64
        The times of the payments.
    schema : Schema
    name_of : callable
        Names the row at a position.

    Raises
    ------
    InputError
        If a cell is not a time.
    """
    usual = seconds + schema.label_delay_s
    if labels is None:
        return usual
    given = labels.notna() & (labels.astype("str").str.strip() != "")
    moments = moments_of(labels[given], schema.roles.time, schema.timezone)
    if moments.faults.size:
        index = int(np.flatnonzero(given)[moments.faults[0]])
        raise InputError(
            f"{name_of(index)}, column {labels.name}: not a time as in column "
            f"{schema.roles.time.column}; correct it, or leave it empty"
        )
    known = usual.copy()
    known[given.to_numpy()] = moments.seconds
    return known
