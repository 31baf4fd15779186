"""Every built-in schema has a simulator, which writes its columns."""

import pytest

from training.option_values import BUILT_IN
from training.schemas.built_in import built_in
from training.schemas.comparison import differences
from training.simulator.by_schema import SIMULATORS


def test_every_built_in_schema_has_a_simulator() -> None:
    assert tuple(SIMULATORS) == BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
def test_simulated_rows_fit_their_schema(name: str) -> None:
    frame = SIMULATORS[name].simulate(1_000, seed=0)

    assert differences(built_in(name), frame) == []
