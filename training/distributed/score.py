"""Score all files of a folder, with one Ray task per file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ray
import ray.exceptions

from training.errors import CommandError, InputError
from training.files.paths import scorable
from training.scoring.score import load_scorer, score

type Outcome = tuple[int, CommandError | None]


def score_folder(
    model: Path,
    data: Path,
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
    *,
    history_from: Path | None = None,
) -> int:
    """Score each CSV and Parquet file of a folder on the running Ray.

    Parameters
    ----------
    model : Path
        Directory that `train` wrote. Every machine of a cluster must see it, `data` and `out`.
    data, out : Path
        Folders; a file keeps its name.
    progress : callable

    Returns
    -------
    int
        Rows scored.

    Raises
    ------
    InputError
        If there is no file, or the model needs account histories; or a file cannot be scored: the
        others are scored first.
    """
    model, data, out = model.resolve(), data.resolve(), out.resolve()
    files = _files(data, out)
    scorer = load_scorer(model)  # reports an unusable model once, not once per task
    if scorer.bundle.plan.needs_histories or history_from is not None:
        raise InputError(
            "--engine ray scores files independently, and account histories need all payments in "
            "order of time; leave out --engine ray and score one file"
        )
    step = f"scoring {len(files):,} files of {data}"
    progress(step)
    task = ray.remote(_scored)
    outcomes: list[Outcome] = []
    for outcome in _finished({task.remote(model, path, out): path.name for path in files}):
        outcomes.append(outcome)
        progress(step)
    _raise_first([error for _, error in outcomes if error is not None], len(files))
    return sum(rows for rows, _ in outcomes)


def _files(data: Path, out: Path) -> list[Path]:
    if not data.is_dir():
        raise InputError(
            f"{data}: not a folder, and --engine ray scores every file of one; "
            "give a folder, or leave out --engine"
        )
    if out == data or out.is_file():
        raise InputError(f"{out}: must be another folder than {data}; give one with --out")
    files = scorable(data)
    if not files:
        raise InputError(f"{data}: no .csv or .parquet file in it; give a folder that has some")
    return files


def _scored(model: Path, data: Path, out: Path) -> Outcome:
    """Score a file; return its error rather than raise it, so that the other files are scored."""
    try:
        return score(model, data, out / data.name), None
    except CommandError as error:
        return 0, error


def _finished(names: dict[Any, str]) -> Iterator[Outcome]:
    """Yield the outcome of each task as it ends."""
    waiting = list(names)
    while waiting:
        (done,), waiting = ray.wait(waiting)
        try:
            yield ray.get(done)
        except ray.exceptions.RayError as error:
            raise CommandError(
                f"--engine ray: scoring {names[done]} failed on its machine: {error}; "
                "run it again: the files already scored stay"
            ) from error


def _raise_first(errors: list[CommandError], n_files: int) -> None:
    if errors:
        others = f"; {len(errors)} of {n_files} files could not be scored, the others were"
        raise type(errors[0])(f"{errors[0]}{others if n_files > 1 else ''}")
