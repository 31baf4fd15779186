"""What an export did, in words. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from training.memory.exporting.judged import LeftOut
from training.memory.exporting.wanted import Wanted

_WHY: Final = {
    LeftOut.UNREADABLE: (
        "they are no records that this program can read, or somebody without the secret changed "
        "them: `fraud replay` names them"
    ),
    LeftOut.EXPIRED: "they have expired, and DynamoDB is about to delete them",
    LeftOut.NOT_MATURED: "they arrived within {days} days before {as_of}",
    LeftOut.ERASED: "an account of theirs was erased",
    LeftOut.MODEL_GONE: "the model that answered is not in the bucket, nor are their columns known",
    LeftOut.OTHER_SCHEMA: "the model that answered has other columns, or another label delay",
    LeftOut.NO_HISTORY: "the table could not be read then, so they saw no history",
    LeftOut.BLOCKED: (
        "they were blocked and no outcome came, so nobody knows what they were. A model trained on "
        "the others learns nothing from them (selective labels: see docs/learn.md)"
    ),
}


class Counts(NamedTuple):
    """The payments in the file.

    Attributes
    ----------
    number, frauds : int
    without_outcome : int
        They count as genuine.
    """

    number: int
    frauds: int
    without_outcome: int


class Anchored(NamedTuple):
    """The digests of days in the bucket.

    Attributes
    ----------
    place : str
    days : int
    is_new : bool
        False if there was an anchor of this date, which was kept.
    """

    place: str
    days: int
    is_new: bool

    def __str__(self) -> str:
        if self.is_new:
            return f"{self.place}: written, the digests of {self.days:,} days of records"
        return f"{self.place}: was there already and stays as it is"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did.

    Attributes
    ----------
    wanted : Wanted
    rows : Counts
    left_out : dict of int
        The other records, by reason.
    anchored : Anchored
    """

    wanted: Wanted
    rows: Counts
    left_out: Mapping[LeftOut, int]
    anchored: Anchored

    def lines(self) -> Iterator[str]:
        """The result in words."""
        rows, days, as_of = self.rows, self.wanted.matured_days, self.wanted.shown
        if rows.number:
            yield f"{rows.number:,} payments as of {as_of}, {rows.frauds:,} of them frauds"
            yield (
                f"{rows.without_outcome:,} of them have no outcome and count as genuine: nobody "
                f"reported them within {days} days"
            )
        for reason, number in self.left_out.items():
            yield f"left out: {number:,} {reason}: {_WHY[reason].format(days=days, as_of=as_of)}"
        yield str(self.anchored)
