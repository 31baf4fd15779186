"""Champion and challenger: a candidate replaces the served model only if it is better."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.schema import Schema
from training.errors import CheckFailedError, InputError
from training.histories.stored import is_exported
from training.reading.calendar import Calendar
from training.reading.time_options import first_step, last_step
from training.reading.typed import FileProperties
from training.registry.boto import aws_errors
from training.registry.compatibility import require_same_requests
from training.registry.paired_comparison import (
    Contender,
    PairedComparison,
    common_window,
    compared,
    require_equal_facts,
)
from training.registry.promotion import Moved, overtaken, promotion_over
from training.registry.publishing import pointer_of, promote_version, publish, refuse_simulated
from training.registry.request_changes import RequestChanges, request_changes
from training.registry.store import Registry
from training.scoring.score import ALL_CORES, answering, load_scorer, rows_of

CHALLENGE_STEPS: Final = 3
"""Steps of `challenge`: reading, comparing, publishing."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The result of a challenge.

    Attributes
    ----------
    candidate : str
        Its version.
    comparison : PairedComparison or None
        None if no model was served yet.
    moved : Moved or None
        The promotion, made or (on a dry run) possible; None if the candidate is not better.
    dry_run : bool
    with_histories : bool
        Whether the models saw account histories: those in an exported log.
    """

    candidate: str
    comparison: PairedComparison | None
    moved: Moved | None
    dry_run: bool
    with_histories: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, and whether the served model changed."""
        changed = self.moved is not None and self.moved.is_change
        return {**asdict(self), "promoted": changed and not self.dry_run}

    def lines(self) -> Iterator[str]:
        """Yield the comparison in sentences, the verdict last."""
        comparison = self.comparison
        if comparison is None:
            yield "no model is served yet, so there is nothing to compare with"
            return
        saved, gain = comparison["cost_saved"], comparison["average_precision_gain"]
        rows, frauds = comparison["current"]["rows"], comparison["current"]["frauds"]
        yield (
            f"{comparison['window']['shown']}, which neither model was trained on: "
            f"{rows:,} rows, {frauds:,} frauds"
        )
        if self.with_histories:
            yield "compared with the account histories that the payments saw in the API"
        models = {"current": comparison["current"], "candidate": comparison["candidate"]}
        for name, model in models.items():
            yield (
                f"{name:<9}  {model['version']}  "
                f"cost {model['cost']:,.0f} ({comparison['currency']})  "
                f"average precision {model['average_precision']:.3f}  "
                f"reviews per 1,000 {model['outcome']['reviews_per_thousand']:.1f}"
            )
        yield (
            f"average precision {gain['value']:+.3f} "
            f"(95 % interval {gain['low']:+.3f} to {gain['high']:+.3f})"
        )
        yield (
            f"{'better' if comparison['better'] else 'not better'}: "
            f"{saved['value']:.1%} of the cost saved "
            f"(95 % interval {saved['low']:.1%} to {saved['high']:.1%}), "
            f"wanted at least {comparison['margin']:.1%} and an interval above 0"
        )


