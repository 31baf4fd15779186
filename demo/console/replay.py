"""The replay of simulated payments: those scored so far, and their answers."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parents[1] / "transactions.csv"
"""Made by ``fraud simulate --rows 1000 --seed 1 --out demo/transactions.csv``."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A request to the API, and the label, which is not sent."""

    request: dict[str, Any]
    is_fraud: bool


def read_simulated(path: Path = FILE) -> list[Simulated]:
    """The shipped payments."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_simulated(row) for row in csv.DictReader(file)]


def _simulated(row: dict[str, str]) -> Simulated:
    request = {
        "step": int(row["step"]),
        "type": row["type"],
        "amount": float(row["amount"]),
        "nameOrig": row["nameOrig"],
        "oldbalanceOrg": float(row["oldbalanceOrg"]),
        "nameDest": row["nameDest"],
    }
    return Simulated(request, row["isFraud"] == "1")


@dataclass(slots=True)
class Replay:
    """The state of the stream.

    Attributes
    ----------
    payments : sequence of Simulated
    scored : list of dict
        A row for each answered payment, in order.
    playing : bool
    """

    payments: Sequence[Simulated]
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
            self.scored.append(_line(payment, answer))
        self.playing = self.playing and not self.is_over

    def counts(self) -> Counter[str]:
        """The number of payments by decision."""
        return Counter(row["decision"] for row in self.scored)

    def alerts(self) -> list[dict[str, Any]]:
        """Payments that were not approved, by expected loss in descending order."""
        stopped = [row for row in self.scored if row["decision"] != "approve"]
        return sorted(stopped, key=lambda row: -row["expected_loss"])

    def frauds(self) -> tuple[int, int]:
        """The number of stopped frauds, and of all frauds so far."""
        frauds = [row for row in self.scored if row["is_fraud"]]
        return sum(row["decision"] != "approve" for row in frauds), len(frauds)


def _line(payment: Simulated, answer: dict[str, Any]) -> dict[str, Any]:
    request = payment.request
    return {
        "day": request["step"] / 24,
        "type": request["type"],
        "amount": request["amount"],
        "payer": request["nameOrig"],
        "probability": answer["fraud_probability"],
        "decision": answer["decision"],
        "expected_loss": answer["expected_costs"]["approve"],
        "reasons": " ".join(reason["text"] for reason in answer["reasons"]),
        "is_fraud": payment.is_fraud,
    }
