"""Requests: their shape, limits and examples, and their conversion to the domain."""
# ruff: noqa: N815  # the wire speaks PaySim's spelling

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    model_validator,
)

from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.examples import FRAUD, GENUINE
from fraud_api_lambda.domain.moment import (
    ANY_DATE,
    CLOCK,
    DATE,
    HOUR_24,
    LEAP_SECOND,
    NO_SUCH_DATE,
    OFFSET,
    first_fault,
)
from fraud_api_lambda.domain.transaction import (
    ACCOUNT_PATTERN,
    MAX_AMOUNT,
    MAX_STEP,
    Transaction,
    TransactionType,
    hour_of_step,
)

MAX_BATCH: Final = 100

TIMESTAMP: Final = f"^{DATE}[Tt]{CLOCK}{OFFSET}$"
"""ISO 8601: RFC 3339, and the variants of Java and Python: no seconds, +0100, +01.

The pattern excludes days that do not exist, so a value that matches it is never refused.
"""

_TIMESTAMP_FAULTS: Final = (
    (r".{10}[Tt]24", HOUR_24),
    (r".{10}[Tt].{5}:60", LEAP_SECOND),
    (r".{10}[Tt][0-9:.]+\Z", "the offset is missing: add Z for UTC, or one such as +01:00"),
    (rf"{ANY_DATE}[Tt]{CLOCK}{OFFSET}\Z", NO_SUCH_DATE),
    ("", "write ISO 8601 with an offset, such as 2026-11-24T03:00:00+01:00"),
)
"""Messages for a refused text, as `first_fault` chooses them."""


def _timestamp(value: object) -> datetime | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(TIMESTAMP, text):
        raise ValueError(first_fault(text, _TIMESTAMP_FAULTS))
    return datetime.fromisoformat(text.upper())


NO_TIME: Final = "step or timestamp is required"
TWO_TIMES: Final = "give step or timestamp, not both"


def _integer(value: object) -> object:
    """Take 7.0 as 7: JSON has one kind of number, and JSON Schema calls both an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value: object) -> object:
    return int(value) if isinstance(value, bool) else _integer(value)


Account = Annotated[str, Field(pattern=ACCOUNT_PATTERN)]
Step = Annotated[int, Field(ge=1, le=MAX_STEP)]
Flag = Annotated[int, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0, le=MAX_AMOUNT, allow_inf_nan=False)]

EXACTLY_ONE_TIME: Final[JsonObject] = {
    "if": {"required": ["step"], "properties": {"step": {"type": "integer"}}},
    "then": {"properties": {"timestamp": {"type": "null"}}},
    "else": {"required": ["timestamp"], "properties": {"timestamp": {"type": "string"}}},
}


_KINDS: Final = {str(kind): kind for kind in TransactionType}


class TransactionIn(BaseModel):
    """A payment before the money moves, with either `step` or `timestamp`, and no other fields."""

    model_config = ConfigDict(
        title="Transaction",
        strict=True,
        extra="forbid",
        json_schema_extra={**EXACTLY_ONE_TIME, "examples": [FRAUD, GENUINE]},
    )

    step: Annotated[Step | None, BeforeValidator(_integer)] = Field(
        None, description="Hour since the start of the data."
    )
    timestamp: Annotated[AwareDatetime | None, BeforeValidator(_timestamp)] = Field(
        None,
        description="ISO 8601 with an offset, such as 2026-11-24T03:00:00+01:00 or "
        "2026-11-24T03:00Z. The hour of the day is the one written.",
        # No format date-time: that is RFC 3339, which asks for seconds and for a colon.
        json_schema_extra={"anyOf": [{"type": "string", "pattern": TIMESTAMP}, {"type": "null"}]},
    )
    type: Literal["CASH_IN", "CASH_OUT", "DEBIT", "PAYMENT", "TRANSFER"]
    amount: Money = Field(description="In the model's currency.")
    nameOrig: Account = Field(description="The payer's account.")
    nameDest: Account = Field(description="The payee's account; M at its start means a merchant.")
    oldbalanceOrg: Money = Field(description="The payer's balance before the payment.")
    oldbalanceDest: Money | None = Field(
        None, description="The payee's balance before the payment, if the payee is a customer too."
    )
    newbalanceOrig: Money | None = Field(
        None, deprecated=True, description="Ignored: unknown before the payment."
    )
    newbalanceDest: Money | None = Field(
        None, deprecated=True, description="Ignored: unknown before the payment."
    )
    isFlaggedFraud: Annotated[Flag | None, BeforeValidator(_flag)] = Field(
        None,
        deprecated=True,
        description="Ignored: accepted so that a row of PaySim can be sent without its label.",
        json_schema_extra={
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 1},
                {"type": "boolean"},
                {"type": "null"},
            ]
        },
    )
    transaction_id: Account | None = Field(
        None,
        description="Your own id; the answer repeats it. It is not a key: a payment that is sent "
        "twice is scored twice.",
    )

    @model_validator(mode="after")
    def _exactly_one_time(self) -> "TransactionIn":
        if (self.step is None) == (self.timestamp is None):
            raise ValueError(NO_TIME if self.step is None else TWO_TIMES)
        return self

    def count_keys(self) -> int:
        """The number of given fields."""
        return len(self.model_fields_set)

    def to_domain(self) -> Transaction:
        """The transaction, without the fields that are unknown before the payment."""
        hour = self.timestamp.hour if self.timestamp else hour_of_step(self.step)
        return Transaction(
            type=_KINDS[self.type],
            amount=self.amount,
            hour=hour,
            origin=self.nameOrig,
            destination=self.nameDest,
            origin_balance=self.oldbalanceOrg,
            destination_balance=self.oldbalanceDest,
            transaction_id=self.transaction_id,
        )


class BatchIn(BaseModel):
    """Transactions, scored independently: a faulty one does not affect the others."""

    model_config = ConfigDict(
        title="Batch",
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"transactions": [FRAUD, GENUINE]}]},
    )

    transactions: list[SkipValidation[TransactionIn]] = Field(min_length=1, max_length=MAX_BATCH)


class ValidBatchIn(BatchIn):
    """A batch in which every transaction is valid; `plain_json` tries this model first."""

    transactions: list[TransactionIn] = Field(min_length=1, max_length=MAX_BATCH)

    def count_keys(self) -> int:
        """The number of given fields, including those of the transactions."""
        return 1 + sum(transaction.count_keys() for transaction in self.transactions)
