"""Columns of a file that say nothing to a model: told aloud, so that nobody counts on them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import pandas as pd

from training.data.columns import AFTERWARDS, REQUIRED, WEIGHT, renamings, shown

MOST: Final = 20
"""Names in a sentence; ``metrics.json`` holds all."""


@dataclass(frozen=True, slots=True)
class Unused:
    """What training does not use of a file.

    Attributes
    ----------
    ignored : list of str
        Names of the header that training knows nothing of or cannot read, in its order.
    constant : list of str
        Columns that are read, but hold one value only.
    meant : dict of str to str
        Optional columns for which an ignored one may be misspelt.
    """

    ignored: list[str]
    constant: list[str]
    meant: dict[str, str]

    @classmethod
    def of(cls, header: Sequence[str], frame: pd.DataFrame) -> "Unused":
        """Compare the header of a file with the columns that were read of it."""
        used = set(frame.columns)
        ignored = [name for name in header if name not in used]
        absent = [name for name in (WEIGHT, *AFTERWARDS) if name not in header]
        constant = [name for name in REQUIRED if (frame[name] == frame[name].iloc[0]).all()]
        return cls(ignored, constant, renamings(ignored, absent))

    def as_dict(self) -> dict[str, Any]:
        """The names as plain data, with the sentence that tells them."""
        return asdict(self) | {"sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """Both lists in words; empty where everything is used."""
        theirs = {spelling: name for name, spelling in self.meant.items()}
        ignored = [_told(name, theirs.get(name)) for name in self.ignored]
        lists = {"Ignored": ignored, "Constant": [*map(shown, self.constant)]}
        return " ".join(f"{what}: {_listed(names)}." for what, names in lists.items() if names)


def _told(name: str, meant: str | None) -> str:
    if not name:
        return "a column without a name"
    return f"{shown(name)} (did you mean {meant}?)" if meant else shown(name)


def _listed(names: list[str]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more:,} more" if more > 0 else "")
