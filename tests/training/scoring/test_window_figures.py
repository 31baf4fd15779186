"""The figures of a window count days on the clock of the schema's zone."""

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.schema import Roles, Schema, Time
from training.data.rows import Rows, ScoredRows
from training.policy.costs import policy_for
from training.reading.dataset import Dataset
from training.scoring.window_figures import figures_of

BERLIN = Schema(
    name="berlin",
    timezone="Europe/Berlin",
    roles=Roles(time=Time("at"), amount="amount", label="is_fraud"),
)


def test_a_day_of_reviews_begins_at_midnight_in_summer_too() -> None:
    """In steps, a day of summer begins at 01:00."""
    genuine, frauds = ["2020-07-01 00:10"] * 12, ["2020-07-01 12:00"] * 12
    frame = pd.DataFrame(
        {"at": [*genuine, *frauds], "amount": 1.0, "is_fraud": np.repeat([0, 1], 12)}
    )
    probabilities = np.repeat([0.9, 0.1], 12)
    rows = Rows.of(Dataset.of(frame, BERLIN))

    figures = figures_of(
        ScoredRows(rows, np.log(probabilities), probabilities),
        threshold=None,
        policy=policy_for({}, 1.0),
        seed=0,
    )

    assert [each["recall"] for each in figures["top_per_day"]] == [0.0, 1.0]
