"""Items of the memory's table as boto3 writes and reads them."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fraud_api_lambda.aws.dynamodb import KEY
from fraud_api_lambda.records.items import Item

_ARRIVED: Final = (":first", ":last")


class Page(NamedTuple):
    """Items of a segment of the table.

    Attributes
    ----------
    items : list of Item
    last : str
        The key after which the next page begins; empty if there is none.
    """

    items: list[Item]
    last: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Page":
        """The page of an answer to a scan."""
        last = answer.get("LastEvaluatedKey", {KEY: {"S": ""}})
        return cls([decoded(item) for item in answer["Items"]], last[KEY]["S"])


def scan_request(
    table: str,
    beginning: str,
    segment: tuple[int, int],
    after: str,
    arrived: tuple[int, int] | None,
) -> dict[str, Any]:
    """The request for a page, with the parameters of `MemoryTable.page`."""
    wanted = f"begins_with({KEY}, :b)"
    values = {":b": {"S": beginning}}
    if arrived is not None:
        wanted += " AND t BETWEEN :first AND :last"
        values |= {name: {"N": str(each)} for name, each in zip(_ARRIVED, arrived, strict=True)}
    number, total = segment
    start = {"ExclusiveStartKey": {KEY: {"S": after}}} if after else {}
    return {
        "TableName": table,
        "Segment": number,
        "TotalSegments": total,
        "FilterExpression": wanted,
        "ExpressionAttributeValues": values,
        **start,
    }


def encoded(item: Item) -> dict[str, dict[str, str | bytes]]:
    """An item as boto3 writes it."""
    return {name: _attribute(value) for name, value in item.items()}


def _attribute(value: str | int | bytes) -> dict[str, str | bytes]:
    if isinstance(value, bytes):
        return {"B": value}
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def decoded(attributes: Mapping[str, Mapping[str, Any]]) -> Item:
    """An item of texts, whole numbers and bytes; attributes of other types are left out."""
    return {
        name: int(value) if kind == "N" else value
        for name, attribute in attributes.items()
        for kind, value in attribute.items()
        if kind in {"S", "B"} or (kind == "N" and value.lstrip("-").isdigit())
    }
