"""Quiet and shifted weeks: how often ``fraud watch`` gives an alarm.

``python -m benchmarks.watch [--records N] [--weeks N] [--seed N]``. Everything is simulated: some
records of card payments, each of its own seed, with its own model and reference. A week is 5,000
payments of the weeks after the training, with the histories that they saw and their true labels:

- drawn at random: payments are alike in all weeks, so each alarm is false;
- as they came: campaigns of frauds, which last for days, make some weeks unlike others;
- of 200 payments drawn at random, where the index alone says little.

Shifts are planted in weeks that are drawn at random. Payments of more frauds are drawn from the
frauds of all later weeks.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from fraud_api_lambda.features.plan import HISTORY
from training.bundling.bundle_content import plan_of
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.fitting.fitted_model import FittedModel, fit_model
from training.fitting.settings import Settings
from training.histories.columns import with_histories
from training.local.progress import reported
from training.policy.costs import decisions
from training.reading.dataset import Dataset
from training.schemas.built_in import built_in
from training.simulator.cards.simulate import simulate
from training.watch.histograms import NOTABLE
from training.watch.measured import Measuring
from training.watch.of_rows import reference_of, sample_of
from training.watch.outcomes import Outcomes
from training.watch.reference import Reference
from training.watch.watched import ALARM, About, Watched, watch

PAYMENTS: Final = 5_000
"""In a week."""

FEW: Final = 200

WARM_UP: Final = 6
"""Weeks in which histories fill, before the training."""

TRAINED: Final = 26
"""Weeks of the training."""

NEW_SHARE: Final = 0.05
"""Share of payments with a value that the model does not know."""

TIMES: Final = 3
"""The factor of the fraud rate."""

ABOUT: Final = About("", "", "", "")


@dataclass(frozen=True)
class Record:
    """A simulated record of card payments, and the model of its first weeks.

    Attributes
    ----------
    fitted : FittedModel
    later : Rows
        The rows after the training.
    week : ndarray of shape (n_later,), int
        Of each of them, from 0.
    reference : Reference
        As it comes out of a bundle.
    fraud_rate : float
        Of the training.
    """

    fitted: FittedModel
    later: Rows
    week: np.ndarray
    reference: Reference
    fraud_rate: float

    @classmethod
    def simulated(cls, weeks: int, seed: int) -> "Record":
        """A record with so many weeks after the training."""
        total = WARM_UP + TRAINED + weeks
        frame = simulate(total * PAYMENTS, seed, days=7 * total)
        rows = with_histories(Rows.of(Dataset.of(frame, built_in("cards"))))
        days = rows.dataset.calendar.days(rows.steps)
        week = (days - days.min()) // 7 - WARM_UP
        split = SplitRows.by_time(rows[(week >= 0) & (week < TRAINED)]).until_the_end()
        fitted = fit_model(split, HISTORY, Settings(seed=seed), for_comparison=True)
        plan = plan_of(fitted)
        made = reference_of(split, fitted, plan, has_all=True).to_bytes()
        is_later = week >= TRAINED
        return cls(
            fitted,
            rows[is_later],
            week[is_later] - TRAINED,
            Reference.of_bytes(made, Measuring(plan).subjects),
            float(split.trained.is_fraud.mean()),
        )

    @cached_property
    def frauds(self) -> np.ndarray:
        """The positions of the frauds among the later rows."""
        return np.flatnonzero(self.later.is_fraud)

    def drawn(self, chance: np.random.Generator, n: int | None = None) -> Rows:
        """A week of payments drawn at random."""
        return self.later[chance.choice(len(self.later), n or PAYMENTS, replace=False)]

    def watched(self, rows: Rows) -> Watched:
        """The watch of some rows."""
        plan = plan_of(self.fitted)
        scored = self.fitted.score(rows)
        decided = decisions(scored.probabilities, rows.amounts, self.fitted.policy)
        sample = sample_of(scored, decided, plan)
        return watch(
            ABOUT,
            self.reference,
            Measuring(plan),
            sample,
            outcomes=Outcomes(sample, rows.is_fraud.astype(float)),
        )


type Plant = Callable[[Record, np.random.Generator, int], Rows]


def amounts_doubled(record: Record, chance: np.random.Generator, _: int) -> Rows:
    """A week in which all amounts are doubled."""
    rows = record.drawn(chance)
    return replace(rows, facts=rows.facts._replace(amount=2 * rows.amounts))


def category_new(record: Record, chance: np.random.Generator, number: int) -> Rows:
    """A week in which some payments have a value that the model does not know, of one category."""
    rows = record.drawn(chance)
    names = ("category", "channel", "country")
    position = list(rows.dataset.schema.attributes).index(names[number % len(names)])
    texts = np.asarray(rows.facts.attributes[position], dtype=object).copy()
    texts[chance.random(len(rows)) < NEW_SHARE] = "never seen before"
    return _with_attribute(rows, position, pd.Categorical(texts))


def fraud_rate_tripled(record: Record, chance: np.random.Generator, _: int) -> Rows:
    """A week with a fraud rate that is three times that of the training."""
    n = int(chance.binomial(PAYMENTS, TIMES * record.fraud_rate))
    genuine = np.flatnonzero(~record.later.is_fraud)
    kinds = (record.frauds, n), (genuine, PAYMENTS - n)
    return record.later[np.concatenate([chance.choice(kind, size) for kind, size in kinds])]


def feature_constant(record: Record, chance: np.random.Generator, number: int) -> Rows:
    """A week in which one number of all payments has the value of the first one."""
    rows = record.drawn(chance)
    facts, attributes = rows.facts, list(rows.dataset.schema.attributes)
    places = ["amount", "hour", *attributes]
    name = places[number % len(places)]
    if name in facts._fields:
        column = np.asarray(getattr(facts, name))
        same = _all_as_first(column)
        is_amount = name == "amount"
        return replace(
            rows, facts=facts._replace(amount=same) if is_amount else facts._replace(hour=same)
        )
    position = attributes.index(name)
    column = facts.attributes[position]
    if isinstance(column, tuple):
        return _with_attribute(rows, position, tuple(_all_as_first(part) for part in column))
    return _with_attribute(rows, position, _all_as_first(column))


def _all_as_first(column: np.ndarray | pd.Categorical) -> np.ndarray | pd.Categorical:
    return column[np.zeros(len(column), dtype=int)]


def _with_attribute(rows: Rows, position: int, column: object) -> Rows:
    attributes = list(rows.facts.attributes)
    attributes[position] = column
    return replace(rows, facts=rows.facts._replace(attributes=tuple(attributes)))


PLANTS: Final[dict[str, Plant]] = {
    "amounts doubled": amounts_doubled,
    "a category new": category_new,
    "fraud rate times three": fraud_rate_tripled,
    "a feature constant": feature_constant,
}

QUIET: Final = ("quiet, drawn at random", "quiet, as they came", "quiet, drawn, 200 payments")


@dataclass(slots=True)
class Tally:
    """Weeks of one kind.

    Attributes
    ----------
    weeks : int
    alarms : int
    large : int
        Weeks with an index above 0.1, which by itself would be an alarm.
    reasons : Counter
    """

    weeks: int
    alarms: int
    large: int
    reasons: Counter[str]

    @classmethod
    def empty(cls) -> "Tally":
        """No week."""
        return cls(0, 0, 0, Counter())

    def add(self, watched: Watched) -> None:
        """Count a week."""
        self.weeks += 1
        self.alarms += watched.verdict == ALARM
        self.large += any(each.shift.psi > NOTABLE for each in watched.numbers)
        self.reasons.update(
            {each.sentence.rpartition(":")[0] or each.sentence for each in watched.alarms}
        )


def quiet_weeks(
    record: Record, weeks: int, chance: np.random.Generator
) -> Iterator[tuple[str, Watched]]:
    """Watch weeks without a shift, each with its kind."""
    for number in range(weeks):
        yield QUIET[0], record.watched(record.drawn(chance))
        yield QUIET[1], record.watched(record.later[record.week == number])
        yield QUIET[2], record.watched(record.drawn(chance, FEW))


def shifted_weeks(
    record: Record, weeks: int, chance: np.random.Generator
) -> Iterator[tuple[str, Watched]]:
    """Watch weeks with a shift, each with its kind."""
    for number in range(weeks):
        for kind, plant in PLANTS.items():
            yield kind, record.watched(plant(record, chance, number))


def measure(
    records: int, weeks: int, shifted: int, seed: int, progress: Callable[[str], None]
) -> dict[str, Tally]:
    """Watch the weeks of some records."""
    found = {kind: Tally.empty() for kind in (*QUIET, *PLANTS)}
    for number in range(records):
        progress(f"record {number + 1} of {records}: simulating and training")
        record = Record.simulated(weeks, seed + number)
        chance = np.random.default_rng(seed + number)
        progress(f"record {number + 1} of {records}: watching its weeks")
        for kind, watched in quiet_weeks(record, weeks, chance):
            found[kind].add(watched)
        for kind, watched in shifted_weeks(record, shifted, chance):
            found[kind].add(watched)
    return found


def table(found: dict[str, Tally]) -> Table:
    """The alarms of each kind of week."""
    shown = Table("weeks", "number", "alarms", "an index above 0.1", "most frequent reasons")
    for kind, tally in found.items():
        reasons = ", ".join(f"{reason} {n}" for reason, n in tally.reasons.most_common(3))
        shown.add_row(kind, str(tally.weeks), str(tally.alarms), str(tally.large), reasons)
    return shown


def main() -> None:
    """Read the options, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=5, metavar="N")
    parser.add_argument("--weeks", type=int, default=40, metavar="N", help="quiet, of each record")
    parser.add_argument("--shifted", type=int, default=10, metavar="N", help="of each kind")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    began = time.perf_counter()
    with reported(2 * options.records) as progress:
        found = measure(options.records, options.weeks, options.shifted, options.seed, progress)
    console = Console(width=120)
    console.print(table(found))
    console.print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
