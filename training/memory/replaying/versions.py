"""The versions of an account that a replay compares. Pure."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from fraud_api_lambda.history.state import AccountState
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import Item
from training.memory.replaying.differences import Difference

LOADING: Final = "history load"


class Stored(NamedTuple):
    """A version of an account as its item has it.

    Attributes
    ----------
    account : Account
    predictions : bytes
        The latest ones that moved it, as `with_prediction` makes them.
    """

    account: Account
    predictions: bytes = b""

    @classmethod
    def of(cls, item: Item) -> "Stored":
        """The version in an item.

        Raises
        ------
        ValueError
            If it cannot be read.
        """
        state, predictions = item.get("s"), item.get("r", b"")
        if not isinstance(state, bytes) or not isinstance(predictions, bytes):
            raise ValueError("not the state of an account")  # noqa: TRY004  # an item is data
        return cls(Account.unpack(state), predictions)

    def other_parts(self, other: "Stored") -> list[str]:
        """The parts in which two of the same version differ."""
        names = [
            name
            for name, of_one, of_other in zip(
                AccountState._fields, self.account.state, other.account.state, strict=True
            )
            if of_one != of_other
        ]
        return [*names, *(["latest predictions"] if self.predictions != other.predictions else [])]


class Latest(NamedTuple):
    """The latest version that the records know of.

    Attributes
    ----------
    version : Stored
        With its state, if `is_folded`.
    prediction_id : str
        Of the record, or `LOADING`.
    is_folded : bool
    """

    version: Stored
    prediction_id: str
    is_folded: bool


@dataclass(slots=True)
class Folded:
    """What the records of an account gave.

    Attributes
    ----------
    views : int
        Histories that were compared.
    changes : int
        Changes of labels that were compared.
    not_folded : str
        Why the account was not followed; empty if it was.
    found : list of Difference
    newer : Latest or None
        If records are newer than the stored state.
    """

    views: int = 0
    changes: int = 0
    not_folded: str = ""
    found: list[Difference] = field(default_factory=list)
    newer: Latest | None = None
