"""The watch of a file of payments with labels."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from fraud_api_lambda.decisions.bundle import Bundle
from training.data.rows import Rows, ScoredRows
from training.data.time_split import Window
from training.errors import InputError
from training.hints import fraud
from training.histories.stored import is_exported
from training.policy.costs import decisions
from training.scoring.score import load_scorer, rows_of, score_rows
from training.watch.measured import Measuring
from training.watch.of_rows import sample_of
from training.watch.outcomes import Outcomes
from training.watch.reference import NoReferenceError, Reference
from training.watch.watched import About, Watched, watch

STEPS: Final = 3
"""Steps of `watch_file`: reading, scoring, comparing."""

DAY: Final = 24
"""Steps of `Rows`."""


def watch_file(
    model: Path,
    data: Path,
    *,
    days: int | None = None,
    history_from: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Watched:
    """Compare the payments of a file with the reference of a model; their labels are outcomes.

    Parameters
    ----------
    model : Path
        Its directory.
    data : Path
    days : int, optional
        Watch the last days of the file only; earlier rows then fill the account histories.
    history_from : Path, optional
        A file of earlier payments, which only fill them too.
    progress : callable

    Raises
    ------
    InputError
        If the model has no reference, or a file cannot be read.
    """
    scorer = load_scorer(model)
    reference = reference_in(scorer.bundle)
    progress(f"reading {data}")
    rows = rows_of(data, scorer.bundle, history_from=history_from, one_class=True)
    chosen = rows if days is None else rows.within(_last(rows, days))
    progress(f"scoring {len(chosen):,} payments")
    scored = score_rows(scorer, chosen)
    progress("comparing")
    if is_exported(data):
        reference = reference.of_log()
    return watch_rows(scored, scorer.bundle, reference, source=str(data))


def watch_rows(scored: ScoredRows, bundle: Bundle, reference: Reference, *, source: str) -> Watched:
    """Compare scored rows with the reference of their model; their labels are outcomes."""
    rows, plan = scored.rows, bundle.plan
    decided = decisions(scored.probabilities, rows.amounts, bundle.policy)
    sample = sample_of(scored, decided, plan)
    period = Window(int(rows.steps.min()), int(rows.steps.max())).shown(rows.dataset.calendar)
    return watch(
        About(bundle.version, source, period, period),
        reference,
        Measuring(plan),
        sample,
        outcomes=Outcomes(sample, rows.is_fraud.astype(np.float64)),
    )


def reference_in(bundle: Bundle) -> Reference:
    """The reference in a bundle.

    Raises
    ------
    InputError
        If it has none.
    """
    try:
        return Reference.of_bytes(bundle.reference, Measuring(bundle.plan).subjects)
    except NoReferenceError as error:
        again = fraud("train", "--data", "FILE")
        raise InputError(
            f"model {bundle.version} has no reference to compare with: {error}; train it again and "
            f"promote the new model: {again}"
        ) from error


def _last(rows: Rows, days: int) -> Window:
    last = int(rows.steps.max())
    return Window(last + 1 - days * DAY, last)
