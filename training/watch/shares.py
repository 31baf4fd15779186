"""Shares of payments then and now: decisions, missing and unknown values, limited answers. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from training.watch import budget
from training.watch.checks import Moved
from training.watch.distributions import Counted, odds_ratio, p_value, share_interval
from training.watch.reference import Reference, decided_in
from training.watch.sample import Sample
from training.watch.words import percent

DECISION: Final = "decision"
MISSING: Final = "missing"
UNKNOWN: Final = "unknown"
LIMITED: Final = "limited"
"""Kinds of shares."""

LIMITED_WORDS: Final = "Answers with a limitation"

LEAST_ODDS: Final = 1.5
"""Least change of a share's odds that matters, as a factor up or down."""

LEAST_POINTS: Final = 0.005
"""Least difference that matters in a share of missing or unknown values."""

MOST_LIMITED: Final = 0.01
"""The largest share of limited answers that is no alarm."""


@dataclass(frozen=True, slots=True)
class Share:
    """The comparison of a share of payments.

    Attributes
    ----------
    kind : str
        One of the four above.
    name : str
    words : str
    before : Counted or None
        None if a limit takes its place.
    now : Counted
    p : float or None
        The probability of such a difference; None for a limit.
    is_alarm : bool
    """

    kind: str
    name: str
    words: str
    before: Counted | None
    now: Counted
    p: float | None
    is_alarm: bool

    @property
    def sentence(self) -> str:
        """The share in words."""
        usual = (
            f"at most {percent(MOST_LIMITED)} is borne"
            if self.before is None
            else f"{percent(self.before.share)} in training"
        )
        return f"{self.words}: {percent(self.now.share)} of payments, {usual}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": self.kind,
            "name": self.name,
            "words": self.words,
            "before": None if self.before is None else self.before.share,
            "now": self.now.share,
            "p_value": self.p,
            "is_alarm": self.is_alarm,
        }


def shares(
    sample: Sample,
    reference: Reference,
    compared: list[Moved],
    *,
    words: Mapping[str, str],
    limited: Counted | None,
) -> list[Share]:
    """Compare the shares of decisions, of missing and of unknown values, and of limited answers.

    Parameters
    ----------
    sample : Sample
    reference : Reference
    compared : list of Moved
        From `moved`.
    words : dict of str
        For each category.
    limited : Counted or None
        Answers with a limitation, if that is known.
    """
    tests = list(_pairs(sample, reference, compared, words))
    alpha = budget.SHARES / (len(tests) + (limited is not None))
    found = [test.tested(alpha) for test in tests]
    if limited is not None:
        low = share_interval(limited.cases, limited.n, 2 * alpha).low
        is_alarm = low > MOST_LIMITED
        found.append(Share(LIMITED, LIMITED, LIMITED_WORDS, None, limited, None, is_alarm))
    return found


class Pair(NamedTuple):
    """A share then and now, as of `Share`."""

    kind: str
    name: str
    words: str
    before: Counted
    now: Counted

    def tested(self, alpha: float) -> Share:
        """The comparison of the two."""
        now, before = self.now, self.before
        p = p_value(now, before)
        matters = self.kind == DECISION or abs(now.share - before.share) >= LEAST_POINTS
        return Share(*self, p, is_alarm=p < alpha and matters and differs(now, before))


def _pairs(
    sample: Sample, reference: Reference, compared: list[Moved], words_of: Mapping[str, str]
) -> Iterator[Pair]:
    now = decided_in(sample)
    for name, before in reference.decided.items():
        yield Pair(DECISION, name, f"Decision {name}", before, now[name])
    for each in compared:
        subject = each.subject
        if subject.can_be_missing:
            named = f"{subject.words}, missing"
            yield Pair(MISSING, subject.name, named, each.before.missing, each.now.missing)
    for name, before in reference.unseen.items():
        named = f"{words_of[name]}, values that the model does not know"
        yield Pair(UNKNOWN, name, named, before, sample.counted(sample.unseen[name]))


def differs(now: Counted, before: Counted) -> bool:
    """Whether the odds of two shares differ by a factor that matters."""
    return not 1 / LEAST_ODDS < odds_ratio(now, before) < LEAST_ODDS
