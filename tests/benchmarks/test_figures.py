"""Statistics and targets of the serving benchmark."""

import pytest

from benchmarks.serving.figures import (
    APPROVED,
    BATCH,
    COLD,
    PACKAGES,
    TARGETS,
    Reading,
    Target,
    as_data,
    ratio,
    require_targets,
    statistic,
)
from training.errors import CheckFailedError

SAMPLES = {
    (COLD, "tutorial"): [1_000.0, 2_000.0, 9_000.0],
    (COLD, "floor"): [400.0],
    (COLD, "ours"): [400.0, 500.0, 900.0],
    (APPROVED, "tutorial"): [3.0],
    (BATCH, "ours"): [6.0],
    (PACKAGES, "ours"): [60.0],
}

MEASURED = {
    (each.measure, each.stack): [1.0] * 100
    for target in TARGETS
    for each in (target.reading, target.per)
    if each is not None
}
"""All figures of the targets, with equal samples."""


def test_a_median_needs_one_sample_and_a_tail_enough_of_them() -> None:
    assert statistic([1.0], "median") == 1.0
    assert statistic([1.0] * 99, "p99") is None
    assert statistic([1.0] * 100, "p99") == 1.0
    assert statistic([1.0] * 999, "p99.9") is None


def test_a_tail_quantile_is_near_the_slowest_samples() -> None:
    samples = [float(number) for number in range(1, 1_001)]

    assert statistic(samples, "median") == pytest.approx(500.5)
    assert statistic(samples, "p99") == pytest.approx(990.5, abs=0.5)
    assert statistic(samples, "p99.9") == pytest.approx(999.5, abs=0.5)


def test_a_ratio_is_that_of_the_medians() -> None:
    assert ratio(SAMPLES, COLD, "ours", "tutorial") == 0.25
    assert ratio(SAMPLES, COLD, "ours", "floor") == 1.25


def test_a_measure_the_tutorial_lacks_is_compared_with_its_single_request() -> None:
    assert ratio(SAMPLES, BATCH, "ours", "tutorial") == 2.0


def test_a_stack_is_compared_neither_with_itself_nor_with_an_unmeasured_one() -> None:
    assert ratio(SAMPLES, COLD, "tutorial", "tutorial") is None
    assert ratio(SAMPLES, PACKAGES, "ours", "floor") is None


@pytest.mark.parametrize(("most", "is_met"), [(0.26, True), (0.25, True), (0.24, False)])
def test_a_target_is_met_up_to_its_limit(most: float, *, is_met: bool) -> None:
    target = Target(Reading(COLD, "ours"), most, Reading(COLD, "tutorial"))

    assert target.is_met(SAMPLES) is is_met


def test_an_absolute_target_is_compared_directly() -> None:
    assert Target(Reading(PACKAGES, "ours"), 60.0).is_met(SAMPLES) is True


def test_a_target_without_enough_samples_is_neither_met_nor_missed() -> None:
    target = Target(Reading(COLD, "ours", "p99"), 0.25, Reading(COLD, "tutorial", "p99"))

    assert target.is_met(SAMPLES) is None


def test_missed_targets_are_named() -> None:
    cold = {(COLD, "ours"): [0.3], (COLD, "ours with memory"): [0.33]}
    fast = MEASURED | cold | {(APPROVED, "ours"): [0.05]}
    require_targets(fast | {(BATCH, "ours"): [0.15]})

    with pytest.raises(CheckFailedError, match=f"1 of {len(TARGETS)} .*: {BATCH}, median"):
        require_targets(fast | {(BATCH, "ours"): [0.151]})


def test_every_target_has_a_unique_name_in_the_data() -> None:
    data = as_data(MEASURED)

    names = [each["target"] for each in data["targets"]]
    assert len(set(names)) == len(TARGETS)
    assert len(data["figures"]) == len(MEASURED)
