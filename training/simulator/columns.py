"""Columns of simulated events: merge them in time order, deal them into groups."""

from dataclasses import dataclass, fields
from typing import ClassVar, Self

import numpy as np


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of one length, all of shape (n_events,).

    Attributes
    ----------
    TIME : str
        The name of the column with the time.
    """

    TIME: ClassVar[str]

    @classmethod
    def merged(cls, *parts: Self) -> Self:
        """All events in time order; events of one time stay in the given order."""
        order = np.argsort(
            np.concatenate([getattr(part, cls.TIME) for part in parts]), kind="stable"
        )
        names = (column.name for column in fields(cls))
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts])[order] for name in names)
        )


def group_sizes(random: np.random.Generator, total: int, low: int, high: int) -> np.ndarray:
    """Group sizes from `low` to `high` that sum to `total`."""
    sizes, left = [], total
    while left > high:
        sizes.append(min(int(random.integers(low, high + 1)), left - low))
        left -= sizes[-1]
    return np.array([*sizes, left])
