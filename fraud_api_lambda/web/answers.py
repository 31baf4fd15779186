"""Models of the responses: answers, explanations, problems."""

from secrets import token_bytes
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from fraud_api_lambda.decisions.reasons import MAX_REASONS
from fraud_api_lambda.domain.assessment import Assessment
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.wire.faults import MAX_ERRORS


class ReasonOut(BaseModel):
    """A true observation that raised the probability, or a reason of the policy."""

    model_config = ConfigDict(title="Reason")

    code: str = Field(description="From a closed list.")
    feature: str
    value: float
    contribution: float = Field(
        ge=0, description="Its addition to the log-odds; 0 for a reason of the policy."
    )
    text: str


class ExplanationOut(BaseModel):
    """Contributions to the log-odds; with the base value they sum to `margin`."""

    model_config = ConfigDict(title="Explanation")

    base_value: float
    margin: float = Field(description="The log-odds before calibration.")
    contributions: dict[str, float]


class ExpectedCostsOut(BaseModel):
    """The expected cost of each decision, in the currency of the model's policy.

    The decision has the lowest. `approve` is the expected loss to fraud.
    """

    model_config = ConfigDict(title="ExpectedCosts")

    approve: float = Field(ge=0)
    review: float = Field(ge=0)
    block: float = Field(ge=0)


class AnswerOut(BaseModel):
    """The fraud probability of a payment, the decision on it, and the reasons."""

    model_config = ConfigDict(title="Answer", protected_namespaces=())

    prediction_id: str
    transaction_id: str | None
    is_fraud: bool = Field(description="Whether the probability reaches the threshold.")
    fraud_probability: float = Field(gt=0, lt=1, description="Calibrated.")
    threshold: float
    decision: Literal["approve", "review", "block"]
    reasons: list[ReasonOut] = Field(
        max_length=MAX_REASONS,
        description="Empty for an approved payment, except for LOW_EXPECTED_LOSS.",
    )
    model_version: str
    degraded: list[str] = Field(
        description="Limitations of the answer; normally empty. `stale_model`: "
        "a newer model may have been promoted, but the check for one did not finish in time. "
        "`no_history`: the histories of the accounts are not known, so the model's second model "
        "answered, which does without them. "
        "`history_behind`: recorded, but later payments of its accounts will not see this one. "
        "`unrecorded`: the answer is not in the log of decisions. "
        "`unseen:NAME`: the model does not know the payment's value of this category."
    )
    explanation: ExplanationOut | SkipJsonSchema[None] = Field(
        None, description="With ?explain=true."
    )
    expected_costs: ExpectedCostsOut | SkipJsonSchema[None] = Field(
        None, description="With ?explain=true."
    )
    test: bool | SkipJsonSchema[None] = Field(
        None, description="true for a sandbox id, whose decision is not the model's."
    )


class FaultOut(BaseModel):
    """A wrong value."""

    model_config = ConfigDict(title="Fault")

    detail: str
    pointer: str = Field(
        description="Where in the body, as a JSON pointer; a query parameter is #/query/NAME."
    )


class ProblemOut(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FaultOut] | SkipJsonSchema[None] = Field(
        None, max_length=MAX_ERRORS, description="With status 422."
    )


class BatchItemOut(BaseModel):
    """A transaction that could not be scored."""

    model_config = ConfigDict(title="BatchProblem")

    problem: ProblemOut


class BatchOut(BaseModel):
    """An answer or a problem for each transaction, in order."""

    model_config = ConfigDict(title="BatchAnswer")

    results: list[AnswerOut | BatchItemOut]


class PredictionOut(BaseModel):
    """A recorded decision."""

    model_config = ConfigDict(title="Prediction", protected_namespaces=())

    prediction_id: str
    time: str = Field(description="When the payment was asked about: ISO 8601, in UTC.")
    answer: AnswerOut = Field(description="As it was sent.")
    facts: dict[str, object] = Field(description="The payment's fields, without ids.")


class HealthOut(BaseModel):
    """The process is up. Nothing is disclosed about its state."""

    model_config = ConfigDict(title="Health", json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


def answer(
    assessment: Assessment,
    payment: Payment,
    *,
    prediction_id: str,
    model_version: str,
    degraded: tuple[str, ...],
) -> dict[str, object]:
    """The answer to a payment: the fields of an `AnswerOut`, which is not validated again."""
    fields: dict[str, object] = {
        "prediction_id": prediction_id,
        "transaction_id": payment.transaction_id,
        "is_fraud": assessment.is_fraud,
        "fraud_probability": assessment.fraud_probability,
        "threshold": assessment.threshold,
        "decision": assessment.decision,
        "reasons": assessment.reasons,
        "model_version": model_version,
        "degraded": degraded,
    }
    if assessment.explanation is not None:
        fields["explanation"] = assessment.explanation
        fields["expected_costs"] = assessment.expected_costs
    return fields


def new_ids(count: int) -> list[str]:
    """Random UUIDs, version 4, from one draw: calls of `uuid.uuid4` would slow a batch by 8 %.

    References
    ----------
    RFC 9562, section 5.4.
    """
    drawn = token_bytes(16 * count).hex()
    return [_uuid4(drawn[start : start + 32]) for start in range(0, 32 * count, 32)]


def _uuid4(digits: str) -> str:
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
