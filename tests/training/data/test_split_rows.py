"""A file is split with the label delay of its schema, unless the user gives one."""

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.domain.schema import Roles, Schema, Time
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.errors import InputError
from training.reading.dataset import Dataset

HOUR_S = 3_600


def rows(label_delay_s: int) -> Rows:
    """A fraud and a genuine row in every hour of 30 days."""
    hours = pd.date_range("2020-02-01", periods=720, freq="h").strftime("%Y-%m-%d %H:%M")
    frame = pd.DataFrame(
        {"at": hours.repeat(2), "amount": 1.0, "is_fraud": np.tile([0, 1], 720)},
    )
    roles = Roles(time=Time("at"), amount="amount", label="is_fraud")
    return Rows.of(Dataset.of(frame, Schema("own", roles, label_delay_s=label_delay_s)))


@pytest.mark.parametrize(
    ("delay_s", "gap"), [(7 * 24 * HOUR_S, 168), (90 * 60, 2), (24 * HOUR_S, 24), (0, 24)]
)
def test_the_gap_is_the_label_delay_of_the_schema_in_whole_hours(delay_s: int, gap: int) -> None:
    assert SplitRows.by_time(rows(delay_s)).split.gap_hours == gap


def test_a_given_label_delay_replaces_that_of_the_schema() -> None:
    assert SplitRows.by_time(rows(7 * 24 * HOUR_S), label_delay=0).split.gap_hours == 0


def test_windows_are_refused_in_the_form_of_the_schema() -> None:
    own = rows(0)

    with pytest.raises(InputError, match=r"data of 2020-02-01 to 2020-03-01; choose --train-until"):
        SplitRows.by_time(own, train_until=10, test_from=20)
