"""Payments sent to the API in order, each label as an outcome once it is known; their export."""

import heapq
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer, key_of
from fraud_api_lambda.records.items import Item
from fraud_api_lambda.records.keys import Keys
from tests.bundles import POLICY, make_history_bundle
from tests.records.support import KEYS, Memory
from training.memory.exporting.export import export
from training.memory.exporting.result import Exported
from training.memory.exporting.wanted import Wanted
from training.registry.anchor_store import AnchorStore
from training.registry.store import Registry
from training.registry.table import MemoryTable
from training.registry.table_items import Page

START_S: Final = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
"""When the counts of files begin."""

HOUR_S: Final = 3_600
DELAY_S: Final = 86_400

AS_OF_S: Final = START_S + 100 * 86_400
"""When all payments have matured."""


APPROVES: Final = make_history_bundle(policy=replace(POLICY, block_fixed=1e15).as_dict())
"""A model that blocks nothing."""

SENT: Final = ["step", "type", "amount", "nameOrig", "nameDest", "oldbalanceOrg", "oldbalanceDest"]


class Played:
    """The API with a memory, whose clock shows the times of the payments.

    Parameters
    ----------
    data : bytes
        The bundle.
    """

    def __init__(self, data: bytes) -> None:
        self.now = float(START_S)
        self.memory = Memory(data=data, now=lambda: self.now)
        self._waiting: list[tuple[int, str]] = []

    def play(self, frame: pd.DataFrame) -> None:
        """Send the payments of PaySim's columns, and the label of each fraud when it is known."""
        for number, row in enumerate(frame.to_dict("records")):
            seconds = row["step"] * HOUR_S
            self._tell(seconds)
            self._at(seconds + number / 1_000)
            self.post(transaction_id=f"t{number}", **{name: row[name] for name in SENT})
            if row["isFraud"]:
                told = row["label_time"]
                known_at = seconds + DELAY_S if pd.isna(told) else int(told) * HOUR_S
                heapq.heappush(self._waiting, (known_at, f"t{number}"))
        self._tell(10**9)

    def post(self, **body: Any) -> str:
        """Send a payment; return the id of its prediction."""
        return str(self._post("/predict", body)["prediction_id"])

    def tell(self, transaction_id: str, label: str = "fraud", source: str = "chargeback") -> None:
        """Send an outcome."""
        outcome = {
            "transaction_id": transaction_id,
            "label": label,
            "source": source,
            "at": datetime.fromtimestamp(self.now, UTC).isoformat(),
        }
        (result,) = self._post("/outcomes", {"outcomes": [outcome]})["results"]
        assert "problem" not in result, result

    def _tell(self, seconds: int) -> None:
        while self._waiting and self._waiting[0][0] < seconds:
            known_at, transaction_id = heapq.heappop(self._waiting)
            self._at(known_at)
            self.tell(transaction_id)

    def _at(self, seconds: float) -> None:
        self.now = max(self.now, START_S + seconds)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.memory.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content


class InProcess(MemoryTable):
    """A table of this process, in pages of a few items."""

    def __init__(self, items: Mapping[str, Item], page: int = 100) -> None:
        super().__init__("fraud-table", "/secret")
        self.stored, self._page = items, page
        self.pages = 0

    def keys(self) -> Keys:
        return KEYS

    def require(self) -> None:
        pass

    def page(
        self,
        beginning: str,
        segment: tuple[int, int],
        after: str = "",
        arrived: tuple[int, int] | None = None,
    ) -> Page:
        assert arrived is None
        self.pages += 1
        number, of = segment
        keys = [
            key
            for key in sorted(self.stored)
            if key.startswith(beginning) and key > after and sum(key.encode()) % of == number
        ]
        last = keys[self._page - 1] if keys[self._page :] else ""
        return Page([self.stored[key] for key in keys[: self._page]], last)


class Published(Registry):
    """Models of this process, of which the first is served, and anchors.

    Parameters
    ----------
    *bundles : bytes
    """

    def __init__(self, *bundles: bytes) -> None:
        super().__init__(bucket="models", parameter="/fraud/model")
        self._data = {version_of(data): data for data in bundles}
        self.anchors: dict[str, bytes] = {}

    def read_pointer(self) -> Pointer:
        pinned, _ = self.find(next(iter(self._data)))
        return Pointer(pinned, None)

    def fetch(self, pinned: PinnedModel) -> bytes:
        return self._data[pinned.version]

    def find(self, version: str) -> tuple[PinnedModel, bytes]:
        if version not in self._data:
            raise NotFoundError("not there")
        data = self._data[version]
        return PinnedModel(key_of(version), "v1", len(data), sha256(data).hexdigest()), data

    def add_anchor(self, key: str, data: bytes) -> bool:
        return self.anchors.setdefault(key, data) is data


def exported(
    table: MemoryTable,
    registry: Published,
    out: Path,
    *,
    as_of: float = AS_OF_S,
    matured_days: int = 60,
) -> Exported:
    """Export a table as of a time, a moment later."""
    wanted = Wanted(datetime.fromtimestamp(as_of, UTC), matured_days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AnchorStore, "add", lambda _, key, data: registry.add_anchor(key, data))
        return export(table, registry, out, wanted, now=lambda: as_of + 1)
