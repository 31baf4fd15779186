"""The payments of a what-if curve, and its points."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from console.api import MAX_BATCH, Answer
from console.payments import Payment

LEAST: Final = 100.0
MOST: Final = 100_000_000.0
"""The range of the curves: from small change to more than any account here holds."""

STOPS: Final = (
    *(float(digits * 10**tens) for tens in range(1, 7) for digits in (10, 15, 20, 30, 40, 50, 70)),
    MOST,
)
"""Round amounts, about evenly spaced on a log axis."""

type Quantity = Literal["amount", "balance"]


def variants(payment: Payment, quantity: Quantity) -> list[Payment]:
    """Variants of the payment, evenly spaced on a log axis, and the payment itself: one batch."""
    count = MAX_BATCH - 1
    spread = {LEAST * (MOST / LEAST) ** (index / (count - 1)) for index in range(count)}
    values = sorted({*spread, getattr(payment, quantity)})
    return [replace(payment, **{quantity: value}) for value in values]


def points(
    payments: Sequence[Payment], answers: Sequence[Answer], quantity: Quantity
) -> list[dict[str, Any]]:
    """The answers as points."""
    return [
        {
            "x": getattr(payment, quantity),
            "probability": answer["fraud_probability"],
            "decision": answer["decision"],
            "beyond": payment.is_beyond_balance,
        }
        for payment, answer in zip(payments, answers, strict=True)
    ]
