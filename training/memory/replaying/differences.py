"""The result of a replay. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

SHOWN: Final = 10


class Difference(NamedTuple):
    """Something in the table that contradicts the rest of it.

    Attributes
    ----------
    of : str
        ``prediction ID``, ``account ID`` with a keyed id, ``model VERSION``, ``day DATE`` or
        ``anchor KEY``.
    what : str
    """

    of: str
    what: str

    def __str__(self) -> str:
        return f"{self.of}: {self.what}"


@dataclass(slots=True)
class Replayed:
    """What a replay did and found.

    Attributes
    ----------
    records, accounts : int
        That have not expired.
    expired : int
        Items that DynamoDB is about to delete, of which only the seals were checked.
    answers : int
        Given again.
    views, changes : int
        Histories and changes of labels in records, compared with the fold.
    days : int
        Whose records an anchor has, and were compared with it.
    erased_facts : int
        Answers that cannot be given again, because erasing an account took a fact.
    not_folded : dict of int
        Accounts that could not be followed, by the reason.
    seals, wrong_seals : int
    differences : int
    first : list of Difference
        At most `SHOWN`.
    """

    records: int = 0
    accounts: int = 0
    expired: int = 0
    answers: int = 0
    views: int = 0
    changes: int = 0
    days: int = 0
    erased_facts: int = 0
    not_folded: dict[str, int] = field(default_factory=dict)
    seals: int = 0
    wrong_seals: int = 0
    differences: int = 0
    first: list[Difference] = field(default_factory=list)

    def add(self, differences: Iterable[Difference]) -> None:
        """Count differences, and keep the first ones."""
        for difference in differences:
            self.differences += 1
            if len(self.first) < SHOWN:
                self.first.append(difference)

    def add_not_folded(self, reason: str) -> None:
        """Count an account that could not be followed."""
        self.not_folded[reason] = self.not_folded.get(reason, 0) + 1

    def lines(self) -> Iterator[str]:
        """The result in words."""
        yield f"{self.records:,} records: {self.answers:,} answers given again"
        yield f"{self.accounts:,} accounts: {self.views:,} views of their histories folded again"
        if self.changes:
            yield f"changes of labels in histories, folded again: {self.changes:,}"
        if self.days:
            yield f"days compared with their anchors: {self.days:,}"
        for reason, number in sorted(self.not_folded.items()):
            yield f"accounts that were not folded: {number:,} ({reason})"
        if self.erased_facts:
            yield f"answers without a fact that was an erased id: {self.erased_facts:,}"
        if self.expired:
            yield f"left out, as they have expired: {self.expired:,}"
        yield self.verdict
        yield from (f"  {each}" for each in self.first)
        if self.differences > len(self.first):
            yield f"  and {self.differences - len(self.first):,} more"
        if self.seals and self.wrong_seals == self.seals:
            yield "no seal is right: is it the secret of another table?"

    @property
    def verdict(self) -> str:
        """The number of differences in words."""
        if self.differences == 1:
            return "1 difference"
        return f"{self.differences:,} differences" if self.differences else "no differences"

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "records": self.records,
            "accounts": self.accounts,
            "expired": self.expired,
            "answers": self.answers,
            "views": self.views,
            "changes": self.changes,
            "days": self.days,
            "erased_facts": self.erased_facts,
            "not_folded": self.not_folded,
            "wrong_seals": self.wrong_seals,
            "differences": self.differences,
            "first": [each._asdict() for each in self.first],
        }


def of_prediction(prediction_id: str, what: str) -> Difference:
    """A difference of a record."""
    return Difference(f"prediction {prediction_id}", what)


def of_account(key: str, what: str) -> Difference:
    """A difference of an account, by its keyed id."""
    return Difference(f"account {key}", what)
