"""The items of the table: records of decisions and states of accounts, sealed. Pure.

Attributes of a record: t arrival in milliseconds, f facts, e keyed ids of the accounts, d digest of
the body, h histories, c versions of the accounts, a answer, v model, n format, m seal, x expiry,
k time and amount, g the grounds of a review; those that come later are in `outcomes`.
Attributes of a state: s the state, r the latest predictions that moved it, m, x.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Final, NamedTuple
from uuid import UUID

from fraud_api_lambda.history.view import NEVER_SEEN, History
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.seals import seal

type Item = Mapping[str, str | int | bytes]

FORMAT: Final = 1

KEPT_S: Final = 400 * 86_400
"""Seconds from a payment's arrival until its items expire; DynamoDB deletes them days later."""

RECORD: Final = "P#"
STATE: Final = "A#"
BASE: Final = "B#"
"""Beginnings of keys: a record, a state, and the state with which an account began."""

ERASED: Final = "~"
"""Beginning of what stands in the place of an erased account's keyed id."""


MOST_PREDICTIONS: Final = 8
"""Of an account, whose ids its state has."""

_ID_BYTES: Final = 16


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
    time : int
        Of the payment, in seconds as the histories count it.
    amount : float
        As it was sent.
    grounds : str
        JSON: what an analyst needs to know; empty unless the payment is for review.
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
    time: int
    amount: float
    grounds: str = ""

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
            "k": _json([self.time, self.amount]),
        }
        if self.grounds:
            unsealed["g"] = self.grounds
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
        time, amount = json.loads(_text(item["k"]))
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
            time=int(time),
            amount=float(amount),
            grounds=_text(item.get("g", "")),
        )


def state_item(
    key: str, account: Account, expires: int, keys: Keys, predictions: bytes = b""
) -> Item:
    """The item of an account's state.

    Parameters
    ----------
    key : str
        With its beginning.
    account : Account
    expires : int
        In seconds since the epoch; see `expiry`.
    keys : Keys
    predictions : bytes
        The ids of the latest predictions that moved it, as `with_prediction` makes them.
    """
    unsealed: dict[str, str | int | bytes] = {"pk": key, "s": account.pack(), "x": expires}
    if predictions:
        unsealed["r"] = predictions
    return unsealed | {"m": seal(unsealed, keys)}


def with_prediction(predictions: bytes, prediction_id: str) -> bytes:
    """The ids of the latest predictions with one more; the oldest goes if there are too many."""
    return (predictions + UUID(prediction_id).bytes)[-MOST_PREDICTIONS * _ID_BYTES :]


def predictions_of(item: Item) -> list[str]:
    """The ids of the latest predictions that moved a state, oldest first."""
    packed = _bytes(item.get("r", b""))
    return [str(UUID(bytes=bytes(part))) for part in batched(packed, _ID_BYTES, strict=True)]


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


def _text(value: str | int | bytes) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _bytes(value: str | int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("not bytes")
    return value
