"""The doctor's checks of the memory of payments: its table and its secret."""

import json
from collections.abc import Iterator
from typing import Any, Final

from bootstrap import memory
from bootstrap.site import Site, UnhealthyError

OFF: Final = "Memory=off: no payment is stored"
MADE: Final = "make bootstrap makes it"

KEY: Final = [{"KeyType": "HASH", "AttributeName": "pk"}]
KEY_TYPE: Final = {"AttributeType": "S", "AttributeName": "pk"}
EXPIRES: Final = "x"
"""The attribute with the time after which DynamoDB deletes an item."""

INDEX: Final = "reviews"
INDEX_KEY: Final = [
    {"KeyType": "HASH", "AttributeName": "q"},
    {"KeyType": "RANGE", "AttributeName": "l"},
]
"""The index of the payments to review; only a payment with both attributes is in it."""

OTHER_TABLE: Final = (
    "it is none of this project's: deploy with Memory=off, and find out whose it is"
)
PROTECT: Final = "aws dynamodb update-table --table-name {name} --deletion-protection-enabled"
EXPIRE: Final = (
    "aws dynamodb update-time-to-live --table-name {name} "
    f"--time-to-live-specification Enabled=true,AttributeName={EXPIRES}"
)
BACK_UP: Final = (
    "aws dynamodb update-continuous-backups --table-name {name} "
    "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
)

ADD_INDEX: Final = (
    "aws dynamodb update-table --table-name {name} "
    "--attribute-definitions AttributeName=q,AttributeType=S AttributeName=l,AttributeType=S "
    "--global-secondary-index-updates '{updates}'"
)

type Fault = tuple[str, str]
"""A fault of the table, and its remedy."""


def table_ready(site: Site) -> str:
    """The table can be written, expires its items, and is protected from loss."""
    if not memory.is_on(site.stack.parameters):
        return OFF
    name = site.stack.name
    table = memory.find_table(site.account, name)
    if table is None:
        restore = "if it held payments, restore it first: see docs/operate.md"
        raise UnhealthyError(f"there is no table {name}", f"{MADE}; {restore}")
    if faults := [*_faults(site, name, table)]:
        whats, remedies = zip(*faults, strict=True)
        raise UnhealthyError(f"the table {name}: {', '.join(whats)}", "; ".join(remedies))
    return f"{name}, {table['ItemCount']:,} items when DynamoDB last counted"


def _faults(site: Site, name: str, table: dict[str, Any]) -> Iterator[Fault]:
    if table["TableStatus"] not in ("ACTIVE", "UPDATING"):
        yield f"it is {table['TableStatus']}", "wait until it is ACTIVE, then run this again"
    if table["KeySchema"] != KEY or KEY_TYPE not in table["AttributeDefinitions"]:
        yield "its key is not pk, a string", OTHER_TABLE
    if not table.get("DeletionProtectionEnabled"):
        yield "no deletion protection", PROTECT.format(name=name)
    if not _expires(site, name):
        yield f"no time to live on {EXPIRES}", EXPIRE.format(name=name)
    if not _is_backed_up(site, name):
        yield "no point-in-time recovery", BACK_UP.format(name=name)
    yield from _index_faults(name, table)


def _index_faults(name: str, table: dict[str, Any]) -> Iterator[Fault]:
    """DynamoDB restores a table without an index if it is asked to."""
    indexes = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}
    found = indexes.get(INDEX)
    if found is None:
        yield f"no index {INDEX}", add_index(name)
    elif found["KeySchema"] != INDEX_KEY:
        yield f"the index {INDEX} has another key", OTHER_TABLE
    elif found.get("IndexStatus", "ACTIVE") not in ("ACTIVE", "UPDATING"):
        yield f"its index is {found['IndexStatus']}", "wait until it is ACTIVE"


def add_index(name: str) -> str:
    """The command that makes the index of a table."""
    projection = {"ProjectionType": "KEYS_ONLY"}
    index = {"IndexName": INDEX, "KeySchema": INDEX_KEY, "Projection": projection}
    return ADD_INDEX.format(name=name, updates=json.dumps([{"Create": index}]))


def _expires(site: Site, name: str) -> bool:
    found = site.account.read("dynamodb", "DescribeTimeToLive", TableName=name)
    limit = found["TimeToLiveDescription"]
    is_on = str(limit["TimeToLiveStatus"]) in ("ENABLED", "ENABLING")
    return is_on and str(limit.get("AttributeName")) == EXPIRES


def _is_backed_up(site: Site, name: str) -> bool:
    found = site.account.read("dynamodb", "DescribeContinuousBackups", TableName=name)
    backups = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    return str(backups.get("PointInTimeRecoveryStatus")) == "ENABLED"


def secret_kept(site: Site) -> str:
    """The secret is there, encrypted. Its value is not read."""
    if not memory.is_on(site.stack.parameters):
        return OFF
    name = site.stack.parameters["SecretParameter"]
    kind = memory.secret_type(site.account, name)
    if kind is None:
        raise UnhealthyError(
            f"there is no parameter {name}",
            f"put your copy back; without one, and with an empty table, {MADE}",
        )
    if kind != memory.SECURE:
        raise UnhealthyError(
            f"{name} is a {kind}, so anyone who may list parameters can read it",
            f"delete it and put the same value back as a {memory.SECURE}",
        )
    return f"{name}, a {kind}"
