"""Anchors: digests of the records of each day, kept outside the table. Pure.

All seals stay right if a whole account is put back to an earlier day, or if a record that counts
nowhere is removed. The digest of that day does not.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from fraud_api_lambda.records.items import Item, expiry

PREFIX: Final = "anchors/"

SETTLED: Final = timedelta(hours=1)
"""Wait after the end of a day: by then all its records are written."""

LEAF_BYTES: Final = 32


class Day(NamedTuple):
    """The records of a day.

    Attributes
    ----------
    records : int
    digest : str
        In hexadecimal digits.
    """

    records: int
    digest: str


class Leaf(NamedTuple):
    """A record in the digest of a day.

    Attributes
    ----------
    day : str
        Of its arrival in UTC, such as 2026-11-28.
    digest : bytes
    """

    day: str
    digest: bytes


def leaf(item: Item) -> Leaf:
    """The leaf of a record's item, which stays the same when outcomes come or it is erased.

    Raises
    ------
    ValueError
        If it has no arrival or no seal.
    """
    match item.get("t"), item.get("b", item.get("m")):
        case int(arrived), bytes(first_seal):
            sealed = str(item["pk"]).encode() + b"\0" + first_seal
            return Leaf(day_of(arrived), sha256(sealed).digest())
    raise ValueError("the item is not a record")


def day_of(arrived: int) -> str:
    """The day of an arrival in milliseconds since the epoch."""
    try:
        return str(datetime.fromtimestamp(arrived // 1_000, UTC).date())
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("the arrival has no date") from error


def digests(leaves: Iterable[Leaf]) -> dict[str, Day]:
    """The records of each day, in the order of days."""
    by_day: dict[str, list[bytes]] = {}
    for each in leaves:
        by_day.setdefault(each.day, []).append(each.digest)
    return {day: digest_of(found) for day, found in sorted(by_day.items())}


def digest_of(leaves: Iterable[bytes]) -> Day:
    """The records of one day, from the digests of its leaves in any order."""
    ordered = sorted(leaves)
    return Day(len(ordered), sha256(b"".join(ordered)).hexdigest())


def is_settled(day: str, as_of: datetime) -> bool:
    """Whether all records of a day were there at a time."""
    return _start(day) + timedelta(days=1) + SETTLED <= as_of


def begins_to_expire(day: str) -> datetime:
    """When the first records of a day may be deleted."""
    return datetime.fromtimestamp(expiry(round(_start(day).timestamp() * 1_000)), UTC)


def key_of(table: str, as_of: datetime) -> str:
    """The key of an anchor in the bucket."""
    return f"{PREFIX}{table}/{as_of.astimezone(UTC).date()}.json"


def anchor(table: str, as_of: datetime, days: Mapping[str, Day]) -> bytes:
    """An anchor as it is written to the bucket."""
    content = {
        "table": table,
        "as_of": as_of.astimezone(UTC).isoformat(),
        "days": {day: each._asdict() for day, each in days.items()},
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def days_of(data: bytes) -> dict[str, Day]:
    """The days of an anchor.

    Raises
    ------
    ValueError
        If it is not one.
    """
    try:
        days = json.loads(data)["days"]
        found = {
            str(day): Day(int(each["records"]), str(each["digest"])) for day, each in days.items()
        }
        for day in found:
            _start(day)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError("not an anchor") from error
    return found


def _start(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
