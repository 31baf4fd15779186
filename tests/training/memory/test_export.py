"""The log as a file: which records are in it, with which labels, and what is said of the others."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest

from fraud_api_lambda.aws.table_errors import BusyError
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.records.items import ERASED, RECORD
from fraud_api_lambda.records.seals import seal
from tests.api.cards import PLAN as CARDS
from tests.api.cards import card_payment
from tests.bundles import EMPTIED, PURCHASE, bundle_of, make_bundle
from tests.records.support import KEYS
from tests.training.memory.played import AS_OF_S, InProcess, Played, Published, exported
from training.errors import CommandError, InputError
from training.memory.exporting import parts
from training.memory.exporting.result import Exported
from training.memory.exporting.wanted import time_of
from training.registry.table_items import Page

BUNDLE: Final = make_bundle()
"""A model that blocks payments that empty an account, and approves purchases."""

OTHER: Final = bundle_of(CARDS, [card_payment(), card_payment(amt=900.0)])

type Item = dict[str, Any]


@pytest.fixture
def played() -> Played:
    return Played(BUNDLE)


@pytest.fixture(scope="module")
def many() -> Played:
    """An API that 130 payments were sent to."""
    played = Played(BUNDLE)
    purchases(played, 130)
    return played


def purchases(played: Played, number: int) -> None:
    for each in range(number):
        played.now += 60
        played.post(**PURCHASE | {"step": 1 + each * 7 % 5})


def table_of(played: Played) -> InProcess:
    return InProcess(played.memory.table.items, page=5)


def told(played: Played, out: Path, *, as_of: float = AS_OF_S) -> Exported:
    return exported(table_of(played), Published(BUNDLE, OTHER), out, as_of=as_of)


def change(played: Played, prediction_id: str, **attributes: Any) -> None:
    """Write a record with other attributes, and a right seal."""
    key = RECORD + prediction_id
    items = played.memory.table.items
    unsealed = {**items[key], **attributes}
    unsealed.pop("m")
    items[key] = unsealed | {"m": seal(unsealed, KEYS)}


def erase(played: Played, prediction_id: str) -> None:
    item = played.memory.table.items[RECORD + prediction_id]
    change(played, prediction_id, e=json.dumps([ERASED + "x", None, None]), b=item["m"])


def damage(played: Played, prediction_id: str) -> None:
    items = played.memory.table.items
    item = items[RECORD + prediction_id]
    items[RECORD + prediction_id] = {**item, "f": str(item["f"]).replace("20.0", "20.5")}


def test_every_record_is_in_the_file_or_counted_with_the_reason(
    played: Played, tmp_path: Path
) -> None:
    genuine = played.post(**PURCHASE)
    refunded = played.post(**PURCHASE, transaction_id="refunded")
    played.tell("refunded")
    cleared = played.post(**EMPTIED, transaction_id="cleared")
    played.tell("cleared", "genuine")
    played.post(**EMPTIED)
    played.memory.table.troubles.reads = [BusyError("simulated"), BusyError("simulated")]
    played.post(**PURCHASE)
    erase(played, played.post(**PURCHASE))
    damage(played, played.post(**PURCHASE))
    played.memory.table.items["P#nothing"] = {"pk": "P#nothing"}
    change(played, played.post(**PURCHASE), v="0" * 16)
    change(played, played.post(**PURCHASE), v=version_of(OTHER))
    change(played, played.post(**PURCHASE), x=1)
    played.now = AS_OF_S - 60 * 86_400 + 1
    played.post(**PURCHASE)

    done = told(played, tmp_path / "log.parquet")

    rows = pd.read_parquet(tmp_path / "log.parquet").set_index("log:prediction_id")
    assert rows["isFraud"].to_dict() == {genuine: 0, refunded: 1, cleared: 0}
    assert {str(reason): number for reason, number in done.left_out.items()} == {
        "unreadable": 2,
        "expired": 1,
        "not matured": 1,
        "erased": 1,
        "model gone": 1,
        "other schema": 1,
        "no history": 1,
        "blocked": 1,
    }
    assert done.rows == (3, 1, 1)
    lines = "\n".join(done.lines())
    assert "3 payments as of 2026-04-11, 1 of them frauds" in lines
    assert "1 of them have no outcome and count as genuine: nobody reported them within 60" in lines
    assert "left out: 1 blocked: they were blocked and no outcome came, so nobody knows" in lines


def test_a_label_is_the_one_that_was_known_then(played: Played, tmp_path: Path) -> None:
    for name in ("early", "late"):
        played.post(**PURCHASE, transaction_id=name)
    played.now = AS_OF_S
    played.tell("early")
    played.now = AS_OF_S + 1
    played.tell("late")

    told(played, tmp_path / "log.parquet")

    assert sorted(pd.read_parquet(tmp_path / "log.parquet")["isFraud"]) == [0, 1]


def test_of_conflicting_outcomes_the_strongest_source_says_the_label(
    played: Played, tmp_path: Path
) -> None:
    played.post(**PURCHASE, transaction_id="t")
    played.tell("t", "genuine")
    played.tell("t", "fraud", source="analyst")

    told(played, tmp_path / "log.parquet")

    assert pd.read_parquet(tmp_path / "log.parquet")["isFraud"].tolist() == [0]


def test_rows_are_in_the_order_of_payments_then_of_arrivals(played: Played, tmp_path: Path) -> None:
    for amount, step in ((1.0, 30), (2.0, 10), (3.0, 20), (4.0, 10), (5.0, 10)):
        played.now += 1
        played.post(**PURCHASE | {"amount": amount, "step": step})

    told(played, tmp_path / "log.parquet")

    assert pd.read_parquet(tmp_path / "log.parquet")["amount"].tolist() == [2.0, 4.0, 5.0, 3.0, 1.0]


def test_more_rows_than_are_sorted_at_once_are_in_order_too(
    many: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(many, tmp_path / "whole.parquet")
    monkeypatch.setattr("training.memory.exporting.whole.AT_ONCE", 4)

    told(many, tmp_path / "log.parquet")

    whole, log = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("whole", "log"))
    assert log.equals(whole)
    assert log["step"].is_monotonic_increasing


class Interrupted(InProcess):
    """A table that fails after some pages."""

    def __init__(self, played: Played, pages: int) -> None:
        super().__init__(played.memory.table.items, page=5)
        self._left = pages

    def page(self, *wanted: Any) -> Page:
        self._left -= 1
        if self._left < 0:
            raise CommandError("the network is gone")
        return super().page(*wanted)


@pytest.mark.parametrize("pages", [1, 20])
def test_an_interrupted_export_goes_on_and_ends_as_an_uninterrupted_one(
    many: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    monkeypatch.setattr(parts, "ITEMS", 10)
    whole = table_of(many)
    expected = exported(whole, Published(BUNDLE), tmp_path / "whole.parquet")
    out = tmp_path / "log.parquet"

    with pytest.raises(CommandError, match="network"):
        exported(Interrupted(many, pages), Published(BUNDLE), out)
    assert not out.exists()
    again = table_of(many)
    done = exported(again, Published(BUNDLE), out)

    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert list(done.lines())[:-1] == list(expected.lines())[:-1]
    assert (again.pages < whole.pages) == (pages == 20)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_export_as_of_another_day_does_not_go_on_with_the_parts_of_the_first(
    many: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ITEMS", 5)
    with pytest.raises(CommandError):
        exported(Interrupted(many, 20), Published(BUNDLE), tmp_path / "log.parquet")
    again = table_of(many)

    exported(again, Published(BUNDLE), tmp_path / "log.parquet", as_of=AS_OF_S + 86_400)

    assert len(pd.read_parquet(tmp_path / "log.parquet")) == 130
    assert again.pages >= 130 / 5


def test_without_a_row_no_file_is_written_and_the_reasons_are_said(
    played: Played, tmp_path: Path
) -> None:
    played.post(**PURCHASE)
    played.post(**EMPTIED)

    with pytest.raises(InputError, match=r"as no payment is left\nleft out: 2 not matured"):
        told(played, tmp_path / "log.parquet", as_of=played.now)

    assert not list(tmp_path.iterdir())


def test_without_a_served_model_nobody_says_what_the_columns_are(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.memory.exporting.models.pointer_of", lambda _: None)

    with pytest.raises(InputError, match="no model is served yet"):
        told(played, tmp_path / "log.parquet")


def test_the_anchor_covers_every_record_of_days_that_are_over(
    played: Played, tmp_path: Path
) -> None:
    registry, start = Published(BUNDLE), played.now
    erase(played, played.post(**PURCHASE))
    played.post(**EMPTIED)
    for day, number in ((1, 3), (99, 2), (100, 1)):
        played.now = start + day * 86_400
        purchases(played, number)
    played.now = start

    done = exported(table_of(played), registry, tmp_path / "log.parquet")
    again = exported(table_of(played), registry, tmp_path / "log.parquet")

    ((key, anchor),) = registry.anchors.items()
    assert key == "anchors/fraud-table/2026-04-11.json"
    days = json.loads(anchor)["days"]
    assert {day: each["records"] for day, each in days.items()} == {
        "2026-01-01": 2,
        "2026-01-02": 3,
    }
    assert str(done.anchored) == f"s3://models/{key}: written, the digests of 2 days of records"
    assert str(again.anchored) == f"s3://models/{key}: was there already and stays as it is"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "2026-11-28T00:00:00+00:00"),
        ("2026-11-27", "2026-11-27T00:00:00+00:00"),
        ("2026-11-28T01:30:00+01:00", "2026-11-28T00:30:00+00:00"),
    ],
)
def test_the_time_is_a_midnight_in_utc_or_as_it_is_written(text: str | None, expected: str) -> None:
    now = datetime(2026, 11, 28, 15, tzinfo=UTC).timestamp()

    assert time_of(text, now).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "words"), [("yesterday", "write a date such as 2026-11-28"), ("2026-11-29", "future")]
)
def test_a_time_that_is_none_or_to_come_is_refused(text: str, words: str) -> None:
    now = datetime(2026, 11, 28, 15, tzinfo=UTC).timestamp()

    with pytest.raises(InputError, match=words):
        time_of(text, now)
