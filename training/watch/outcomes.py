"""Observed and expected frauds among payments whose outcome is known by now. Pure."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from training.watch import budget
from training.watch.clusters import effective
from training.watch.distributions import Counted, Interval, p_value, poisson_interval
from training.watch.sample import Sample
from training.watch.shares import differs
from training.watch.words import percent

TESTS: Final = 2
ALPHA: Final = budget.OUTCOMES / TESTS

TOLERANCE: Final = 1.25
"""Tolerated factor between observed and expected: calibrations rest on few frauds."""

TELLING: Final = 2.0
"""An interval that holds both this factor and its inverse is too wide for a verdict."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Payments that are old enough for their outcome to be known.

    Attributes
    ----------
    sample : Sample
    is_fraud : ndarray of shape (n_payments,), float
        NaN for a blocked payment without an outcome.
    """

    sample: Sample
    is_fraud: np.ndarray

    @property
    def is_known(self) -> np.ndarray:
        """Mask of the payments with an outcome."""
        return ~np.isnan(self.is_fraud)


@dataclass(frozen=True, slots=True)
class Judged:
    """Frauds compared with those that were expected.

    Attributes
    ----------
    payments, blocked : int
        With an outcome, and blocked without one.
    observed, expected : float
        Frauds among the payments with an outcome, by outcomes and by probabilities.
    ratio : Interval
        Of observed over expected.
    share : Counted
        Frauds among all; those of blocked payments without outcome are expected ones.
    before : Counted or None
        The same in training.
    p : float
        The probability of such a difference.
    """

    payments: int
    blocked: int
    observed: float
    expected: float
    ratio: Interval
    share: Counted
    before: Counted | None
    p: float

    @property
    def is_off(self) -> bool:
        """Whether probabilities miss by more than the tolerance."""
        return self.ratio.low > TOLERANCE or self.ratio.high < 1 / TOLERANCE

    @property
    def is_other_share(self) -> bool:
        """Whether frauds are more or less frequent than in training."""
        return self.before is not None and self.p < ALPHA and differs(self.share, self.before)

    @property
    def is_alarm(self) -> bool:
        """Whether `is_off` or `is_other_share`."""
        return self.is_off or self.is_other_share

    @property
    def is_telling(self) -> bool:
        """Whether there are enough frauds to tell twice as many from half as many."""
        return self.ratio.low > 1 / TELLING or self.ratio.high < TELLING

    @property
    def sentences(self) -> list[str]:
        """The alarms in words."""
        found = []
        if self.is_off:
            found.append(f"Frauds: {self.counts}")
        if self.is_other_share and self.before is not None:
            shares = f"{percent(self.share.share)} of payments, {percent(self.before.share)}"
            found.append(f"Fraud rate: {shares} in training")
        return found

    @property
    def counts(self) -> str:
        """Observed and expected frauds in words."""
        ratio, interval = self.observed / max(self.expected, 1e-9), self.ratio
        return (
            f"{self.observed:,.0f} observed, {self.expected:,.1f} expected, ratio {ratio:.2f} "
            f"({interval.low:.2f} to {interval.high:.2f})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "payments": self.payments,
            "blocked_without_outcome": self.blocked,
            "observed": self.observed,
            "expected": self.expected,
            "ratio_low": self.ratio.low,
            "ratio_high": self.ratio.high,
            "confidence": 1 - ALPHA,
            "fraud_rate": self.share.share,
            "fraud_rate_before": None if self.before is None else self.before.share,
            "p_value": self.p,
            "is_alarm": self.is_alarm,
            "is_telling": self.is_telling,
        }


def judged(outcomes: Outcomes, before: Counted | None) -> Judged:
    """Compare frauds with those that were expected, and their share with that in training.

    The interval is Garwood's for the observed number, over the expected one. It is exact for
    independent frauds and conservative, as a sum of rare events varies less than a Poisson number.
    Frauds of one account come in bursts, so numbers are divided by their design effect.
    """
    known = outcomes.sample[outcomes.is_known]
    is_fraud = outcomes.is_fraud[outcomes.is_known]
    observed = float((known.weights * is_fraud).sum())
    expected = float((known.weights * known.probabilities).sum())
    total = max(float(known.weights.sum()), 1e-9)
    scale = effective(known.weights) / total / known.burst(is_fraud - known.probabilities)
    of_observed = poisson_interval(observed * scale, ALPHA)
    base = max(expected * scale, 1e-9)
    told = np.where(outcomes.is_known, outcomes.is_fraud, outcomes.sample.probabilities)
    share = outcomes.sample.counted_in_bursts(told)
    return Judged(
        payments=len(known),
        blocked=len(outcomes.sample) - len(known),
        observed=observed,
        expected=expected,
        ratio=Interval(of_observed.low / base, of_observed.high / base),
        share=share,
        before=before,
        p=1.0 if before is None else p_value(share, before),
    )
