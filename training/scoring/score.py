"""A model applied to a file: scores for every row, or the figures of a window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from fraud_api_lambda.bundle import BundleError, read
from fraud_api_lambda.scoring import Scorer
from training.data.matrix import feature_matrix, packed
from training.data.rows import Data
from training.data.time_split import Window, trained_window
from training.data.transactions import read_transactions
from training.errors import CheckFailedError, InputError
from training.scoring.model_directory import read_saved
from training.scoring.stream import score_stream
from training.scoring.window_figures import figures_in

ALL_CORES = 0

EVALUATION_STEPS: Final = 3
"""Steps of `evaluate_model`: reading, scoring, figures."""


def load_scorer(model: Path) -> Scorer:
    """The scorer of a directory that `train` wrote.

    Raises
    ------
    InputError
        If there is no model, or it cannot be used.
    """
    data, _ = read_saved(model)
    try:
        return Scorer.from_bundle(read(data), threads=ALL_CORES)
    except BundleError as error:
        raise InputError(f"{model}/model.joblib: {error}") from error


def score(
    model: Path, data: Path, out: Path, progress: Callable[[str], None] = lambda _: None
) -> int:
    """Write `data` with `fraud_probability`, `is_fraud` and `decision` added; return the rows."""
    return score_stream(load_scorer(model), data, out, progress)


def evaluate_model(
    model: Path,
    data: Path,
    *,
    start: int | None,
    end: int | None,
    in_sample: bool,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """The figures of a model on the window `start` to `end` of a file.

    Parameters
    ----------
    start, end : int, optional
        First and last step. Default: the test window of a model that was not refitted, and all
        that follows the training window otherwise.
    in_sample : bool
        Allow rows that the model was trained on.
    progress : callable
        Called with each of `EVALUATION_STEPS` steps as it begins.

    Raises
    ------
    CheckFailedError
        If the window holds rows of the training window, unless `in_sample`.
    InputError
        If it does not hold both classes.
    """
    scorer = load_scorer(model)
    progress(f"reading {data}")
    columns = Data.of(read_transactions(data))
    trained_on = scorer.bundle.trained_on
    trained = trained_window(trained_on)
    window = _window(start, end, trained, trained_on, columns.steps)
    if not in_sample and window.overlaps(trained):
        raise CheckFailedError(
            f"{window} were trained on ({trained}): figures there would flatter; give later data "
            "with --from, train with --no-refit, or say --in-sample"
        )
    inside = window.holds(columns.steps)
    labels = columns.is_fraud[inside]
    if not labels.any() or labels.all():
        raise InputError(
            f"{data}: {window} hold {len(labels):,} rows, {labels.sum():,} of them fraud; "
            f"{_remedy(columns, trained)}"
        )
    progress(f"scoring {window}")
    probabilities = probabilities_of_rows(scorer, columns, inside)
    progress("computing the figures")
    figures = figures_in(
        columns,
        window,
        probabilities,
        threshold=scorer.bundle.threshold,
        policy=scorer.bundle.policy,
        seed=trained_on["seed"],
    )
    return {
        "version": scorer.version,
        "window": {"start": window.start, "end": window.end},
        "in_sample": in_sample,
        **figures,
    }


def probabilities_of_rows(scorer: Scorer, data: Data, inside: np.ndarray) -> np.ndarray:
    """What a model says of the rows that `inside` marks, shape (n_inside,)."""
    rows = feature_matrix(data.facts, scorer.bundle.features)[inside]
    return np.array(scorer.probabilities(packed(rows)))


def _remedy(data: Data, trained: Window) -> str:
    """The options that give both classes, or that none does."""
    later = Window(trained.end + 1, int(data.steps.max()))
    labels = data.is_fraud[later.holds(data.steps)]
    if labels.any() and not labels.all():
        return f"choose --from {later.start} --to {later.end}"
    return f"give data with frauds and genuine rows after step {trained.end}"


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
        # Nothing later at hand: name the window that the user most likely meant.
        return Window(trained_on["evaluated_on"]["start"], last)
    return Window(trained.end + 1 if start is None else start, last if end is None else end)
