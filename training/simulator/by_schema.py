"""The simulator of each built-in schema."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from training.simulator import simulate as paysim
from training.simulator.cards import simulate as cards


@dataclass(frozen=True, slots=True)
class Simulator:
    """A simulator.

    Attributes
    ----------
    simulate : callable
        Called with the number of rows, the seed, and `progress`.
    steps : callable
        The number of calls of `progress`, by the number of rows.
    """

    simulate: Callable[..., pd.DataFrame]
    steps: Callable[[int], int]


SIMULATORS: Final = {
    "paysim": Simulator(paysim.simulate, paysim.simulated_steps),
    "cards": Simulator(cards.simulate, lambda _: cards.STEPS),
}
