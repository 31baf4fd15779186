"""The digest of a day's records: the same until one of them is changed, removed or added."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from fraud_api_lambda.records.items import KEPT_S
from tests.aws import Aws
from training.memory.anchors import (
    Day,
    Leaf,
    anchor,
    begins_to_expire,
    days_of,
    digests,
    is_settled,
    key_of,
    leaf,
)
from training.registry.anchor_store import AnchorStore

NOON: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)
ITEMS: Final[list[dict[str, Any]]] = [
    {"pk": f"P#{number}", "t": round(NOON.timestamp() * 1_000) + number, "m": bytes([number] * 16)}
    for number in range(3)
]


def digest(*items: dict[str, Any]) -> Day:
    """The digest of the items' only day."""
    (found,) = digests(map(leaf, items)).values()
    return found


def test_a_digest_does_not_depend_on_the_order() -> None:
    assert digest(*ITEMS) == digest(*reversed(ITEMS))
    assert digest(*ITEMS).records == 3


def test_outcomes_and_erasing_leave_a_digest_as_it_is() -> None:
    erased = ITEMS[0] | {"o": "{}", "u": b"seal", "b": ITEMS[0]["m"], "m": b"another seal"}

    assert digest(erased, *ITEMS[1:]) == digest(*ITEMS)


@pytest.mark.parametrize(
    "changed",
    [
        ITEMS[:2],
        [*ITEMS, ITEMS[0] | {"pk": "P#9"}],
        [ITEMS[0] | {"m": b"another seal"}, *ITEMS[1:]],
        [ITEMS[0] | {"m": ITEMS[1]["m"]}, ITEMS[1] | {"m": ITEMS[0]["m"]}, ITEMS[2]],
    ],
    ids=["removed", "added", "changed", "swapped"],
)
def test_any_other_change_of_the_records_gives_another_digest(
    changed: list[dict[str, Any]],
) -> None:
    assert digest(*changed).digest != digest(*ITEMS).digest


def test_each_day_has_the_records_that_arrived_on_it_in_utc() -> None:
    midnight = round(datetime(2026, 11, 29, tzinfo=UTC).timestamp() * 1_000)
    late = [ITEMS[0] | {"t": midnight + shift} for shift in (-1, 0)]

    days = digests(map(leaf, [*ITEMS, *late]))

    assert {day: each.records for day, each in days.items()} == {"2026-11-28": 4, "2026-11-29": 1}


@pytest.mark.parametrize(
    "changes", [{"t": None}, {"t": "1"}, {"m": None}, {"m": "seal"}, {"t": 10**18}]
)
def test_an_item_without_arrival_or_seal_has_no_leaf(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not a record|no date"):
        leaf(ITEMS[0] | changes)


def test_a_day_is_settled_an_hour_after_its_end() -> None:
    end = datetime(2026, 11, 29, 1, tzinfo=UTC)

    assert is_settled("2026-11-28", end)
    assert not is_settled("2026-11-28", end - timedelta(seconds=1))


def test_a_day_begins_to_expire_with_its_first_record() -> None:
    assert begins_to_expire("2026-11-28") == datetime(2026, 11, 28, tzinfo=UTC) + timedelta(
        seconds=KEPT_S
    )


def test_an_anchor_can_be_read_again() -> None:
    days = digests(map(leaf, ITEMS))

    written = anchor("fraud-api-prod", NOON, days)

    assert days_of(written) == days
    assert json.loads(written)["as_of"] == "2026-11-28T12:00:00+00:00"
    assert key_of("fraud-api-prod", NOON) == "anchors/fraud-api-prod/2026-11-28.json"


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"days": {"x": {}}}', b'{"days": {"x": 1}}'])
def test_something_else_is_no_anchor(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an anchor"):
        days_of(data)


def test_an_anchor_is_written_once(aws: Aws) -> None:
    store = AnchorStore(aws.bucket)

    assert store.add("anchors/t/2026-11-28.json", b"first")
    assert not store.add("anchors/t/2026-11-28.json", b"second")
    assert store.add("anchors/t/2026-11-29.json", b"next")
    assert store.add("anchors/other/2026-11-29.json", b"of another table")

    assert list(store.all("anchors/t/")) == [
        ("anchors/t/2026-11-28.json", b"first"),
        ("anchors/t/2026-11-29.json", b"next"),
    ]


def test_leaves_of_equal_seals_of_other_records_differ() -> None:
    assert leaf(ITEMS[0]) != leaf(ITEMS[0] | {"pk": "P#7"})
    assert isinstance(leaf(ITEMS[0]), Leaf)
