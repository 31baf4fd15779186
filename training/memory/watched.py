"""The watch of a table: its latest records, and those whose outcomes are known by now."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.elementwise import SINGLE
from fraud_api_lambda.domain.payment import Facts
from training.memory.exporting.judged import DAY_MS, Period
from training.memory.exporting.models import Schemas
from training.memory.exporting.wanted import Wanted
from training.memory.logged import Log, Logged
from training.memory.sights import UNREADABLE, RecordReader, answer_fields
from training.registry.store import Registry
from training.registry.table import MemoryTable
from training.watch.distributions import Counted
from training.watch.measured import Category, Measuring, Subject
from training.watch.of_file import reference_in
from training.watch.outcomes import Outcomes
from training.watch.sample import Sample, numbered
from training.watch.watched import About, Watched, watch

OUTCOME_DAYS: Final = 28
"""Days of payments whose outcomes are compared: in a week there are few frauds."""

STEPS: Final = 3
"""Steps of `watch_table`: reading two times, comparing."""

UNSEEN: Final = "unseen:"
"""The beginning of limitations that are watched by themselves."""


def watch_table(
    table: MemoryTable,
    registry: Registry,
    wanted: Wanted,
    *,
    days: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Watched:
    """Compare the latest payments of a table with the reference of the served model.

    Parameters
    ----------
    table : MemoryTable
    registry : Registry
    wanted : Wanted
        Until when, and how many days an outcome may take.
    days : int
        The payments of so many days before.
    progress : callable

    Raises
    ------
    InputError
        If there is no such table, secret or served model, or the model has no reference.
    CommandError
        If AWS refuses.
    """
    bundle, log = Schemas(registry).served, Log(table)
    reference = reference_in(bundle)
    recent, old = _Records(bundle, wanted.period), _Records(bundle, wanted.period)
    until, matured = wanted.period
    progress(f"reading the payments of {days} days in {table.name}")
    recent.add(log.records(until - days * DAY_MS, until - 1))
    progress(f"reading the outcomes of {OUTCOME_DAYS} days in {table.name}")
    old.add(log.records(matured - OUTCOME_DAYS * DAY_MS, matured - 1))
    progress("comparing")
    periods = _shown(until, days), _shown(matured, OUTCOME_DAYS)
    about = About(bundle.version, table.name, *periods, tuple(_notes(recent, old, log)))
    return watch(
        about,
        reference,
        recent.measuring,
        recent.sample(),
        outcomes=Outcomes(old.sample(), np.array(old.is_fraud)),
        limited=Counted(recent.limited, len(recent)),
    )


class _Answer(NamedTuple):
    """What a record says of its answer."""

    probability: float
    decision: Decision
    limits: tuple[str, ...]


@dataclass
class _Records:
    """The records of a model, as they are read.

    Attributes
    ----------
    bundle : Bundle
    period : Period
        Tells which outcomes are known.
    others : int
        Records of other models.
    unreadable : int
        Records that do not fit their model.
    limited : int
        Answers with a limitation.
    without_history : int
        Those of them that another model gave, as histories were not known.
    is_fraud : array of float
        NaN if nobody will know.
    """

    bundle: Bundle
    period: Period
    others: int = 0
    unreadable: int = 0
    limited: int = 0
    without_history: int = 0
    is_fraud: "array[float]" = field(default_factory=lambda: array("d"))

    def __post_init__(self) -> None:
        self.measuring = Measuring(self.bundle.plan)
        self._reader = RecordReader(self.bundle.plan)
        self._names = tuple(accounts_of(self.bundle.plan.schema))
        self._values, self._unseen = array("d"), array("b")
        self._probabilities, self._decided = array("d"), array("b")
        self._accounts: list[list[str]] = [[] for _ in self._names]

    def __len__(self) -> int:
        """The number of answers of the model."""
        return len(self.is_fraud) + self.without_history

    def add(self, records: Iterator[Logged]) -> None:
        """Read records."""
        for logged in records:
            if logged.record.model_version != self.bundle.version:
                self.others += 1
                continue
            try:
                self._add(logged)
            except UNREADABLE:
                self.unreadable += 1

    def _add(self, logged: Logged) -> None:
        record = logged.record
        answer = _answer(answer_fields(record))
        facts, columns = (
            self._reader.payment(record).facts,
            zip(self._accounts, record.accounts, strict=True),
        )
        keys = [(column, key or f"#{record.prediction_id}") for column, key in columns]
        self.limited += any(not limit.startswith(UNSEEN) for limit in answer.limits)
        if record.histories is None and self.bundle.plan.needs_histories:
            self.without_history += 1
            return
        self._add_facts(facts, answer)
        known = self.period.label(logged.later)
        is_open = known.at is None and answer.decision is Decision.BLOCK
        self.is_fraud.append(np.nan if is_open else known.is_fraud)
        for column, key in keys:
            column.append(key)

    def _add_facts(self, facts: Facts, answer: _Answer) -> None:
        values, unseen = (
            each(facts, SINGLE) for each in (self.measuring.values, self.measuring.unseen)
        )
        self._values.extend(map(float, values))
        self._unseen.extend(map(int, unseen))
        self._probabilities.append(answer.probability)
        self._decided.append(list(Decision).index(answer.decision))

    def sample(self) -> Sample:
        """The payments as columns."""
        n, measuring = len(self.is_fraud), self.measuring
        values = np.array(self._values).reshape(n, len(measuring.subjects)).T
        unseen = np.array(self._unseen, dtype=bool).reshape(n, len(measuring.open_categories)).T
        return Sample(
            values=_by_name(measuring.subjects, values),
            unseen=_by_name(measuring.open_categories, unseen),
            probabilities=np.array(self._probabilities),
            decided=np.array(self._decided, dtype=int),
            weights=np.ones(n),
            accounts={
                name: numbered(column)
                for name, column in zip(self._names, self._accounts, strict=True)
            },
        )


def _by_name(named: Sequence[Subject | Category], columns: np.ndarray) -> Mapping[str, np.ndarray]:
    return {each.name: column for each, column in zip(named, columns, strict=True)}


def _answer(fields: Mapping[str, object]) -> _Answer:
    limits = fields["degraded"]
    if not isinstance(limits, list):
        raise TypeError("the limitations are no list")
    probability = float(str(fields["fraud_probability"]))
    return _Answer(probability, Decision(str(fields["decision"])), tuple(map(str, limits)))


def _notes(recent: _Records, old: _Records, log: Log) -> Iterator[str]:
    """What was left out, in words."""
    total = len(recent) + recent.others
    if recent.others:
        yield (
            f"left out: {recent.others:,} of {total:,} payments, which other versions of the model "
            "answered"
        )
    if recent.without_history:
        yield (
            f"answered without histories: {recent.without_history:,} payments, which count as "
            "limited answers only"
        )
    if old.others:
        yield f"left out of the outcomes: {old.others:,} payments of other versions"
    unknown = int(np.isnan(np.array(old.is_fraud)).sum())
    if unknown:
        yield (
            f"blocked without an outcome: {unknown:,} of {len(old.is_fraud):,} older payments; "
            "nobody knows what they were"
        )
    unreadable = recent.unreadable + old.unreadable + log.unreadable
    if unreadable:
        yield f"unreadable: {unreadable:,} records; `fraud replay` says which"


def _shown(until: int, days: int) -> str:
    first, last = (
        datetime.fromtimestamp(each / 1_000, UTC) for each in (until - days * DAY_MS, until)
    )
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
