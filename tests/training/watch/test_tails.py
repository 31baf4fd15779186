"""Tails and quantiles are those of scipy, and tests keep what they promise."""

import numpy as np
import pytest
from scipy import stats

from training.watch.distributions import (
    Counted,
    chi2_quantile,
    odds_ratio,
    p_value,
    poisson_interval,
    share_interval,
)


@pytest.mark.parametrize("freedom", [1, 2, 9, 25, 200])
@pytest.mark.parametrize("tail", [0.5, 0.01, 1e-4, 1e-7])
def test_the_chi_squared_quantile_is_that_of_scipy(freedom: int, tail: float) -> None:
    assert chi2_quantile(tail, freedom) == pytest.approx(stats.chi2.isf(tail, freedom), rel=1e-9)


@pytest.mark.parametrize("count", [0, 1, 3.7, 40, 5_000])
@pytest.mark.parametrize("alpha", [0.05, 1e-4])
def test_the_interval_of_a_poisson_mean_is_garwoods(count: float, alpha: float) -> None:
    interval = poisson_interval(count, alpha)

    low = stats.gamma.ppf(alpha / 2, count) if count else 0.0
    assert interval.low == pytest.approx(low, rel=1e-8)
    assert interval.high == pytest.approx(stats.gamma.isf(alpha / 2, count + 1), rel=1e-8)


@pytest.mark.parametrize(("count", "n"), [(1, 20), (3, 200), (2.5, 1_666.7), (5_000, 1e6)])
def test_the_interval_of_a_share_is_clopper_and_pearsons(count: float, n: float) -> None:
    interval = share_interval(count, n, 0.001)

    assert interval.low == pytest.approx(stats.beta.ppf(0.0005, count, n - count + 1), rel=1e-8)
    assert interval.high == pytest.approx(stats.beta.isf(0.0005, count + 1, n - count), rel=1e-8)


def test_the_interval_of_nothing_is_everything() -> None:
    assert share_interval(0, 0, 0.05) == (0.0, 1.0)
    assert share_interval(0, 10, 0.05).low == 0.0
    assert share_interval(10, 10, 0.05).high == 1.0


@pytest.mark.parametrize(("now", "before"), [(20, 27), (0, 50), (3, 0), (40, 60)])
def test_two_counts_are_compared_by_the_binomial_of_their_sum(now: int, before: int) -> None:
    n, m = 1_667, 6_667
    share, total = n / (n + m), now + before

    tails = stats.binom.cdf(now, total, share), stats.binom.sf(now - 1, total, share)

    expected = min(1.0, 2 * min(tails))
    assert p_value(Counted(now, n), Counted(before, m)) == pytest.approx(expected, rel=1e-8)


def test_a_share_and_its_rest_have_one_p_value() -> None:
    now, before = Counted(970, 1_000), Counted(9_900, 10_000)

    assert p_value(now, before) == pytest.approx(p_value(now.others, before.others))


def test_equal_shares_rarely_differ_by_chance() -> None:
    chance = np.random.default_rng(0)
    pairs = zip(chance.binomial(5_000, 0.02, 400), chance.binomial(20_000, 0.02, 400), strict=True)

    small = [p_value(Counted(now, 5_000), Counted(then, 20_000)) < 0.05 for now, then in pairs]

    assert np.mean(small) <= 0.06


def test_few_cases_have_the_bursts_of_many() -> None:
    before = Counted(160 / 8, 20_000 / 8, 8.0)

    alone = p_value(Counted(10, 5_000), Counted(160 / 8, 20_000 / 8))
    in_bursts = p_value(Counted(10, 5_000), before)

    assert alone < 0.05 < in_bursts


def test_odds_of_small_counts_stay_finite() -> None:
    assert odds_ratio(Counted(10, 100), Counted(0, 100)) == pytest.approx(10.5 / 90.5 * 100.5 / 0.5)