def challenge(
    directory: Path,
    data: Path,
    *,
    bucket: str,
    parameter: str,
    margin: float,
    start: str | None = None,
    end: str | None = None,
    dry_run: bool = False,
    allow_simulated: bool = False,
    schema_change: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Challenge:
    """Publish and promote the model of a directory if it beats the served one by `margin`.

    The upload comes before the single write that serves the model, so a process killed at any
    moment leaves either the old model or the new one served. A model that another command promotes
    during the comparison stays.

    Parameters
    ----------
    directory : Path
        A model written by ``train --no-refit``: a refitted one has no unseen data left.
    data : Path
        An exported log has the histories that models need; else the second ones are compared. A
        count of time must begin at the same hour as in the training data of both models.
    bucket, parameter : str
    margin : float
        Share of the served model's cost that the candidate must save.
    start, end : str, optional
        The first and the last time, as options give them. Default: all data after the training of
        both models.
    dry_run : bool
        Compare, and change nothing.
    allow_simulated, schema_change : bool
        As in `promote_version`.

    Raises
    ------
    OtherRequestsError
        If callers of the served model must change, unless `schema_change`.
    CheckFailedError
        If either model was trained on rows of the window, the served model does not verify, the
        candidate may not be served, or the served model changed during the comparison.
    InputError
        If a time cannot be read, or the window does not hold both classes.
    CommandError
        If AWS refuses.
    """
    loaded, store = load_scorer(directory), Registry(bucket=bucket, parameter=parameter)
    calendar = Calendar.of(loaded.bundle.plan.schema)
    first, last = first_step(calendar, "--from", start), last_step(calendar, "--to", end)
    with aws_errors():
        refuse_simulated(loaded.bundle, store, allowed=allow_simulated)
    with_histories = is_exported(data)
    candidate = loaded if with_histories else answering(loaded)
    current = _served(store, with_histories=with_histories)
    comparison, changes = None, RequestChanges()
    if current is not None:
        changes = request_changes(current.bundle.plan, candidate.bundle.plan)
        if not schema_change:
            require_same_requests(current.version, candidate.version, changes)
        progress(f"reading {data}")
        champion, challenger = _contenders(current, candidate, data)
        window = common_window(champion, challenger, start=first, end=last)
        shown = window.shown(calendar)
        progress(f"comparing {candidate.version} with {current.version} on {shown}")
        comparison = compared(champion, challenger, window, margin=margin)
    moved = None
    if comparison is None or comparison["better"]:
        old = None if current is None else current.version
        moved = Moved(old, candidate.version, changes=changes)
        if not dry_run:
            progress(f"publishing {candidate.version}")
            _check_served(store, old)
            publish(directory, bucket=bucket, parameter=parameter)
            moved = promote_version(
                candidate.version,
                bucket=bucket,
                parameter=parameter,
                allow_simulated=allow_simulated,
                schema_change=schema_change,
                how=partial(promotion_over, old),
            )
    return Challenge(candidate.version, comparison, moved, dry_run, with_histories)


def _contenders(current: Scorer, candidate: Scorer, data: Path) -> tuple[Contender, Contender]:
    """Read a file in the columns of each model: once, if both read it the same way.

    Raises
    ------
    CheckFailedError
        If they take other columns for time, label, amount or weight.
    InputError
        If either cannot read the file.
    """
    challenger = Contender(candidate, rows_of(data, candidate.bundle))
    if _reading(current) == _reading(candidate):
        return Contender(current, challenger.rows), challenger
    try:
        champion = Contender(current, rows_of(data, current.bundle))
    except InputError as error:
        raise InputError(
            f"the served model {current.version} cannot be compared on this file: {error}; "
            f"serve {candidate.version} without a comparison by `fraud publish --promote`"
        ) from error
    require_equal_facts(champion, challenger)
    return champion, challenger


def _reading(scorer: Scorer) -> tuple[Schema, list[str], FileProperties, tuple[str, ...]]:
    """The properties of a model that decide how it reads a file."""
    plan = scorer.bundle.plan
    # Facts stand in the order of the attributes, and equal dicts may have other orders.
    order = list(plan.schema.attributes)
    histories = plan.learned.histories if plan.needs_histories else ()
    return plan.schema, order, FileProperties.from_learned(plan.learned), histories


def _check_served(store: Registry, compared: str | None) -> None:
    """Raise `CheckFailedError` unless the compared version is still served."""
    with aws_errors():
        now = pointer_of(store)
    if (now.current.version if now else None) != compared:
        raise overtaken(store, now)


def _served(store: Registry, *, with_histories: bool) -> Scorer | None:
    """Load and verify the served model, or its second one; None if no model was ever promoted.

    Raises
    ------
    CheckFailedError
        If the pointer or the model is damaged, or this program cannot read the model.
    CommandError
        If AWS refuses, or the object is gone.
    """
    with aws_errors():
        pointer = pointer_of(store)
        if pointer is None:
            return None
        data = store.fetch(pointer.current)
    try:
        served = Scorer.from_bundle(read(data), threads=ALL_CORES)
    except BundleError as error:
        raise CheckFailedError(
            f"the model that {store.parameter} serves: {error}; a challenge needs a model that "
            "this program can read; serve one without a challenge by `fraud publish --promote`"
        ) from error
    return served if with_histories else answering(served)
