"""A model's two examples: a payment that it stops and one that it approves, with its answers. Pure.

A model learns the amounts of its data, so no fixed payment is a fraud to every model. A bundle must
reproduce these answers when it is read; heartbeat, smoke tests and demo send these payments.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fraud_api_lambda.domain.checks import check_fields, check_number
from fraud_api_lambda.domain.transaction import MAX_AMOUNT, Decision, Transaction, TransactionType

FIELDS: Final = ("step", "type", "amount", "nameOrig", "oldbalanceOrg", "nameDest")
"""The required fields of a request."""

ACCOUNT: Final = r"[0-9A-Za-z]{1,64}"
"""Narrower than the API's pattern: shells and scripts read these too."""


@dataclass(frozen=True, slots=True)
class Example:
    """A payment and the model's answer to it."""

    payment: Transaction
    fraud_probability: float
    decision: Decision

    def __post_init__(self) -> None:
        check_number("answer.fraud_probability", self.fraud_probability, 0.0, 1.0)

    @classmethod
    def from_dict(cls, value: object) -> "Example":
        """The example that `as_dict` wrote.

        Raises
        ------
        ValueError
            If the API would refuse the payment, or the answer is not one that a model can give.
        """
        given = check_fields("it", value, ("transaction", "answer"))
        answer = check_fields("answer", given["answer"], ("fraud_probability", "decision"))
        if answer["decision"] not in list(Decision):
            raise ValueError("answer.decision is none of the three")
        return cls(
            payment=_payment(given["transaction"]),
            fraud_probability=answer["fraud_probability"],
            decision=Decision(answer["decision"]),
        )

    def as_dict(self) -> dict[str, object]:
        """Plain data, as bundles hold it and ``GET /model`` serves it; a body of ``/predict``."""
        payment = self.payment
        transaction = {
            "step": payment.hour or 24,  # hours since the data began, counted from 1
            "type": str(payment.type),
            "amount": payment.amount,
            "nameOrig": payment.origin,
            "oldbalanceOrg": payment.origin_balance,
            "nameDest": payment.destination,
        }
        answer = {
            "fraud_probability": self.fraud_probability,
            "decision": str(self.decision),
        }
        return {"transaction": transaction, "answer": answer}


@dataclass(frozen=True, slots=True)
class Examples:
    """A stopped and an approved payment; None if the data has no such payment.

    Raises
    ------
    ValueError
        If there is neither, or one has the other's decision.
    """

    stopped: Example | None
    approved: Example | None

    def __post_init__(self) -> None:
        if self.stopped is None and self.approved is None:
            raise ValueError("there is neither a stopped nor an approved one")
        if self.stopped is not None and self.stopped.decision is Decision.APPROVE:
            raise ValueError("stopped: answer.decision is approve")
        if self.approved is not None and self.approved.decision is not Decision.APPROVE:
            raise ValueError("approved: answer.decision is not approve")

    def __iter__(self) -> Iterator[Example]:
        return (example for example in (self.stopped, self.approved) if example is not None)

    @classmethod
    def from_dict(cls, value: object) -> "Examples":
        """The examples that `as_dict` wrote."""
        given = check_fields("it", value, ("stopped", "approved"))
        return cls(*[_named(name, given[name]) for name in ("stopped", "approved")])

    def as_dict(self) -> dict[str, object]:
        """Plain data, as bundles hold it and ``GET /model`` serves it."""
        return {
            "stopped": self.stopped and self.stopped.as_dict(),
            "approved": self.approved and self.approved.as_dict(),
        }


def _named(name: str, value: object) -> Example | None:
    try:
        return None if value is None else Example.from_dict(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _payment(value: object) -> Transaction:
    given = check_fields("transaction", value, FIELDS)
    if given["type"] not in list(TransactionType):
        raise ValueError("transaction.type is none of the five")
    if type(given["step"]) is not int or not 1 <= given["step"] <= 24:
        raise ValueError("transaction.step is not a whole number from 1 to 24")
    for name in ("amount", "oldbalanceOrg"):
        check_number(f"transaction.{name}", given[name], 0.0, MAX_AMOUNT)
    for name in ("nameOrig", "nameDest"):
        if not isinstance(given[name], str) or not re.fullmatch(ACCOUNT, given[name]):
            raise ValueError(f"transaction.{name} is not 1 to 64 letters and digits")
    return Transaction(
        type=TransactionType(given["type"]),
        amount=given["amount"],
        hour=given["step"] % 24,
        origin=given["nameOrig"],
        destination=given["nameDest"],
        origin_balance=given["oldbalanceOrg"],
    )
