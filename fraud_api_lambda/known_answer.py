"""The known answer: a payment, and the probability that the model of a bundle must give it. Pure.

It tells a bundle that this program reads otherwise than the one that wrote it.
"""

import re
from dataclasses import dataclass
from typing import Any

from fraud_api_lambda.checks import check_fields, check_number
from fraud_api_lambda.transaction import ACCOUNT_PATTERN, MAX_AMOUNT, Transaction, TransactionType


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A transaction with its fraud probability."""

    transaction: Transaction
    fraud_probability: float

    def __post_init__(self) -> None:
        check_number("fraud_probability", self.fraud_probability, 0.0, 1.0)

    @classmethod
    def from_dict(cls, value: Any) -> "KnownAnswer":
        """The known answer that `as_dict` wrote.

        Raises
        ------
        ValueError
            If it is no transaction that the API takes, or the probability is none.
        """
        given = check_fields("it", value, ("transaction", "fraud_probability"))
        transaction = _transaction(given["transaction"])
        return cls(transaction, given["fraud_probability"])

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as bundles hold it."""
        return {
            "transaction": {**self.transaction._asdict(), "type": str(self.transaction.type)},
            "fraud_probability": self.fraud_probability,
        }


def _transaction(value: Any) -> Transaction:
    given = check_fields("transaction", value, Transaction._fields)
    if given["type"] not in list(TransactionType):
        raise ValueError("transaction.type is not one of the five")
    if type(given["hour"]) is not int or not 0 <= given["hour"] <= 23:
        raise ValueError("transaction.hour is not an hour from 0 to 23")
    for name in ("amount", "origin_balance"):
        check_number(f"transaction.{name}", given[name], 0.0, MAX_AMOUNT)
    if given["destination_balance"] is not None:
        check_number(
            "transaction.destination_balance", given["destination_balance"], 0.0, MAX_AMOUNT
        )
    for name in ("origin", "destination"):
        if not isinstance(given[name], str) or not re.fullmatch(ACCOUNT_PATTERN, given[name]):
            raise ValueError(f"transaction.{name} is not an account")
    if given["transaction_id"] is not None:
        raise ValueError("transaction.transaction_id is not None")
    return Transaction(**{**given, "type": TransactionType(given["type"])})
