"""The result of a watch: the verdict, and the sentence that says what moved. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from training.watch import budget
from training.watch.checks import Moved, is_too_small
from training.watch.checks import moved as compare
from training.watch.distributions import Counted
from training.watch.measured import Measuring
from training.watch.outcomes import Judged, Outcomes, judged
from training.watch.reference import Reference
from training.watch.sample import SCORE, Sample
from training.watch.shares import DECISION, Share, shares

ALARM: Final = "alarm"
QUIET: Final = "quiet"
TOO_FEW: Final = "too few payments"

FIRST: Final = 3
"""Changes that the sentence names; the others are counted."""

CALLER, OWN, FRAUDS, HISTORY, ANSWER = range(5)
"""The order of alarms: what callers send, numbers of the payments, frauds, histories, answers."""


class Alarm(NamedTuple):
    """Something that moved.

    Attributes
    ----------
    rank : int
        One of the five above.
    sentence, detail : str
    """

    rank: int
    sentence: str
    detail: str = ""

    def __str__(self) -> str:
        return self.sentence + self.detail


@dataclass(frozen=True, slots=True)
class About:
    """What was watched.

    Attributes
    ----------
    model : str
        Its version.
    source : str
        The table or the file.
    period : str
        Of the payments, in words.
    period_of_outcomes : str
        The same of those whose outcomes are compared.
    notes : tuple of str
        What was left out, and why.
    """

    model: str
    source: str
    period: str
    period_of_outcomes: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """A comparison of payments with the reference of their model.

    Attributes
    ----------
    about : About
    reference : Reference
    payments : int
    numbers : list of Moved
    shares : list of Share
    outcomes : Judged or None
        None if no outcome is known by now.
    """

    about: About
    reference: Reference
    payments: int
    numbers: list[Moved] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    outcomes: Judged | None = None

    @property
    def alarms(self) -> list[Alarm]:
        """What moved: causes before their consequences, the largest shift first."""
        shares = [each for each in self.shares if each.is_alarm]
        absent = {each.name for each in shares}
        moved = (
            each
            for each in self.numbers
            if each.is_alarm
            and not (each.subject.name in absent and each.is_of_absent_values)  # said already
        )
        numbers = sorted(moved, key=lambda each: -each.shift.psi)
        found = [
            *(Alarm(_rank(each), each.sentence, each.detail) for each in numbers),
            *(Alarm(CALLER if each.kind != DECISION else ANSWER, each.sentence) for each in shares),
            *(Alarm(FRAUDS, each) for each in (self.outcomes.sentences if self.outcomes else ())),
        ]
        return sorted(found, key=lambda alarm: alarm.rank)

    @property
    def verdict(self) -> str:
        """`ALARM`, `QUIET` or `TOO_FEW`."""
        if self.alarms:
            return ALARM
        return TOO_FEW if not self.payments or is_too_small(self.numbers) else QUIET

    @property
    def sentence(self) -> str:
        """The verdict in a sentence."""
        alarms = self.alarms
        if alarms:
            more = f"; and {len(alarms) - FIRST} more" if len(alarms) > FIRST else ""
            return f"Alarm. {'; '.join(each.sentence for each in alarms[:FIRST])}{more}."
        if self.verdict == TOO_FEW:
            return (
                f"No verdict: {self.payments:,} payments are too few to tell a large shift from "
                "chance; watch a longer period."
            )
        return f"Quiet: {self.payments:,} payments look as they did in training{self._outcome}."

    @property
    def _outcome(self) -> str:
        if self.outcomes is None:
            return "; no outcome is known yet, so nothing is said of frauds"
        if not self.outcomes.is_telling:
            return f"; too few frauds to tell whether they are as expected ({self.outcomes.counts})"
        return f", and frauds are as expected ({self.outcomes.counts})"

    def lines(self) -> Iterator[str]:
        """The result in words."""
        about = self.about
        yield self.sentence
        yield f"model {about.model}, {about.source}, {about.period}: {self.payments:,} payments"
        reference = self.reference
        yield f"compared with {reference.rows:,} payments of its training, {reference.shown}"
        yield from about.notes
        yield from (f"moved: {alarm}" for alarm in self.alarms)
        if self.outcomes is not None:
            yield f"frauds, {about.period_of_outcomes}: {self.outcomes.counts}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        about = self.about
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "alarms": list(map(str, self.alarms)),
            "model_version": about.model,
            "source": about.source,
            "period": about.period,
            "payments": self.payments,
            "reference": {"period": self.reference.shown, "payments": self.reference.rows},
            "notes": list(about.notes),
            "false_alarms_of_quiet_weeks": budget.QUIET,
            "numbers": [each.as_dict() for each in self.numbers],
            "shares": [each.as_dict() for each in self.shares],
            "outcomes_period": about.period_of_outcomes,
            "outcomes": None if self.outcomes is None else self.outcomes.as_dict(),
        }


def _rank(number: Moved) -> int:
    if number.constant is not None:
        return CALLER
    if number.subject.name == SCORE:
        return ANSWER
    return HISTORY if number.subject.account else OWN


def watch(
    about: About,
    reference: Reference,
    measuring: Measuring,
    sample: Sample,
    *,
    outcomes: Outcomes | None,
    limited: Counted | None = None,
) -> Watched:
    """Compare payments with the reference of their model.

    Parameters
    ----------
    about : About
    reference : Reference
    measuring : Measuring
    sample : Sample
        The payments.
    outcomes : Outcomes, optional
        Older payments, whose outcome is known by now.
    limited : Counted, optional
        Answers with a limitation.
    """
    has_outcomes = outcomes is not None and bool(outcomes.is_known.any())
    found = judged(outcomes, reference.frauds) if outcomes and has_outcomes else None
    if not len(sample):
        return Watched(about, reference, 0, outcomes=found)
    numbers = compare(sample, reference, measuring.subjects)
    words = {each.name: each.words for each in measuring.categories}
    compared = shares(sample, reference, numbers, words=words, limited=limited)
    return Watched(about, reference, len(sample), numbers, compared, found)
