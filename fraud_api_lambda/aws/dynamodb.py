"""A table of DynamoDB: reads of items by key, and writes of several items, all of them or none.

Nothing is retried here: whether a request may be sent again depends on what it means.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import SplitResult

from fraud_api_lambda.aws.attributes import decoded, encoded
from fraud_api_lambda.aws.client import AwsClient, json_request, suffix
from fraud_api_lambda.aws.connections import FAILURES
from fraud_api_lambda.aws.errors import ModelStoreError
from fraud_api_lambda.aws.refusals import refusal_of
from fraud_api_lambda.aws.table_errors import (
    THROTTLED,
    BusyError,
    LostError,
    TableError,
    cancelled,
)
from fraud_api_lambda.aws.transport import Answer

type Item = Mapping[str, str | int | bytes]
"""The attributes of an item by name."""

KEY: Final = "pk"

CONNECT_S: Final = 0.1
EXCHANGE_S: Final = 0.12
"""Limit of one exchange, a new connection included."""

MOST_READ: Final = 100
MOST_WRITTEN: Final = 100
"""Items of one request; DynamoDB allows no more."""

_MAX_ANSWER: Final = 2**24


@dataclass(frozen=True, slots=True)
class Put:
    """An item to write.

    Attributes
    ----------
    item : Item
        With its key.
    condition : str
        An expression that must hold of the stored item, if any.
    values : Item
        The values of the condition, by the names it gives them.
    is_shown : bool
        Whether the error of a condition that fails has the stored item.
    """

    item: Item
    condition: str
    values: Item
    is_shown: bool = False


class Query(NamedTuple):
    """Items of an index with a hash key, those with the largest range keys first.

    Attributes
    ----------
    of : str
        The index.
    name, value : str
        Of the hash key.
    limit : int
    after : Item or None
        Of an earlier page: its last key.
    """

    of: str
    name: str
    value: str
    limit: int
    after: Item | None


class Page(NamedTuple):
    """Some of the items of a query.

    Attributes
    ----------
    items : list of Item
        With the attributes of the index.
    last : Item or None
        The key after which the next part begins; None at the end.
    """

    items: Sequence[Item]
    last: Item | None


class Table:
    """A table.

    Parameters
    ----------
    name : str
    aws : AwsClient
    """

    def __init__(self, name: str, aws: AwsClient) -> None:
        self.name = name
        self._aws = aws

    def prepare(self) -> None:
        """Begin to connect."""
        with suppress(TableError):
            self._aws.connections.prepare(self._endpoint)

    @property
    def _endpoint(self) -> SplitResult:
        region = self._aws.region
        try:
            return self._aws.endpoint("dynamodb", f"dynamodb.{region}.{suffix(region)}")
        except ModelStoreError as error:
            raise TableError(str(error)) from error

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        """The items of those of at most `MOST_READ` different keys that exist, by key.

        Raises
        ------
        BusyError
            Also if DynamoDB answers a part of the keys.
        LostError, TableError
        """
        wanted = {"Keys": [encoded({KEY: key}) for key in keys], "ConsistentRead": consistent}
        content = {"RequestItems": {self.name: wanted}}
        answer = self._exchanged("BatchGetItem", content, deadline)
        with _readable():
            parsed = json.loads(answer.body)
            if parsed.get("UnprocessedKeys"):
                raise BusyError("BatchGetItem: some keys were not processed")
            items = [decoded(item) for item in parsed["Responses"].get(self.name, [])]
            return {str(item[KEY]): item for item in items}

    def find(self, key: str, *, deadline: float) -> Item | None:
        """The item of a key, as it is now; raises as `read` does."""
        content = {"TableName": self.name, "Key": encoded({KEY: key}), "ConsistentRead": True}
        answer = self._exchanged("GetItem", content, deadline)
        with _readable():
            found = json.loads(answer.body).get("Item")
            return None if found is None else decoded(found)

    def page(self, query: Query, *, deadline: float) -> Page:
        """Items of an index; it follows the table by some milliseconds. Raises as `read` does."""
        content: dict[str, object] = {
            "TableName": self.name,
            "IndexName": query.of,
            "KeyConditionExpression": f"{query.name} = :value",
            "ExpressionAttributeValues": encoded({":value": query.value}),
            "ScanIndexForward": False,
            "Limit": query.limit,
        }
        if query.after is not None:
            content["ExclusiveStartKey"] = encoded(query.after)
        answer = self._exchanged("Query", content, deadline)
        with _readable():
            parsed = json.loads(answer.body)
            last = parsed.get("LastEvaluatedKey")
            return Page([decoded(item) for item in parsed["Items"]], last and decoded(last))

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        """Write at most `MOST_WRITTEN` items with different keys, all of them or none.

        Raises
        ------
        CancelledError
            If a condition does not hold, or another transaction has one of the items in hand.
        BusyError, LostError, TableError
        """
        content = {"TransactItems": [{"Put": self._put(put)} for put in puts]}
        self._exchanged("TransactWriteItems", content, deadline)

    def _put(self, put: Put) -> dict[str, object]:
        content: dict[str, object] = {
            "TableName": self.name,
            "Item": encoded(put.item),
            "ConditionExpression": put.condition,
        }
        if put.is_shown:
            content["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if put.values:  # DynamoDB refuses an empty one
            content["ExpressionAttributeValues"] = encoded(put.values)
        return content

    def _exchanged(self, operation: str, content: Mapping[str, object], deadline: float) -> Answer:
        endpoint = self._endpoint
        request = json_request(endpoint, f"DynamoDB_20120810.{operation}", "1.0", content)
        try:
            answer = self._aws.exchange(
                "dynamodb",
                endpoint,
                request,
                limit=_MAX_ANSWER,
                deadline=deadline,
                connect_s=CONNECT_S,
            )
        except FAILURES as error:
            name = type(error).__name__
            is_slow = isinstance(error, TimeoutError)
            raise LostError(f"{operation}: {name}", is_slow=is_slow) from error
        if answer.status != 200:
            raise self._error(operation, answer)
        return answer

    def _error(self, operation: str, answer: Answer) -> TableError:
        refusal = refusal_of(answer, self._aws.region)
        text = f"{operation}: AWS says {refusal.code or refusal.status}"
        if refusal.status >= 500:
            return LostError(text, is_slow=False, refusal=refusal)
        if refusal.code in THROTTLED:
            return BusyError(text, refusal)
        if refusal.code == "TransactionCanceledException":
            with _readable():
                reasons = json.loads(answer.body).get("CancellationReasons", [])
                return cancelled(text, refusal, reasons)
        return TableError(text, refusal)


@contextmanager
def _readable() -> Iterator[None]:
    """Take an answer that does not have the form of DynamoDB's as none."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LostError("the answer cannot be read", is_slow=False) from error
