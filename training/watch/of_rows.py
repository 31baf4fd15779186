"""Rows of a file as watched payments, and the reference that a model gets in training."""

from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.features.plan import Plan
from training.data.elementwise import COLUMNS
from training.data.rows import Rows, ScoredRows
from training.data.split_rows import SplitRows
from training.data.time_split import Window
from training.fitting.fitted_model import FittedModel
from training.policy.costs import decisions
from training.watch.distributions import Counted
from training.watch.measured import Measuring
from training.watch.reference import Reference
from training.watch.sample import Sample, counted_in_bursts

WEEK: Final = 7 * 24
"""Steps."""

ENOUGH: Final = 100_000
"""Payments from which more weeks would add nothing to a reference but time."""


def sample_of(scored: ScoredRows, decided: np.ndarray, plan: Plan) -> Sample:
    """Rows with their answers as watched payments."""
    rows, measuring = scored.rows, Measuring(plan)
    # A balance of 1e-300 overflows the share, which is capped afterwards.
    with np.errstate(over="ignore"):
        values = measuring.values(rows.facts, COLUMNS)
    unseen = measuring.unseen(rows.facts, COLUMNS)
    names = [each.name for each in measuring.subjects]
    return Sample(
        values={name: np.asarray(each, float) for name, each in zip(names, values, strict=True)},
        unseen={
            category.name: np.asarray(each)
            for category, each in zip(measuring.open_categories, unseen, strict=True)
        },
        probabilities=scored.probabilities,
        decided=decided,
        weights=rows.weights,
        accounts=accounts_in(rows),
    )


def accounts_in(rows: Rows) -> dict[str, np.ndarray]:
    """The number of each account of the rows; a payment without one is alone."""
    accounts = accounts_of(rows.dataset.schema)
    return {name: _numbers(rows.column(each.column)) for name, each in accounts.items()}


def _numbers(ids: pd.Series) -> np.ndarray:
    numbers, known = pd.factorize(ids)
    alone = numbers < 0
    numbers[alone] = len(known) + np.arange(alone.sum())
    return np.asarray(numbers)


def latest_unfitted(rows: SplitRows) -> Window:
    """The latest whole weeks after the rows that the booster was fitted on; all, if they are less.

    They are the nearest to what comes in service, their scores are as those of new payments, and
    whole weeks have each day of the week as often as a week that is watched.
    """
    steps = rows.all.steps
    first, last = rows.split.fit.end + 1, int(steps.max())
    weeks = (last + 1 - first) // WEEK
    for n in range(1, weeks + 1):
        window = Window(last + 1 - n * WEEK, last)
        if n == weeks or np.count_nonzero(steps >= window.start) >= ENOUGH:
            return window
    return Window(first, last)


def reference_of(rows: SplitRows, fitted: FittedModel, plan: Plan, *, has_all: bool) -> Reference:
    """The reference of a model.

    Parameters
    ----------
    rows : SplitRows
        In the windows that the model was fitted on.
    fitted : FittedModel
    plan : Plan
    has_all : bool
        Whether the rows hold all payments; an exported log lacks those that were blocked.
    """
    window = latest_unfitted(rows)
    scored = fitted.score(rows.all.within(window))
    decided = decisions(scored.probabilities, scored.rows.amounts, fitted.policy)
    sample, measuring = sample_of(scored, decided, plan), Measuring(plan)
    shown = window.shown(rows.all.dataset.calendar)
    frauds = _frauds(rows.trained) if has_all else None
    return Reference.of(sample, measuring.subjects, shown, frauds=frauds)


def _frauds(rows: Rows) -> Counted:
    return counted_in_bursts(rows.is_fraud.astype(float), rows.weights, accounts_in(rows))
