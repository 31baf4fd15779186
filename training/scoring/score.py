"""A model applied to a file: scores for every row, or the figures of a window."""

import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from fraud_api_lambda.decisions.bundle import Bundle, read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.scorer import Scorer
from training.data.matrix import feature_matrix, packed
from training.data.rows import Rows, ScoredRows
from training.data.time_split import Window, trained_window
from training.errors import CheckFailedError, InputError
from training.fitting.calibration import probabilities_of
from training.histories.columns import require_whole
from training.histories.feature_sets import require_use, rows_with_histories
from training.reading.calendar import Calendar
from training.reading.dataset import read_dataset
from training.reading.time_options import first_step, last_step
from training.scoring.model_directory import read_saved
from training.scoring.stream import score_stream
from training.scoring.window_figures import WindowFigures, figures_of

ALL_CORES = 0

EVALUATION_STEPS: Final = 3
"""Steps of `evaluate_model`: reading, scoring, figures."""


def load_scorer(model: Path) -> Scorer:
    """Load the scorer of a model directory.

    Raises
    ------
    InputError
        If there is no model, or it is unusable.
    """
    data, _ = read_saved(model)
    try:
        return Scorer.from_bundle(read(data), threads=ALL_CORES)
    except BundleError as error:
        raise InputError(f"{model}/model.joblib: {error}") from error


def answering(scorer: Scorer) -> Scorer:
    """The model that answers in the API, which keeps no histories: the second one, if there is."""
    second = scorer.bundle.without_history
    return scorer if second is None else Scorer(second, threads=ALL_CORES)


def score(
    model: Path,
    data: Path,
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
    *,
    history_from: Path | None = None,
) -> int:
    """Write `data` with `fraud_probability`, `is_fraud` and `decision` added; return the rows."""
    return score_stream(load_scorer(model), data, out, progress, history_from=history_from)


def evaluate_model(
    model: Path,
    data: Path,
    *,
    start: str | None,
    end: str | None,
    in_sample: bool,
    history_from: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The figures of a model on the window `start` to `end` of a file.

    Parameters
    ----------
    start, end : str, optional
        The first and the last time, as options give them. Default: the test window, or after a
        refit, all data after the training window.
    in_sample : bool
        Allow rows that the model was trained on.
    history_from : Path, optional
        A file of earlier payments, which only fill the account histories.
    progress : callable
        Called with each of `EVALUATION_STEPS` steps as it begins.

    Raises
    ------
    CheckFailedError
        If the window holds rows of the training window, unless `in_sample`.
    InputError
        If a time cannot be read, or the window does not hold both classes.
    """
    scorer = load_scorer(model)
    calendar = Calendar.of(scorer.bundle.plan.schema)
    asked = first_step(calendar, "--from", start), last_step(calendar, "--to", end)
    progress(f"reading {data}")
    rows = rows_of(data, scorer.bundle, history_from=history_from)
    trained_on = scorer.bundle.trained_on
    trained = trained_window(trained_on)
    window = _window(*asked, trained, trained_on, rows.steps)
    if window.start > window.end:
        raise InputError(
            f"{data}: the window ends at {calendar.named_until(window.end)}, before it begins at "
            f"{calendar.named_since(window.start)}; {_remedy(rows, trained)}"
        )
    shown = window.shown(calendar)
    if not in_sample and window.overlaps(trained):
        raise CheckFailedError(
            f"{shown} were trained on ({trained.shown(calendar)}): figures there would flatter; "
            "give later data with --from, train with --no-refit, or add --in-sample"
        )
    chosen = rows.within(window)
    if not chosen.has_both_classes:
        raise InputError(
            f"{data}: {shown} hold {len(chosen):,} rows, {chosen.is_fraud.sum():,} of them fraud; "
            f"{_remedy(rows, trained)}"
        )
    progress(f"scoring {shown}")
    figures = partial(_figures, chosen, seed=trained_on["seed"])
    found = {
        "version": scorer.version,
        "window": window.as_dict(calendar),
        "in_sample": in_sample,
        **figures(scorer),
    }
    if scorer.bundle.without_history is not None:
        progress(f"scoring {shown} without histories")
        found["without_history"] = figures(answering(scorer))
    return found


def _figures(rows: Rows, scorer: Scorer, *, seed: int) -> WindowFigures:
    bundle, scored = scorer.bundle, score_rows(scorer, rows)
    return figures_of(scored, threshold=bundle.threshold, policy=bundle.policy, seed=seed)


def rows_of(
    data: Path, bundle: Bundle, *, history_from: Path | None = None, one_class: bool = False
) -> Rows:
    """Read the labelled rows of a file in the columns of a model, with the facts that it needs.

    All rows may be of `one_class`.

    Raises
    ------
    InputError
        If a file cannot be read, or `history_from` is not earlier, or of no use to the model.
    """
    plan = bundle.plan
    rows = Rows.of(read_dataset(data, plan.schema, learned=plan.learned, one_class=one_class))
    require_use(history_from, plan.feature_set)
    if not plan.needs_histories:
        return rows
    require_whole(data, plan.schema, rows.weights)
    return rows_with_histories(data, rows, history_from, plan.learned.histories)


def score_rows(scorer: Scorer, rows: Rows) -> ScoredRows:
    """Score labelled rows with the service's scorer."""
    features = feature_matrix(rows.facts, scorer.bundle.plan)
    margins = np.array(scorer.margins(packed(features)))
    return ScoredRows(rows, margins, probabilities_of(margins, scorer.bundle.calibration))


def _remedy(rows: Rows, trained: Window) -> str:
    """The options that select both classes; if there are none, the data to give."""
    later, calendar = Window(trained.end + 1, int(rows.steps.max())), rows.dataset.calendar
    if rows.within(later).has_both_classes:
        since, until = calendar.since(later.start), calendar.until(later.end)
        return f"choose {shlex.join(('--from', since, '--to', until))}"
    return f"give data with frauds and genuine rows after {calendar.named_until(trained.end)}"


def _window(
    start: int | None,
    end: int | None,
    trained: Window,
    trained_on: dict[str, Any],
    steps: np.ndarray,
) -> Window:
    last = int(steps.max())
    if start is None and end is None and not trained_on["refitted"]:
        return Window(trained_on["evaluated_on"]["start"], trained_on["evaluated_on"]["end"])
    if start is None and end is None and last <= trained.end:
        # No later data: let the message name the window that the user most likely meant.
        return Window(trained_on["evaluated_on"]["start"], last)
    return Window(trained.end + 1 if start is None else start, last if end is None else end)
