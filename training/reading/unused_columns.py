"""Columns of a file without effect on a model, reported so that nobody relies on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

import pandas as pd

from fraud_api_lambda.domain.schema import Roles
from training.reading.columns import LOG, renamings, shown

MOST: Final = 20
"""Most names in a sentence; ``metrics.json`` lists all."""


class UnusedColumns(TypedDict):
    """An `Unused`, as ``metrics.json`` holds it."""

    ignored: list[str]
    constant: list[str]
    meant: dict[str, str]
    sentence: str


@dataclass(frozen=True, slots=True)
class Unused:
    """The columns of a file that training does not use.

    Attributes
    ----------
    ignored : list of str
        Names that training does not know or cannot read, in the order of the header.
    constant : list of str
        Columns that hold a single value.
    meant : dict of str to str
        Optional columns, with an ignored column that may be a misspelling.
    """

    ignored: list[str]
    constant: list[str]
    meant: dict[str, str]

    @classmethod
    def of(cls, header: Sequence[str], frame: pd.DataFrame, roles: Roles) -> "Unused":
        """Compare the header of a file with the columns that were read of it."""
        ours = [name for name in header if name.startswith(LOG) or name == roles.label_time]
        ignored = [name for name in header if name not in frame and name not in ours]
        optional = (roles.weight, roles.payee_balance, *roles.after)
        absent = [name for name in optional if name is not None and name not in header]
        checked = [name for name in frame if name not in (roles.label, *optional)]
        constant = [str(name) for name in checked if (frame[name] == frame[name].iloc[0]).all()]
        return cls(ignored, constant, renamings(ignored, absent))

    def as_dict(self) -> UnusedColumns:
        """The names as plain data, and the sentence."""
        return {
            "ignored": self.ignored,
            "constant": self.constant,
            "meant": self.meant,
            "sentence": self.sentence,
        }

    @property
    def sentence(self) -> str:
        """Both lists in words; empty if every column is used."""
        theirs = {spelling: name for name, spelling in self.meant.items()}
        ignored = [_described(name, theirs.get(name)) for name in self.ignored]
        lists = {"Ignored": ignored, "Constant": [*map(shown, self.constant)]}
        return " ".join(f"{what}: {_listed(names)}." for what, names in lists.items() if names)


def _described(name: str, meant: str | None) -> str:
    if not name:
        return "a column without a name"
    return f"{shown(name)} (did you mean {meant}?)" if meant else shown(name)


def _listed(names: list[str]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more:,} more" if more > 0 else "")
