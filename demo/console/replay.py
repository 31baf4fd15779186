"""The replay of simulated payments: those scored so far, and their answers."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from console.api import Payment
from console.built_in import Stream
from console.payments import payment_of_row
from console.schema import Schema


@dataclass(frozen=True, slots=True)
class Simulated:
    """A request to the API, and the label, which is not sent."""

    request: Payment
    is_fraud: bool


def read_simulated(stream: Stream, schema: Schema) -> list[Simulated]:
    """The payments of a file, with the fields that a form has, and an id."""
    with stream.file.open(encoding="utf-8", newline="") as file:
        return [
            Simulated(_with_id(payment_of_row(row, schema.asked), schema), row[stream.label] == "1")
            for row in csv.DictReader(file)
        ]


def _with_id(payment: Payment, schema: Schema) -> Payment:
    """The payment with an id of its content: an API that recorded it repeats its answer."""
    digest = sha256(json.dumps(payment).encode()).hexdigest()
    ids = [field.name for field in schema.fields if field.role == "id"]
    return payment | dict.fromkeys(ids, f"demo-{digest[:20]}")


@dataclass(slots=True)
class Replay:
    """The state of the stream.

    Attributes
    ----------
    payments : sequence of Simulated
    schema : Schema
    scored : list of dict
        A row for each answered payment, in order.
    playing : bool
    """

    payments: Sequence[Simulated]
    schema: Schema
    scored: list[dict[str, Any]] = field(default_factory=list)
    playing: bool = False

    @property
    def is_over(self) -> bool:
        """Whether every payment was scored."""
        return len(self.scored) == len(self.payments)

    def upcoming(self, count: int) -> list[dict[str, Any]]:
        """The next requests, at most `count`."""
        first = len(self.scored)
        return [payment.request for payment in self.payments[first : first + count]]

    def add(self, answers: Sequence[dict[str, Any]]) -> None:
        """Append the answers to the next payments."""
        first = len(self.scored)
        for payment, answer in zip(self.payments[first:], answers, strict=False):
            self.scored.append(self._line(len(self.scored), payment, answer))
        self.playing = self.playing and not self.is_over

    def counts(self) -> Counter[str]:
        """The number of payments by decision."""
        return Counter(row["decision"] for row in self.scored)

    def alerts(self) -> list[dict[str, Any]]:
        """Payments that were not approved, by expected loss in descending order."""
        stopped = [row for row in self.scored if row["decision"] != "approve"]
        return sorted(stopped, key=lambda row: -(row["expected_loss"] or 0))

    def limits(self) -> list[str]:
        """The limitations of the answers, each once."""
        return list(dict.fromkeys(limit for row in self.scored for limit in row["degraded"]))

    def frauds(self) -> tuple[int, int]:
        """The number of stopped frauds, and of all frauds so far."""
        return len(self._stopped(is_fraud=True)), len(self._frauds())

    def value(self) -> tuple[float, float]:
        """The money in stopped frauds, and in all frauds so far."""
        stopped = self._stopped(is_fraud=True)
        return sum(row["amount"] for row in stopped), sum(row["amount"] for row in self._frauds())

    def false_alarms_per_fraud(self) -> float | None:
        """Genuine payments that were not approved, for each stopped fraud; None without one."""
        frauds = len(self._stopped(is_fraud=True))
        return len(self._stopped(is_fraud=False)) / frauds if frauds else None

    def _frauds(self) -> list[dict[str, Any]]:
        return [row for row in self.scored if row["is_fraud"]]

    def _stopped(self, *, is_fraud: bool) -> list[dict[str, Any]]:
        return [
            row
            for row in self.scored
            if row["decision"] != "approve" and row["is_fraud"] is is_fraud
        ]

    def _line(self, number: int, payment: Simulated, answer: dict[str, Any]) -> dict[str, Any]:
        request, schema = payment.request, self.schema
        return {
            "number": number,
            "day": self._day(request),
            "kind": schema.kind(request),
            "amount": schema.value(request, "amount"),
            "probability": answer["fraud_probability"],
            "decision": answer["decision"],
            "expected_loss": answer.get("expected_costs", {}).get("approve"),
            "is_fraud": payment.is_fraud,
            "degraded": answer["degraded"],
            "request": request,
            "answer": answer,
        }

    def _day(self, request: Payment) -> float:
        """Days since midnight before the first payment."""
        return (
            _hours(self.schema.value(request, "time"))
            - _hours(self.schema.value(self.payments[0].request, "time")) // 24 * 24
        ) / 24


def _hours(time: str | int) -> float:
    """Hours since some midnight."""
    if not isinstance(time, str):
        return time
    return (datetime.fromisoformat(time) - datetime(1970, 1, 1)).total_seconds() / 3_600  # noqa: DTZ001
