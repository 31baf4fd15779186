"""Changes of items of the memory's table, each only if the item is as it was read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from fraud_api_lambda.aws.dynamodb import KEY
from fraud_api_lambda.records.items import Item
from training.registry.table import MemoryTable
from training.registry.table_items import encoded

COMPARED: Final = ("s", "m", "u")
"""The state and the seals: one of them is another after any change."""

MET_ANOTHER: Final = frozenset(
    {"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "None"}
    | {"ProvisionedThroughputExceeded"}
)
"""Reasons of a transaction that may succeed with what is stored by now."""


class Change(NamedTuple):
    """A change of an item.

    Attributes
    ----------
    key : str
    old : Item or None
        As it was read; None if there must be none.
    new : Item or None
        None to delete it.
    """

    key: str
    old: Item | None
    new: Item | None


class ChangingTable(MemoryTable):
    """A table of the memory whose items can be changed."""

    def change(self, changes: Sequence[Change]) -> bool:
        """Make at most 100 changes of different items, all of them or none.

        Returns
        -------
        bool
            False if an item is not as it was read, or somebody else has it in hand: read again.

        Raises
        ------
        InputError
            If there is no such table.
        CommandError
            If AWS refuses.
        """
        content = [self._write(each) for each in changes]
        with self._explained("writing"):
            try:
                self._dynamodb.transact_write_items(TransactItems=content)
            except ClientError as error:
                codes = _codes(error)
                if not codes or not codes <= MET_ANOTHER:
                    raise
                return False
        return True

    def _write(self, change: Change) -> dict[str, dict[str, Any]]:
        condition, values = _condition(change.old)
        where: dict[str, Any] = {"TableName": self.name, "ConditionExpression": condition}
        if values:  # DynamoDB refuses an empty one
            where |= {"ExpressionAttributeValues": encoded(values)}
        if change.new is None:
            return {"Delete": where | {"Key": encoded({KEY: change.key})}}
        return {"Put": where | {"Item": encoded(change.new)}}


def _condition(old: Item | None) -> tuple[str, Item]:
    """The condition that an item is as it was read, and its values."""
    if old is None:
        return f"attribute_not_exists({KEY})", {}
    terms = [
        f"{name} = :{name}" if name in old else f"attribute_not_exists({name})" for name in COMPARED
    ]
    return " AND ".join(terms), {f":{name}": old[name] for name in COMPARED if name in old}


def _codes(error: ClientError) -> set[str]:
    """The reasons of a cancelled transaction."""
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
    return {str(reason.get("Code", "None")) for reason in reasons}
