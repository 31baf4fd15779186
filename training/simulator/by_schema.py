"""The simulator of each built-in schema."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from training.simulator import simulate as paysim
from training.simulator.accounts import IDS, customer_index
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
    typologies : tuple of str
        The values of the column `typology`.
    index : callable
        The index of the customer with an account id; None for an id of another form.
    ids : int
        Ids of accounts of other sources map to indices spread evenly below this number.
    """

    simulate: Callable[..., pd.DataFrame]
    steps: Callable[[int], int]
    typologies: tuple[str, ...]
    index: Callable[[str], int | None]
    ids: int


SIMULATORS: Final = {
    "paysim": Simulator(
        paysim.simulate, paysim.simulated_steps, paysim.TYPOLOGIES, customer_index, IDS
    ),
    "cards": Simulator(
        cards.simulate, lambda _: cards.STEPS, cards.TYPOLOGIES, cards.card_index, cards.CARDS
    ),
}
