"""The table of the memory, read as a whole or filled: by boto3, with the caller's credentials."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

from botocore.exceptions import ClientError

from fraud_api_lambda.aws.dynamodb import KEY, MOST_READ
from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError
from fraud_api_lambda.aws.table_errors import EXISTS
from fraud_api_lambda.records.items import STATE, Item
from fraud_api_lambda.records.keys import Keys
from training.errors import CommandError, InputError
from training.registry.boto import client, explained
from training.registry.table_items import Page, decoded, encoded, scan_request

ATTEMPTS: Final = 8
"""boto3's, with growing pauses: a table that was idle takes minutes to grow with its load."""

ROUNDS: Final = 8
"""Transactions or reads without progress, before a command gives up."""

PAUSE_S: Final = 0.05
"""The pause after the first of them, doubled after each, times 0.5 to 1.5."""

_PASSES: Final = frozenset({"None", EXISTS})


class MemoryTable:
    """A table of the memory, with the secret of its ids and seals.

    Parameters
    ----------
    name : str
    secret_parameter : str
    """

    def __init__(self, name: str, secret_parameter: str) -> None:
        self.name, self.secret_parameter = name, secret_parameter

    @cached_property
    def _dynamodb(self) -> Any:
        return client("dynamodb", attempts=ATTEMPTS)

    def keys(self) -> Keys:
        """The keys of the secret.

        Raises
        ------
        InputError
            If there is no such secret, or it is not one.
        CommandError
            If AWS refuses.
        """
        name = self.secret_parameter
        try:
            with _as_command(), explained(f"reading the secret {name}"):
                answer = client("ssm").get_parameter(Name=name, WithDecryption=True)
        except NotFoundError as error:
            raise InputError(
                f"no secret {name} in this account and region; `make bootstrap` makes it: name "
                "it with --secret-parameter"
            ) from error
        try:
            return Keys.of_text(answer["Parameter"]["Value"])
        except ValueError:
            # Not `from error`: nothing of a secret may be shown.
            raise InputError(f"{name}: not a secret that `make bootstrap` made") from None

    def require(self) -> None:
        """Raise `InputError` if there is no such table, and `CommandError` if AWS refuses."""
        self.find([STATE])

    def items(self, *beginnings: str) -> Iterator[list[Item]]:
        """Yield the items whose keys begin so, page by page, as they are now.

        Raises
        ------
        InputError
            If there is no such table.
        CommandError
            If AWS refuses.
        """
        names = [f":b{number}" for number in range(len(beginnings))]
        request = {
            "TableName": self.name,
            "ConsistentRead": True,
            "FilterExpression": " OR ".join(f"begins_with({KEY}, {name})" for name in names),
            "ExpressionAttributeValues": {
                name: {"S": each} for name, each in zip(names, beginnings, strict=True)
            },
        }
        with self._explained("reading"):
            for page in self._dynamodb.get_paginator("scan").paginate(**request):
                yield [decoded(item) for item in page["Items"]]

    def page(
        self,
        beginning: str,
        segment: tuple[int, int],
        after: str = "",
        arrived: tuple[int, int] | None = None,
    ) -> Page:
        """A page of the items whose keys begin so; raises as `items` does.

        What was written in the last second may be missing: such reads cost half.

        Parameters
        ----------
        beginning : str
        segment : tuple of int
            The number of a segment, from 0, and how many there are; each may have its thread.
        after : str
            The key after which the page begins; empty for the first page of the segment.
        arrived : tuple of int, optional
            The first and last arrival of the records that are wanted, in milliseconds.
        """
        request = scan_request(self.name, beginning, segment, after, arrived)
        with self._explained("reading"):
            return Page.of(self._dynamodb.scan(**request))

    def find(self, keys: Sequence[str]) -> dict[str, Item]:
        """The items of some keys, as they are now; raises as `items` does."""
        found: dict[str, Item] = {}
        for start in range(0, len(keys), MOST_READ):
            found |= self._found(keys[start : start + MOST_READ])
        return found

    def _found(self, keys: Sequence[str]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        left = {self.name: {"Keys": [{KEY: {"S": key}} for key in keys], "ConsistentRead": True}}
        for pause in pauses():
            with self._explained("reading"):
                answer = self._dynamodb.batch_get_item(RequestItems=left)
            read = [decoded(item) for item in answer["Responses"].get(self.name, [])]
            found |= {str(item[KEY]): item for item in read}
            left = answer.get("UnprocessedKeys")
            if not left:
                return found
            time.sleep(pause)
        raise CommandError(f"reading the table {self.name}: it is busy; try again later")

    def add(self, groups: Sequence[Sequence[Item]]) -> int:
        """Write groups of items, each as a whole if none of its items exists; return how many.

        All of them together are at most 100 items, DynamoDB's limit.

        Raises
        ------
        InputError
            If there is no such table.
        CommandError
            If AWS refuses.
        """
        left, waits = list(groups), pauses()
        while left:
            reasons = self._refusal([item for group in left for item in group])
            if reasons is None:
                return len(left)
            free = [group for group, codes in _by_group(left, reasons) if EXISTS not in codes]
            if len(free) == len(left) or not set(reasons) <= _PASSES:
                self._wait(waits)
            left = free
        return 0

    def _wait(self, waits: Iterator[float]) -> None:
        pause = next(waits, None)
        if pause is None:
            raise CommandError(f"writing the table {self.name}: it is busy; try again later")
        time.sleep(pause)

    def _refusal(self, items: Sequence[Item]) -> list[str] | None:
        """Write items that must not exist; the reason for each if that is refused."""
        puts = [
            {"TableName": self.name, "Item": encoded(item), "ConditionExpression": _ABSENT}
            for item in items
        ]
        with self._explained("writing"):
            try:
                self._dynamodb.transact_write_items(TransactItems=[{"Put": put} for put in puts])
            except ClientError as error:
                reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
                if not reasons:
                    raise
                return [reason.get("Code", "None") for reason in reasons]
        return None

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            with _as_command(), explained(f"{what} the table {self.name}"):
                yield
        except NotFoundError as error:
            raise InputError(
                f"no table {self.name} in this account and region; `make bootstrap` makes "
                "fraud-api-dev and fraud-api-prod: name one with --table"
            ) from error


_ABSENT: Final = f"attribute_not_exists({KEY})"


@contextmanager
def _as_command() -> Iterator[None]:
    try:
        yield
    except NotFoundError:
        raise
    except ModelStoreError as error:
        raise CommandError(
            f"{error}; check your credentials, their rights and the region (AWS_DEFAULT_REGION)"
        ) from error


def pauses() -> Iterator[float]:
    """The seconds to wait after each of `ROUNDS` requests without progress."""
    return (PAUSE_S * 2**turn * random.uniform(0.5, 1.5) for turn in range(ROUNDS))  # noqa: S311  # no secret


def _by_group(
    groups: Sequence[Sequence[Item]], reasons: Sequence[str]
) -> Iterator[tuple[Sequence[Item], set[str]]]:
    rest = iter(reasons)
    for group in groups:
        yield group, {next(rest) for _ in group}
