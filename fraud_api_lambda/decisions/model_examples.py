"""A model's two examples: a payment that it stops and one that it approves, with its answers. Pure.

A model learns the amounts of its data, so no fixed payment is a fraud to every model. A bundle must
reproduce these answers when it is read; heartbeat, smoke tests and demo send these payments.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.checks import JsonObject, check_fields, check_number
from fraud_api_lambda.domain.field_values import check_values
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.features.plan import Plan


@dataclass(frozen=True, slots=True)
class Example:
    """A payment and the model's answer to it.

    Attributes
    ----------
    transaction : dict
        A body of ``POST /predict``.
    payment : Payment
        The same payment.
    fraud_probability : float
    decision : Decision
    """

    transaction: JsonObject
    payment: Payment
    fraud_probability: float
    decision: Decision

    def __post_init__(self) -> None:
        check_number("answer.fraud_probability", self.fraud_probability, 0.0, 1.0)

    @classmethod
    def from_dict(cls, value: object, plan: Plan) -> "Example":
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
        transaction = check_values("transaction", given["transaction"], plan.fields)
        return cls(
            transaction=transaction,
            payment=plan.reader.payment(transaction),
            fraud_probability=answer["fraud_probability"],
            decision=Decision(answer["decision"]),
        )

    def as_dict(self) -> dict[str, object]:
        """Plain data, as bundles hold it and ``GET /model`` serves it."""
        answer = {"fraud_probability": self.fraud_probability, "decision": str(self.decision)}
        return {"transaction": dict(self.transaction), "answer": answer}


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
    def from_dict(cls, value: object, plan: Plan) -> "Examples":
        """The examples that `as_dict` wrote."""
        given = check_fields("it", value, ("stopped", "approved"))
        return cls(*[_named(name, given[name], plan) for name in ("stopped", "approved")])

    def as_dict(self) -> dict[str, object]:
        """Plain data, as bundles hold it and ``GET /model`` serves it."""
        return {
            "stopped": self.stopped and self.stopped.as_dict(),
            "approved": self.approved and self.approved.as_dict(),
        }


def _named(name: str, value: object, plan: Plan) -> Example | None:
    try:
        return None if value is None else Example.from_dict(value, plan)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
