"""The payments of a what-if curve, and its points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from math import ceil, log10
from typing import Any, Final

from console.api import MAX_BATCH, Payment
from console.connection import Answer
from console.schema import CHOICES, Field, Schema
from console.words import values_in_words

DECADES: Final = 6
"""From the smallest to the largest amount of a curve."""

DIGITS: Final = (10, 15, 20, 30, 40, 50, 70)

HOURS: Final = 24


class Axis(StrEnum):
    """The scale on which the variants lie."""

    LOG = auto()
    LINEAR = auto()
    HOUR = auto()
    CHOICE = auto()


@dataclass(frozen=True, slots=True)
class Span:
    """Amounts of a curve, from small change to more than the payments that we know of."""

    low: float
    high: float

    @classmethod
    def of(cls, schema: Schema, payments: Iterable[Payment]) -> "Span":
        """Six decades, up to ten times the largest amount, rounded up.

        Our own schemas have a span of their own, which does not depend on the model's examples.
        """
        fixed = schema.built_in.presets.values()
        amount = next(field.name for field in schema.asked if field.role == "amount")
        largest = max((each[amount] for each in fixed or payments), default=1.0) or 1.0
        high = 10.0 ** (ceil(log10(largest)) + 1)
        return cls(high / 10**DECADES, high)

    @property
    def stops(self) -> tuple[float, ...]:
        """Round amounts, about evenly spaced on a log axis."""
        tens = range(DECADES)
        stops = [self.low * digits * 10**ten / 10 for ten in tens for digits in DIGITS]
        return (*(float(f"{each:.2g}") for each in stops), self.high)

    def nearest(self, amount: float) -> float:
        """The stop nearest to an amount."""
        return min(self.stops, key=lambda stop: abs(stop - amount))


def can_vary(field: Field, schema: Schema) -> bool:
    """Whether a curve may vary the field."""
    if field.form in CHOICES:
        return len(field.values) > 1
    return field.form in {"money", "number"} or schema.has_hour(field)


@dataclass(frozen=True, slots=True)
class Curve:
    """Variants of a payment, the payment itself among them: one batch.

    Attributes
    ----------
    field : Field
        The field that varies.
    axis : Axis
    positions : tuple of float or str
        Where each variant lies: a number, the hour, or the words for a value.
    payments : tuple of dict
    now : int
        The index of the payment itself.
    """

    field: Field
    axis: Axis
    positions: tuple[float | str, ...]
    payments: tuple[Payment, ...]
    now: int

    @classmethod
    def of(cls, payment: Payment, field: Field, span: Span, schema: Schema) -> "Curve":
        """The curve of a payment over a field."""
        if field.form in CHOICES:
            return _over_choices(payment, field)
        if schema.has_hour(field):
            return _over_hours(payment, field)
        return _over_numbers(payment, field, span)

    def points(self, answers: Sequence[Answer], schema: Schema) -> list[dict[str, Any]]:
        """The answers as points."""
        return [
            {
                "x": position,
                "probability": answer["fraud_probability"],
                "decision": answer["decision"],
                "beyond": schema.is_beyond_balance(payment),
            }
            for position, payment, answer in zip(
                self.positions, self.payments, answers, strict=True
            )
        ]


def hour_of(time: str | int) -> int:
    """The hour of the day of a time, as text or as a count of hours."""
    return datetime.fromisoformat(time.upper()).hour if isinstance(time, str) else time % HOURS


def at_hour(time: str | int, hour: int) -> str | int:
    """The time at another hour of its day; a count of hours begins with 1."""
    if isinstance(time, str):
        return datetime.fromisoformat(time.upper()).replace(hour=hour).isoformat(sep=" ")
    return hour or HOURS


def _over_choices(payment: Payment, field: Field) -> Curve:
    now = payment.get(field.name, field.values[0])
    values = tuple(dict.fromkeys([now, *field.values]))[:MAX_BATCH]
    if now in field.values:
        values = tuple(sorted(values, key=field.values.index))
    words = values_in_words(values)
    return Curve(
        field,
        Axis.CHOICE,
        tuple(words.values()),
        tuple(payment | {field.name: value} for value in values),
        values.index(now),
    )


def _over_hours(payment: Payment, field: Field) -> Curve:
    now, hours = payment[field.name], range(HOURS)
    payments = tuple(payment | {field.name: at_hour(now, hour)} for hour in hours)
    return Curve(field, Axis.HOUR, tuple(map(float, hours)), payments, hour_of(now))


def _over_numbers(payment: Payment, field: Field, span: Span) -> Curve:
    now = payment.get(field.name, 0.0)
    is_money = field.form == "money"
    spread = _evenly(span.low, span.high, log=True) if is_money else _around(now)
    values = sorted({*spread, now})
    return Curve(
        field,
        Axis.LOG if is_money else Axis.LINEAR,
        tuple(values),
        tuple(payment | {field.name: value} for value in values),
        values.index(now),
    )


def _around(now: float) -> list[float]:
    """Numbers to twice the value; negative ones too if it is negative."""
    most = 2 * max(abs(now), 1.0)
    return _evenly(-most if now < 0 else 0.0, most, log=False)


def _evenly(low: float, high: float, *, log: bool) -> list[float]:
    """Numbers at even distances, one fewer than a batch takes."""
    shares = [index / (MAX_BATCH - 2) for index in range(MAX_BATCH - 1)]
    if log:
        return [low * (high / low) ** share for share in shares]
    return [low + (high - low) * share for share in shares]
