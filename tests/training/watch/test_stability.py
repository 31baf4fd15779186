"""The stability index: its noise bound holds for quiet weeks, and shifts exceed it."""

import numpy as np
import pytest

from training.watch.clusters import design_effect, effective, ratio_effect
from training.watch.histograms import MOST_LEVELS, NOTABLE, Bins, Histogram, Shift, shift

ALPHA = 0.0005


def histogram(values: np.ndarray, bins: Bins, clusters: np.ndarray | None = None) -> Histogram:
    alone = np.arange(len(values)) if clusters is None else clusters
    return Histogram.of(values, np.ones(len(values)), alone, bins)


def compared(now: np.ndarray, before: np.ndarray, alpha: float = ALPHA) -> Shift:
    bins = Bins.of(before, np.ones(len(before)))
    return shift(histogram(now, bins), histogram(before, bins), alpha)


def test_the_bins_of_a_number_have_equal_shares_and_missing_is_one() -> None:
    values = np.append(np.arange(1_000.0), [np.nan] * 10)

    found = histogram(values, Bins.of(values, np.ones(len(values))))

    assert found.counts == (*[100.0] * 10, 10.0)


def test_few_values_are_bins_of_their_own_and_any_other_is_another() -> None:
    bins = Bins.of(np.array([0.0, 1.0, 1.0]), np.ones(3))

    assert histogram(np.array([1.0, 0.0, 0.5, 2.0, np.nan]), bins).counts == (1, 1, 2, 1)


def test_the_hours_of_a_day_are_few_values() -> None:
    assert MOST_LEVELS == 24
    assert Bins.of(np.arange(24.0), np.ones(24)).are_levels
    assert not Bins.of(np.arange(25.0), np.ones(25)).are_levels


def test_a_number_that_was_always_missing_has_bins() -> None:
    missing = np.full(50, np.nan)

    assert histogram(missing, Bins.of(missing, np.ones(50))).shares == (0.0, 1.0)


def test_the_index_is_that_of_the_shares() -> None:
    now, before = np.repeat([0.0, 1.0], [300, 700]), np.repeat([0.0, 1.0], [500, 500])

    found = compared(now, before)

    psi = 0.2 * np.log(0.7 / 0.5) - 0.2 * np.log(0.3 / 0.5)
    assert found.psi == pytest.approx(psi, rel=0.01)
    assert found.is_notable


@pytest.mark.parametrize("n", [200, 5_000])
def test_equal_populations_exceed_the_bound_as_often_as_it_says(n: int) -> None:
    chance = np.random.default_rng(1)
    before = chance.lognormal(size=20_000)

    shifts = [compared(chance.lognormal(size=n), before, 0.05) for _ in range(300)]

    assert 0.02 < np.mean([each.psi > each.bound for each in shifts]) < 0.09


def test_the_index_alone_alarms_in_small_quiet_weeks_and_the_bound_does_not() -> None:
    chance = np.random.default_rng(2)
    before = chance.lognormal(size=20_000)

    shifts = [compared(chance.lognormal(size=100), before) for _ in range(200)]

    assert sum(each.psi > NOTABLE for each in shifts) > 20
    assert sum(each.is_notable for each in shifts) <= 1


def test_a_shift_that_is_certain_and_small_is_no_alarm() -> None:
    chance = np.random.default_rng(3)

    found = compared(chance.normal(0.1, size=200_000), chance.normal(size=200_000))

    assert found.bound < found.psi < NOTABLE
    assert not found.is_notable


def test_payments_of_few_accounts_tell_less() -> None:
    chance = np.random.default_rng(4)
    before = chance.normal(size=20_000)
    bins = Bins.of(before, np.ones(20_000))
    accounts = np.repeat(np.arange(20), 50)

    now = histogram(chance.normal(size=20)[accounts], bins, accounts)

    assert now.n == pytest.approx(20, rel=0.2)
    assert not shift(now, histogram(before, bins), ALPHA).is_notable
    assert shift(histogram(chance.normal(size=20)[accounts], bins), now, ALPHA).psi > NOTABLE


def test_too_few_payments_cannot_be_compared() -> None:
    found = compared(np.array([5.0, 6.0]), np.arange(1_000.0))

    assert found.bound == np.inf
    assert not found.is_notable


def test_a_bin_that_was_empty_gives_a_finite_index() -> None:
    found = compared(np.repeat([0.0, 9.0], [900, 100]), np.repeat([0.0, 1.0], [900, 100]))

    assert NOTABLE < found.psi < 3


def test_rows_that_stand_for_many_payments_count_as_fewer() -> None:
    assert effective(np.ones(100)) == 100
    assert effective(np.append(np.ones(99), 1e9)) == pytest.approx(1, rel=1e-5)
    assert effective(np.array([])) == 0


def test_independent_payments_have_no_design_effect() -> None:
    chance = np.random.default_rng(5)
    numbers = chance.integers(0, 5, 5_000)

    assert design_effect(numbers, 5, np.ones(5_000), np.arange(5_000)) == pytest.approx(1)
    by_chance = design_effect(numbers, 5, np.ones(5_000), chance.integers(0, 1_000, 5_000))
    assert by_chance == pytest.approx(1, abs=0.15)


def test_frauds_in_bursts_have_the_effect_of_their_size() -> None:
    is_fraud = np.zeros(10_000)
    is_fraud[:50] = 1
    accounts = np.arange(10_000)
    accounts[:50] = np.repeat(np.arange(10), 5)

    assert ratio_effect(is_fraud - is_fraud.mean(), accounts) == pytest.approx(5, rel=0.02)
    assert ratio_effect(np.zeros(3), np.arange(3)) == 1.0
