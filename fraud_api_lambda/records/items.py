"""The items of the table: records of decisions and states of accounts, sealed. Pure.

Attributes of a record: t arrival in milliseconds, f facts, e keyed ids of the accounts, d digest of
the body, h histories, c versions of the accounts, a answer, v model, n format, m seal, x expiry.
Attributes of a state: s the state, m, x.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.history.view import NEVER_SEEN, History
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.keys import Keys

type Item = Mapping[str, str | int | bytes]

FORMAT: Final = 1

KEPT_S: Final = 400 * 86_400
"""Seconds from a payment's arrival until its items expire; DynamoDB deletes them days later."""

RECORD: Final = "P#"
STATE: Final = "A#"
BASE: Final = "B#"
"""Beginnings of keys: a record, a state, and the state with which an account began."""

SEALED: Final = ("pk", "t", "f", "e", "d", "h", "c", "a", "v", "n", "s", "x")
"""The attributes under a seal; those that an item lacks are empty."""


class Version(NamedTuple):
    """The version of an account that a payment saw.

    Attributes
    ----------
    since, seq : int
        As of `Account`.
    moved : bool
        Whether the payment made the next version.
    """

    since: int
    seq: int
    moved: bool


class Record(NamedTuple):
    """A decision.

    Attributes
    ----------
    prediction_id : str
    arrived : int
        Milliseconds since the epoch.
    facts : str
        JSON, without ids.
    accounts : sequence of str or None
        Keyed ids, by the names of `accounts_of`.
    digest : bytes
        Keyed, of the body.
    histories : sequence of History or None
        What the payment saw of each account; None if the table could not be read.
    versions : sequence of Version or None
        Of each account; empty without histories.
    answer : str
        As sent.
    model_version : str
    """

    prediction_id: str
    arrived: int
    facts: str
    accounts: Sequence[str | None]
    digest: bytes
    histories: Sequence[History] | None
    versions: Sequence[Version | None]
    answer: str
    model_version: str

    def item(self, keys: Keys) -> Item:
        """The item of the table, sealed."""
        unsealed: dict[str, str | int | bytes] = {
            "pk": RECORD + self.prediction_id,
            "t": self.arrived,
            "f": self.facts,
            "e": _json(self.accounts),
            "d": self.digest,
            "h": _json(None if self.histories is None else [*map(_numbers, self.histories)]),
            "c": _json(self.versions),
            "a": self.answer,
            "v": self.model_version,
            "n": FORMAT,
            "x": expiry(self.arrived),
        }
        return unsealed | {"m": seal(unsealed, keys)}

    @classmethod
    def of(cls, item: Item) -> "Record":
        """The record of an item; its seal is not checked.

        Raises
        ------
        ValueError
            If the item is not a record of this format.
        """
        try:
            return cls._read(item)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ValueError("the item is not a record") from error

    @classmethod
    def _read(cls, item: Item) -> "Record":
        if item["n"] != FORMAT:
            raise ValueError("another format")
        histories = json.loads(_text(item["h"]))
        versions = json.loads(_text(item["c"]))
        return cls(
            prediction_id=_text(item["pk"]).removeprefix(RECORD),
            arrived=int(item["t"]),
            facts=_text(item["f"]),
            accounts=json.loads(_text(item["e"])),
            digest=_bytes(item["d"]),
            histories=None if histories is None else [*map(_history, histories)],
            versions=[_version(each) for each in versions],
            answer=_text(item["a"]),
            model_version=_text(item["v"]),
        )


def state_item(key: str, account: Account, arrived: int, keys: Keys) -> Item:
    """The item of an account's state.

    Parameters
    ----------
    key : str
        With its beginning.
    account : Account
    arrived : int
        Of the payment that moved it, in milliseconds since the epoch.
    keys : Keys
    """
    unsealed: dict[str, str | int | bytes] = {
        "pk": key,
        "s": account.pack(),
        "x": expiry(arrived),
    }
    return unsealed | {"m": seal(unsealed, keys)}


def seal(item: Item, keys: Keys) -> bytes:
    """The seal of an item's attributes."""
    return keys.seal("item", (_part(item.get(name, "")) for name in SEALED))


def is_sealed(item: Item, keys: Keys) -> bool:
    """Whether an item is as it was sealed."""
    return item.get("m") == seal(item, keys)


def expiry(arrived: int) -> int:
    """When an item expires, in seconds since the epoch."""
    return arrived // 1_000 + KEPT_S


def has_expired(item: Item, now: int) -> bool:
    """Whether an item has expired, `now` in milliseconds, though it may still be stored."""
    return int(item.get("x", 0)) < now // 1_000


_json: Final = json.JSONEncoder(separators=(",", ":")).encode


def _numbers(history: History) -> list[int] | None:
    return None if history == NEVER_SEEN else [*map(int, history)]


def _history(numbers: Sequence[int] | None) -> History:
    if numbers is None:
        return NEVER_SEEN
    read = History(*numbers)
    return read._replace(seen=bool(read.seen), new_partner=bool(read.new_partner))


def _version(numbers: Sequence[int] | None) -> Version | None:
    return None if numbers is None else Version(numbers[0], numbers[1], bool(numbers[2]))


def _part(value: str | int | bytes) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _text(value: str | int | bytes) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _bytes(value: str | int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("not bytes")
    return value
