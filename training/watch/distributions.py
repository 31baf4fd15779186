"""Tails and quantiles of the chi-squared, gamma, beta and Poisson distributions. Pure.

Counts may be fractions: effective counts of clustered payments.
"""

from collections.abc import Callable
from functools import cache
from math import exp, inf, lgamma, log, log1p
from typing import Final, NamedTuple

EPSILON: Final = 1e-15
TINY: Final = 1e-300
MOST_TERMS: Final = 100_000
HALVINGS: Final = 200


class Interval(NamedTuple):
    """An interval, both ends included."""

    low: float
    high: float


def gamma_tail(shape: float, x: float) -> float:
    """The upper tail at `x` of the gamma distribution with scale 1.

    References
    ----------
    W. Press et al.: Numerical Recipes, third edition, 6.2: series and continued fraction.
    """
    if x <= 0:
        return 1.0
    scale = exp(shape * log(x) - x - lgamma(shape))
    if x < shape + 1:
        return 1.0 - scale * _gamma_series(shape, x)
    return scale * _gamma_fraction(shape, x)


def _gamma_series(shape: float, x: float) -> float:
    term = total = 1.0 / shape
    for n in range(1, MOST_TERMS):
        term *= x / (shape + n)
        total += term
        if term < total * EPSILON:
            break
    return total


def _gamma_fraction(shape: float, x: float) -> float:
    """Lentz's method."""
    b = x + 1.0 - shape
    c, d = 1.0 / TINY, 1.0 / b
    value = d
    for n in range(1, MOST_TERMS):
        a = -n * (n - shape)
        b += 2.0
        d = 1.0 / _not_zero(a * d + b)
        c = _not_zero(b + a / c)
        value *= d * c
        if abs(d * c - 1.0) < EPSILON:
            break
    return value


def beta_below(a: float, b: float, x: float) -> float:
    """The probability below `x` of the beta distribution.

    References
    ----------
    W. Press et al.: Numerical Recipes, third edition, 6.4.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1.0 - front * _beta_fraction(b, a, 1.0 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Lentz's method."""
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            d = 1.0 / _not_zero(1.0 + part * d)
            c = _not_zero(1.0 + part / c)
            value *= d * c
        if abs(d * c - 1.0) < EPSILON:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY


@cache
def chi2_quantile(tail: float, freedom: float) -> float:
    """The value that chi-squared with these degrees of freedom exceeds with probability `tail`."""
    return 2.0 * gamma_quantile(tail, freedom / 2.0)


def gamma_quantile(tail: float, shape: float) -> float:
    """The value that the gamma distribution with scale 1 exceeds with probability `tail`."""
    high = shape + 1.0
    while gamma_tail(shape, high) > tail:
        high *= 2.0
    return _falling_root(lambda x: gamma_tail(shape, x) - tail, 0.0, high)


def poisson_interval(count: float, alpha: float) -> Interval:
    """The exact interval of a Poisson mean, from a count.

    References
    ----------
    F. Garwood: Fiducial limits for the Poisson distribution, Biometrika 1936.
    """
    low = gamma_quantile(1.0 - alpha / 2.0, count) if count > 0 else 0.0
    return Interval(low, gamma_quantile(alpha / 2.0, count + 1.0))


def share_interval(count: float, n: float, alpha: float) -> Interval:
    """The exact interval of a share, from a count of `n`.

    References
    ----------
    C. Clopper, E. Pearson: The use of confidence or fiducial limits, Biometrika 1934.
    E. Korn, B. Graubard: Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data, Survey Methodology 1998: effective counts.
    """
    if n <= 0:
        return Interval(0.0, 1.0)
    rest = max(n - count, 0.0)
    low = high = 0.0
    if count > 0:
        low = _falling_root(lambda x: alpha / 2.0 - beta_below(count, rest + 1.0, x), 0.0, 1.0)
    high = 1.0
    if rest > 0:
        high = _falling_root(lambda x: 1 - alpha / 2 - beta_below(count + 1.0, rest, x), 0.0, 1.0)
    return Interval(low, high)


class Counted(NamedTuple):
    """Cases among `n` payments.

    Attributes
    ----------
    cases, n : float
        Effective counts, if payments are clustered.
    effect : float
        The design effect by which the counts were divided.
    """

    cases: float
    n: float
    effect: float = 1.0

    @property
    def share(self) -> float:
        """The share of cases; 0 of nothing."""
        return self.cases / self.n if self.n > 0 else 0.0

    def at_least(self, effect: float) -> "Counted":
        """The same with a design effect that is at least so large."""
        factor = min(self.effect / effect, 1.0)
        return Counted(self.cases * factor, self.n * factor, max(self.effect, effect))

    @property
    def others(self) -> "Counted":
        """The payments that are no cases."""
        return self._replace(cases=self.n - self.cases)


def p_value(now: Counted, before: Counted) -> float:
    """The probability that two equal shares give counts that differ at least so much; two-sided.

    Exact for Poisson counts given their sum, and conservative for shares, whose variance is
    smaller. Few cases do not show that cases come in bursts: the smaller share has at least the
    design effect of the larger one.

    References
    ----------
    J. Przyborowski, H. Wilenski: Homogeneity of results in testing samples from Poisson series,
    Biometrika 1940.
    """
    if now.n <= 0 or before.n <= 0:
        return 1.0
    if (now.cases + before.cases) * 2 > now.n + before.n:
        now, before = now.others, before.others
    if now.share < before.share:
        now = now.at_least(before.effect)
    else:
        before = before.at_least(now.effect)
    return min(1.0, 2.0 * min(_tails(now, before)))


def _tails(now: Counted, before: Counted) -> tuple[float, float]:
    """The probabilities of at most, and of at least, as large a share of the sum of both counts."""
    share = now.n / (now.n + before.n)
    at_least = beta_below(now.cases, before.cases + 1.0, share) if now.cases > 0 else 1.0
    at_most = beta_below(before.cases, now.cases + 1.0, 1.0 - share) if before.cases > 0 else 1.0
    return at_most, at_least


def odds_ratio(now: Counted, before: Counted) -> float:
    """The odds of a share over those of another, with half a payment added to each side."""
    odds = [(each.cases + 0.5) / (each.n - each.cases + 0.5) for each in (now, before)]
    return odds[0] / odds[1] if odds[1] > 0 else inf


def _falling_root(function: Callable[[float], float], low: float, high: float) -> float:
    """The zero of a falling function, by bisection."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if function(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
