"""What people say of payments in the simulated month, and when. Pure."""

from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

HOUR_S: Final = 3_600
DAY_S: Final = 86_400

ANALYST_IS_RIGHT: Final = 0.95
REVIEWED_AFTER_S: Final = (HOUR_S // 2, 8 * HOUR_S)
"""An analyst closes each review within hours, nearly always rightly."""

CUSTOMER_ANSWERS: Final = 0.7
ANSWERED_AFTER_S: Final = (600, DAY_S)
"""This share of customers whose payment was blocked answer within a day, and truly; of the other
blocked payments nobody learns what they were."""

REVERSED_AFTER_S: Final = 5 * DAY_S
"""A genuine payment that its payer disputes: the chargeback is reversed later."""


class Said(NamedTuple):
    """What is said of a payment.

    Attributes
    ----------
    at : int
        Seconds since the epoch.
    prediction_id : str
    source : str
    is_fraud : bool
    """

    at: int
    prediction_id: str
    source: str
    is_fraud: bool


class Truth(NamedTuple):
    """A payment as the simulator knows it.

    Attributes
    ----------
    time : int
        Seconds since the epoch.
    is_fraud : bool
    reported_at : int or None
        When the payer reports it as a fraud; None if never.
    """

    time: int
    is_fraud: bool
    reported_at: int | None


def truths(frame: pd.DataFrame) -> list[Truth]:
    """The payments of a frame in the columns of the schema `cards`."""
    times, reported = _seconds(frame["time"]), _seconds(frame["reported_at"])
    known = frame["reported_at"].notna()
    return [
        Truth(int(time), bool(is_fraud), int(at) if is_known else None)
        for time, is_fraud, at, is_known in zip(
            times, frame["is_fraud"], reported, known, strict=True
        )
    ]


def reactions(answer: dict[str, Any], truth: Truth, chance: np.random.Generator) -> list[Said]:
    """What people will say of a payment after its answer."""
    prediction_id, decision = answer["prediction_id"], answer["decision"]
    if decision == "block":
        if chance.random() >= CUSTOMER_ANSWERS:
            return []
        at = truth.time + int(chance.integers(*ANSWERED_AFTER_S))
        return [Said(at, prediction_id, "customer", truth.is_fraud)]
    if decision == "approve":
        return _of_payer(prediction_id, truth)
    says = truth.is_fraud if chance.random() < ANALYST_IS_RIGHT else not truth.is_fraud
    reviewed = truth.time + int(chance.integers(*REVIEWED_AFTER_S))
    review = Said(reviewed, prediction_id, "analyst", says)
    return [review] if says else [review, *_of_payer(prediction_id, truth)]


def _of_payer(prediction_id: str, truth: Truth) -> list[Said]:
    """What the payer of a payment that went through says."""
    at = truth.reported_at
    if at is None:
        return []
    if truth.is_fraud:
        return [Said(at, prediction_id, "chargeback", is_fraud=True)]
    return [
        Said(at, prediction_id, "chargeback", is_fraud=True),
        Said(at + REVERSED_AFTER_S, prediction_id, "chargeback", is_fraud=False),
    ]


def _seconds(texts: pd.Series) -> np.ndarray:
    moments = pd.to_datetime(texts).to_numpy("datetime64[s]")
    seconds: np.ndarray = moments.astype(np.int64)
    return seconds
