"""A small part of the watch's benchmark: quiet weeks are quiet, and shifts are found."""

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks import watch as benchmark
from benchmarks.watch import PLANTS, Record, Tally


@pytest.fixture(scope="module")
def record() -> Iterator[Record]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("PAYMENTS", 800), ("WARM_UP", 1), ("TRAINED", 6)):
            patch.setattr(benchmark, name, value)
        yield Record.simulated(3, seed=0)


@pytest.mark.slow
def test_quiet_weeks_of_a_small_record_are_quiet(record: Record) -> None:
    tally = Tally.empty()

    for seed in range(5):
        tally.add(record.watched(record.drawn(np.random.default_rng(seed), 800)))

    assert (tally.weeks, tally.alarms) == (5, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["amounts doubled", "a category new", "a feature constant"])
@pytest.mark.parametrize("number", range(3))
def test_a_planted_shift_is_found(record: Record, kind: str, number: int) -> None:
    tally = Tally.empty()

    tally.add(record.watched(PLANTS[kind](record, np.random.default_rng(number), number)))

    assert tally.alarms == 1


@pytest.mark.slow
def test_a_fraud_rate_is_tripled_by_other_frauds(record: Record) -> None:
    rows = PLANTS["fraud rate times three"](record, np.random.default_rng(0), 0)

    assert len(rows) == 800
    assert rows.is_fraud.mean() == pytest.approx(3 * record.fraud_rate, rel=0.5)
