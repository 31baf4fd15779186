"""A day's work in fast motion: which payments were scored so far, and what came of it."""

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
    """A payment as the API takes it, and the truth, which the API is not told."""

    request: dict[str, Any]
    is_fraud: bool


def read_simulated(path: Path = FILE) -> list[Simulated]:
    """The shipped payments, of which only what is known beforehand is ever sent."""
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
    """How far the stream has come.

    Attributes
    ----------
    payments : sequence of Simulated
    scored : list of dict
        A line for each payment that was answered, in order.
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
        return [each.request for each in self.payments[first : first + count]]

    def add(self, answers: Sequence[dict[str, Any]]) -> None:
        """Take in the answers to the next payments."""
        first = len(self.scored)
        for payment, answer in zip(self.payments[first:], answers, strict=False):
            self.scored.append(_line(payment, answer))
        self.playing = self.playing and not self.is_over

    def counts(self) -> Counter[str]:
        """How many payments got each decision."""
        return Counter(each["decision"] for each in self.scored)

    def alerts(self) -> list[dict[str, Any]]:
        """What was not approved, the greatest expected loss first."""
        stopped = [each for each in self.scored if each["decision"] != "approve"]
        return sorted(stopped, key=lambda each: -each["expected_loss"])

    def frauds(self) -> tuple[int, int]:
        """How many frauds were stopped, and how many there were so far."""
        frauds = [each for each in self.scored if each["is_fraud"]]
        return sum(each["decision"] != "approve" for each in frauds), len(frauds)


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
        "reasons": " ".join(each["text"] for each in answer["reasons"]),
        "is_fraud": payment.is_fraud,
    }
