"""What may be sent: the shape, limits and examples of requests, and their way to the domain."""
# ruff: noqa: N815  # the wire speaks PaySim's spelling

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    model_validator,
)

from fraud_api_lambda.examples import FRAUD, GENUINE
from fraud_api_lambda.transaction import (
    ACCOUNT_PATTERN,
    MAX_AMOUNT,
    MAX_STEP,
    Transaction,
    TransactionType,
    hour_of_step,
)

MAX_BATCH: Final = 100

TIMESTAMP: Final = (
    r"^[1-9]\d{3}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?"
    r"(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
)


def _timestamp(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(TIMESTAMP, value):
        raise ValueError("write ISO 8601 with an offset, such as 2026-11-24T03:00:00+01:00")
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("this date does not exist") from error


def _integer(value: Any) -> Any:
    """7.0 as 7: JSON has one kind of number, and JSON Schema calls both an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Account = Annotated[str, Field(pattern=ACCOUNT_PATTERN)]
Step = Annotated[int, Field(ge=1, le=MAX_STEP)]
Money = Annotated[float, Field(ge=0, le=MAX_AMOUNT, allow_inf_nan=False)]

EXACTLY_ONE_TIME: Final[dict[str, Any]] = {
    "if": {"required": ["step"], "properties": {"step": {"type": "integer"}}},
    "then": {"properties": {"timestamp": {"type": "null"}}},
    "else": {"required": ["timestamp"], "properties": {"timestamp": {"type": "string"}}},
}


_KINDS: Final = {str(kind): kind for kind in TransactionType}


class TransactionIn(BaseModel):
    """A payment before the money moves: exactly one of `step` and `timestamp`, nothing unknown."""

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
        description="ISO 8601 with an offset; its own hour of the day counts.",
        json_schema_extra={
            "anyOf": [
                {"type": "string", "format": "date-time", "pattern": TIMESTAMP},
                {"type": "null"},
            ]
        },
    )
    type: Literal["CASH_IN", "CASH_OUT", "DEBIT", "PAYMENT", "TRANSFER"]
    amount: Money = Field(description="In the model's currency.")
    nameOrig: Account = Field(description="The payer's account.")
    nameDest: Account = Field(description="The payee's account; M at its start means a merchant.")
    oldbalanceOrg: Money = Field(description="The payer's balance before the payment.")
    oldbalanceDest: Money | None = Field(
        None, description="The payee's balance before, where the payee banks here too."
    )
    newbalanceOrig: Money | None = Field(
        None, deprecated=True, description="Ignored: it does not exist yet."
    )
    newbalanceDest: Money | None = Field(
        None, deprecated=True, description="Ignored: it does not exist yet."
    )
    transaction_id: Account | None = Field(None, description="Your own id, for retries.")

    @model_validator(mode="after")
    def _exactly_one_time(self) -> "TransactionIn":
        if (self.step is None) == (self.timestamp is None):
            raise ValueError("give exactly one of step and timestamp")
        return self

    def count_keys(self) -> int:
        """How many fields were given."""
        return len(self.model_fields_set)

    def to_domain(self) -> Transaction:
        """The transaction, without what must not be known yet."""
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
    """Transactions, each judged by itself: a faulty one does not spoil the others."""

    model_config = ConfigDict(
        title="Batch",
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"transactions": [FRAUD, GENUINE]}]},
    )

    transactions: list[SkipValidation[TransactionIn]] = Field(min_length=1, max_length=MAX_BATCH)


class GoodBatchIn(BatchIn):
    """A batch without a faulty transaction."""

    transactions: list[TransactionIn] = Field(min_length=1, max_length=MAX_BATCH)

    def count_keys(self) -> int:
        """How many fields were given, with those of the transactions."""
        return 1 + sum(each.count_keys() for each in self.transactions)
